/**
 * The whole of Steward on one machine: Postgres behind a front that speaks Neon's HTTP, ClickHouse, an OIDC issuer, migrated
 * and seeded stores, and the Worker. For `npm start`, for tests and for benchmarks: nothing here prints or exits.
 */
import { join } from 'node:path';
import { type Crew, type Ended, gatherCrew, together } from './children.ts';
import type * as clickhouse from './clickhouse/start.ts';
import type * as grpc from './grpc/bridge.ts';
import { openLog } from './logs/file.ts';
import type * as mail from './mail/catcher.ts';
import type * as migrate from './migrate.ts';
import type * as issuer from './oidc/issuer.ts';
import { freePort, wishPort } from './ports.ts';
import type * as neonFront from './postgres/neon-front.ts';
import type * as postgres from './postgres/start.ts';
import type * as seed from './seed.ts';
import { clearData, isUnfinished, loadSecrets, markReady, openData, type Secrets } from './state.ts';
import type * as vars from './vars.ts';
import type * as workerBuild from './worker/build.ts';
import type * as worker from './worker/host.ts';

/** What a stack is put together from; tests put fakes in. */
export interface Parts {
  startPostgres: typeof postgres.startPostgres;
  startNeonFront: typeof neonFront.startNeonFront;
  startClickHouse: typeof clickhouse.startClickHouse;
  startIssuer: typeof issuer.startIssuer;
  migrateAll: typeof migrate.migrateAll;
  seed: typeof seed.seed;
  workerVars(o: Parameters<typeof vars.workerVars>[0]): Promise<Record<string, string>>;
  buildWorker: typeof workerBuild.buildWorker;
  startWorker: typeof worker.startWorker;
  startGrpcBridge: typeof grpc.startGrpcBridge;
  startMailCatcher: typeof mail.startMailCatcher;
}

// Loaded when first used: a part that is not asked for costs nothing, and Ctrl-C works while they load.
const realParts: Parts = {
  startPostgres: async (o) => (await import('./postgres/start.ts')).startPostgres(o),
  startNeonFront: async (o) => (await import('./postgres/neon-front.ts')).startNeonFront(o),
  startClickHouse: async (o) => (await import('./clickhouse/start.ts')).startClickHouse(o),
  startIssuer: async (o) => (await import('./oidc/issuer.ts')).startIssuer(o),
  migrateAll: async (o) => (await import('./migrate.ts')).migrateAll(o),
  seed: async (o) => (await import('./seed.ts')).seed(o),
  workerVars: async (o) => (await import('./vars.ts')).workerVars(o),
  buildWorker: async (outDir) => (await import('./worker/build.ts')).buildWorker(outDir),
  startWorker: async (o) => (await import('./worker/host.ts')).startWorker(o),
  startGrpcBridge: async (o) => (await import('./grpc/bridge.ts')).startGrpcBridge(o),
  startMailCatcher: async (o) => (await import('./mail/catcher.ts')).startMailCatcher(o),
};

export type PartName = 'postgres' | 'clickhouse' | 'issuer' | 'worker';

export interface StackOptions {
  /** Holds everything; an empty or new folder the first time. */
  dataDir: string;
  /** An absent port is any free one; all but the API's are wishes, dropped when somebody else has the port. */
  ports?: {
    api?: number;
    issuer?: number;
    clickhouse?: number;
    postgres?: number;
    neon?: number;
    mail?: number;
    grpc?: number;
  };
  fresh?: boolean;
  audience?: string;
  /** Variables of the Worker besides. */
  vars?: Record<string, string>;
  /** One line for each step of the start. What the engines say goes to dataDir/logs. */
  log?: (line: string) => void;
  /** Aborting stops a start at any point: what had started is stopped before the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called with each child process as soon as it is known. */
  onChild?: (pid: number) => void;
  parts?: Partial<Parts>;
}

export interface Engines {
  postgres: postgres.Postgres;
  neon: neonFront.NeonFront;
  clickhouse: clickhouse.ClickHouse;
  issuer: issuer.Issuer;
  migrated: { postgres: string[]; clickhouse: string[] };
  seeded: seed.SeedResult;
  worker: worker.WorkerHost;
  mail: mail.MailCatcher;
  grpc: grpc.GrpcBridge;
}

interface Controls {
  secrets: Secrets;
  /** Resolves when a child process ends by itself, never after `stop` was called. */
  failed: Promise<Ended>;
  /** Stops everything in reverse order; never rejects, and may be called again. */
  stop(): Promise<void>;
}

export type Stack = Engines & Controls;

export const AUDIENCE = 'https://steward.local/api';
export const CLICKHOUSE_USERS = {
  admin: 'steward_admin',
  reader: 'steward_reader',
  writer: 'steward_writer',
  keeper: 'steward_keeper',
};

/** Starts everything, or `only` the named parts; migrations and seed run when both stores are among them. */
export function startStack(o: StackOptions): Promise<Stack>;
export function startStack(o: StackOptions & { only: PartName[] }): Promise<Partial<Engines> & Controls>;
export async function startStack(o: StackOptions & { only?: PartName[] }): Promise<Partial<Engines> & Controls> {
  const log = o.log ?? (() => undefined);
  o.signal?.throwIfAborted();
  openData(o.dataDir);
  if (o.fresh) clearData(o.dataDir);
  else if (isUnfinished(o.dataDir)) {
    log('An earlier first start did not finish: starting it again.');
    clearData(o.dataDir);
  }
  const secrets = loadSecrets(o.dataDir);
  const crew = gatherCrew({ log, signal: o.signal, onChild: o.onChild });
  const site: Site = { ...o, audience: o.audience ?? AUDIENCE, parts: { ...realParts, ...o.parts }, secrets, crew };
  try {
    const engines = await bringUp(site, (name) => o.only?.includes(name) ?? true);
    crew.check();
    markReady(o.dataDir);
    return { ...engines, secrets, failed: crew.failed, stop: crew.stop };
  } catch (error) {
    const reason = await crew.reason(error);
    await crew.stop();
    throw reason;
  }
}

/** What every step below works with. */
interface Site extends Omit<StackOptions, 'parts'> {
  audience: string;
  parts: Parts;
  secrets: Secrets;
  crew: Crew;
}

/** Everything at once, each as soon as what it needs is there. */
async function bringUp(site: Site, wants: (name: PartName) => boolean): Promise<Partial<Engines>> {
  const accounts: Account[] = [];
  const none = Promise.resolve({});
  const stores = wants('postgres') ? startStores(site) : none;
  const analytics = wants('clickhouse') ? startAnalytics(site) : none;
  const identity = wants('issuer') ? startIdentity(site, accounts) : none;
  const prepared = together([stores, analytics]).then(([a, b]) => prepare(site, { ...a, ...b }, accounts));
  // It reaches for the stores only when a request comes, so it may load while they are prepared.
  const served = wants('worker')
    ? together([stores, analytics, identity, startMail(site), build(site)]).then(([a, b, c, d, script]) =>
        serve(site, { ...a, ...b, ...c, ...d }, script),
      )
    : none;
  const [a, b, c, d, e] = await together([stores, analytics, identity, prepared, served]);
  return { ...a, ...b, ...c, ...d, ...e };
}

type Account = NonNullable<Parameters<Parts['startIssuer']>[0]['accounts']>[number];

async function startStores({ dataDir, ports, parts, crew }: Site) {
  const log = openLog(dataDir, 'postgres');
  const postgres = await crew.child('Postgres', 1, async () =>
    parts.startPostgres({ dataDir: join(dataDir, 'postgres'), log, port: await wishPort(ports?.postgres) }),
  );
  const neon = await crew.part(
    'Neon front',
    2,
    async () => parts.startNeonFront({ postgresPort: postgres.port, port: await wishPort(ports?.neon) }),
    (started) => started.close(),
  );
  return { postgres, neon };
}

async function startAnalytics({ dataDir, ports, parts, secrets, crew }: Site) {
  const { admin, reader, writer, keeper } = secrets.clickhouse;
  const log = openLog(dataDir, 'clickhouse');
  const users = {
    [CLICKHOUSE_USERS.admin]: { password: admin, may: 'everything' as const },
    [CLICKHOUSE_USERS.reader]: { password: reader, may: 'read' as const },
    [CLICKHOUSE_USERS.writer]: { password: writer, may: 'insert' as const },
    [CLICKHOUSE_USERS.keeper]: { password: keeper, may: 'keep' as const },
  };
  const clickhouse = await crew.child('ClickHouse', 1, async () =>
    parts.startClickHouse({
      dataDir: join(dataDir, 'clickhouse'),
      users,
      log,
      port: await wishPort(ports?.clickhouse),
    }),
  );
  return { clickhouse };
}

async function startIdentity({ dataDir, ports, audience, parts, crew }: Site, accounts: Account[]) {
  const stateFile = join(dataDir, 'issuer.json');
  const issuer = await crew.part(
    'OIDC issuer',
    2,
    async () => parts.startIssuer({ stateFile, audience, accounts, port: await wishPort(ports?.issuer) }),
    (started) => started.close(),
  );
  return { issuer };
}

async function startMail({ ports, parts, crew }: Site) {
  const mail = await crew.part(
    'Mail catcher',
    2,
    async () => parts.startMailCatcher({ port: await wishPort(ports?.mail) }),
    (started) => started.close(),
  );
  return { mail };
}

const build = ({ dataDir, parts, crew }: Site): Promise<string> =>
  crew.part('Worker bundle', 0, () => parts.buildWorker(join(dataDir, 'worker', 'build')));

async function prepare(site: Site, { postgres, neon, clickhouse }: Partial<Engines>, accounts: Account[]) {
  if (!postgres || !neon || !clickhouse) return {};
  const { secrets, parts, crew } = site;
  const stores = { ownerUrl: postgres.ownerUrl, neonUrl: neon.url };
  const admin = { url: clickhouse.url, user: CLICKHOUSE_USERS.admin, password: secrets.clickhouse.admin };
  const { rolePasswords } = secrets;
  const migrated = await crew.part('Tables', 0, () =>
    parts.migrateAll({ ...stores, clickhouse: admin, rolePasswords }),
  );
  const seeded = await crew.part('Seed data', 0, () => parts.seed(stores));
  // The issuer started beside the database and reads this list when somebody signs in.
  accounts.push(...seeded.admins.map(({ subject, email, role }) => ({ subject, email, name: `${role} (seeded)` })));
  return { migrated, seeded };
}

async function serve(site: Site, { postgres, neon, clickhouse, issuer, mail }: Partial<Engines>, script: string) {
  if (!postgres || !neon || !clickhouse || !issuer || !mail) throw new Error('the Worker needs every other part');
  const { dataDir, audience, parts, secrets, crew } = site;
  const port = site.ports?.api ?? (await freePort());
  const { reader: readerPassword, writer: writerPassword, keeper: keeperPassword } = secrets.clickhouse;
  const known = await parts.workerVars({
    neonUrl: neon.url,
    ownerUrl: postgres.ownerUrl,
    rolePasswords: secrets.rolePasswords,
    clickhouse: { url: clickhouse.url, readerPassword, writerPassword, keeperPassword },
    issuer: { url: issuer.url, jwksUrl: issuer.jwksUrl },
    audience,
    baseUrl: `http://127.0.0.1:${port}`,
    linkKeys: secrets.linkKeys,
    cookieKeys: secrets.cookieKeys,
    notifyKeys: secrets.notifyKeys,
  });
  const log = openLog(dataDir, 'worker');
  const vars = { ...known, ...site.vars };
  const worker = await crew.child('Worker', 3, () =>
    parts.startWorker({ port, persistDir: join(dataDir, 'worker'), vars, log, script, mail: mail.send }),
  );
  const bridge = await crew.part(
    'gRPC',
    4,
    async () => parts.startGrpcBridge({ port: await wishPort(site.ports?.grpc), workerUrl: worker.url }),
    (started) => started.close(),
  );
  return { worker, mail, grpc: bridge };
}
