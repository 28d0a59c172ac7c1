import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { AUDIENCE, CLICKHOUSE_USERS, startStack } from '../dev/stack.ts';
import { workerVars } from '../dev/vars.ts';
import { buildWorker } from '../dev/worker/build.ts';
import { startWorker, type WorkerHost } from '../dev/worker/host.ts';
import { type Served, stewardOptions } from './runtime.ts';
import { serveAlone } from './workerd.ts';
import type { WorkerdOptions } from './workerd-config.ts';

/** Steward's engines with seeded stores, and as many Workers on them as a bench asks for. */
export interface Site {
  /** Everything a bench writes goes below this folder; it goes away with the site. */
  dataDir: string;
  /** The owner's connection: what a bench looks up in it costs the Worker no round trip. */
  db: pg.Pool;
  services: { id: string; slug: string }[];
  /** `sub` of the seeded owner, and an access token. */
  owner: string;
  token: string;
  clickhouse: { url: string; user: string; password: string; pid: number };
  /** As whom the Worker reads. */
  reader: { user: string; password: string };
  neonUrl: string;
  /** Requests the Neon front has had so far. */
  roundTrips(): number;
  /** Connection string of the role the API works with. */
  databaseUrl: string;
  /** Of the tables' owner. */
  ownerUrl: string;
  /** A fresh workerd on fresh R2 and Durable Objects, served directly, without rate limits in the way. */
  worker(o?: WorkerChanges): Promise<Hosted>;
  /** The same without Miniflare, for measuring CPU: R2, KV and queues keep nothing. */
  workerAlone(
    o?: Pick<WorkerdOptions, 'r2Address' | 'deliver' | 'heapMb' | 'isUninspected'> & {
      vars?: Record<string, string>;
      /** Instead of Steward's own. */
      script?: string;
    },
  ): Promise<Worker>;
  /** Runs SQL as ClickHouse's administrator. */
  sql(query: string): Promise<string>;
  stop(): Promise<void>;
}

export interface WorkerChanges {
  /** Instead of the front itself. */
  neonUrl?: string;
  /** Besides its own. */
  vars?: Record<string, string>;
}

export type Worker = Served;

/** With the simulators behind its bindings. */
export type Hosted = Served & Pick<WorkerHost, 'miniflare'>;

export interface SiteOptions {
  dataDir: string;
  onChild: (pid: number) => void;
  log: (line: string) => void;
}

const TOKEN_SECONDS = 8 * 3600;
const NO_LIMIT = '900000000;w=60';

export async function startSite({ dataDir, onChild, log }: SiteOptions): Promise<Site> {
  const [stack, script] = await Promise.all([
    startStack({ dataDir: join(dataDir, 'stack'), only: ['postgres', 'clickhouse', 'issuer'], onChild, log }),
    buildWorker(join(dataDir, 'build')),
  ]);
  const { postgres, neon, clickhouse, issuer, seeded, secrets } = stack;
  if (!postgres || !neon || !clickhouse || !issuer || !seeded) throw new Error('the engines did not all start');
  const db = new pg.Pool({ connectionString: postgres.ownerUrl, max: 2 });
  // Postgres may go before a connection has said goodbye; what went wrong before must still be heard.
  db.on('error', () => undefined);
  const owner = seeded.admins.find(({ role }) => role === 'owner');
  if (!owner) throw new Error('the seed has no owner');
  const token = await issuer.accessToken({ ...owner, sessionId: randomUUID(), ttlSeconds: TOKEN_SECONDS });
  const vars = (neonUrl: string): Record<string, string> => ({
    ...workerVars({
      neonUrl,
      ownerUrl: postgres.ownerUrl,
      rolePasswords: secrets.rolePasswords,
      clickhouse: {
        url: clickhouse.url,
        readerPassword: secrets.clickhouse.reader,
        writerPassword: secrets.clickhouse.writer,
        keeperPassword: secrets.clickhouse.keeper,
      },
      issuer,
      audience: AUDIENCE,
      baseUrl: 'http://steward.bench',
      linkKeys: secrets.linkKeys,
      cookieKeys: secrets.cookieKeys,
      notifyKeys: secrets.notifyKeys,
    }),
    API_RATE_LIMIT: NO_LIMIT,
    EXPORT_RATE_LIMIT: NO_LIMIT,
    OTLP_RATE_LIMIT: NO_LIMIT,
  });
  const password = secrets.clickhouse.admin;
  const admin = { url: clickhouse.url, user: CLICKHOUSE_USERS.admin, password, pid: clickhouse.pid };
  return {
    dataDir,
    db,
    services: seeded.services,
    owner: owner.subject,
    token,
    clickhouse: admin,
    reader: { user: CLICKHOUSE_USERS.reader, password: secrets.clickhouse.reader },
    neonUrl: neon.url,
    roundTrips: neon.roundTrips,
    databaseUrl: vars(neon.url).DATABASE_URL_API ?? '',
    ownerUrl: postgres.ownerUrl,
    worker: async ({ neonUrl = neon.url, vars: own } = {}) => {
      const persistDir = await mkdtemp(join(dataDir, 'worker-'));
      const host = await startWorker({ port: 0, persistDir, vars: { ...vars(neonUrl), ...own }, script, direct: true });
      onChild(host.pid);
      const stop = () => host.stop().then(() => rm(persistDir, { recursive: true, force: true }));
      return { ...host, stop };
    },
    workerAlone: ({ vars: own, script: other = script, ...o } = {}) =>
      serveAlone(other, { ...withVars({ ...vars(neon.url), ...own }), ...o }, { dataDir, onChild }),
    sql: (query) => runSql(admin, query),
    stop: async () => {
      await db.end();
      await stack.stop();
    },
  };
}

function withVars(vars: Record<string, string>) {
  const options = stewardOptions();
  return { ...options, bindings: { ...options.bindings, ...vars } };
}

async function runSql({ url, user, password }: Site['clickhouse'], query: string): Promise<string> {
  const response = await fetch(`${url}/?session_timezone=UTC`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password },
    body: query,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text.trim();
}

/** Asks again until it is so. @throws Error after a time that only a fault can use up */
export async function until(isSo: () => Promise<boolean>, what: string, timeoutMs = 120_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never came true: ${what}`);
    await sleep(100);
  }
}
