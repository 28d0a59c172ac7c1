import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { AUDIENCE, startStack } from '../dev/stack.ts';
import { buildWorker } from '../dev/worker/build.ts';
import { readConfiguration, type WorkerConfiguration } from '../dev/worker/host.ts';

/** What every test of a flow reaches: one Postgres, one ClickHouse and one issuer for the whole run, and the Worker's bundle. */
export interface Engines {
  ownerUrl: string;
  postgresPort: number;
  rolePasswords: { api: string; exporter: string; drainer: string };
  clickhouse: { url: string; admin: string; reader: string; writer: string; keeper: string };
  issuer: {
    url: string;
    jwksUrl: string;
    signingKey: Record<string, unknown>;
    machine: { clientId: string; clientSecret: string };
  };
  audience: string;
  linkKeys: string;
  cookieKeys: string;
  notifyKeys: string;
  scriptFile: string;
  configuration: WorkerConfiguration;
}

declare module 'vitest' {
  export interface ProvidedContext {
    engines: Engines;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'steward-test-'));
  const [stack, script, configuration] = await Promise.all([
    startStack({ dataDir, only: ['postgres', 'clickhouse', 'issuer'] }),
    buildWorker(join(dataDir, 'build')),
    readConfiguration(),
  ]);
  const { postgres, clickhouse, issuer, secrets } = stack;
  if (!postgres || !clickhouse || !issuer) throw new Error('the embedded engines did not all start');
  const scriptFile = join(dataDir, 'worker.js');
  await writeFile(scriptFile, script);
  project.provide('engines', {
    ownerUrl: postgres.ownerUrl,
    postgresPort: postgres.port,
    rolePasswords: secrets.rolePasswords,
    clickhouse: { url: clickhouse.url, ...secrets.clickhouse },
    issuer: {
      ...{ url: issuer.url, jwksUrl: issuer.jwksUrl, machine: issuer.machine },
      signingKey: issuer.signingKey as Record<string, unknown>,
    },
    audience: AUDIENCE,
    linkKeys: secrets.linkKeys,
    cookieKeys: secrets.cookieKeys,
    notifyKeys: secrets.notifyKeys,
    scriptFile,
    configuration,
  });
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
