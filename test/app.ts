import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import pg from 'pg';
import { inject } from 'vitest';
import { startNeonFront } from '../dev/postgres/neon-front.ts';
import { createDatabase, dropDatabase } from '../dev/postgres/template.ts';
import { workerVars } from '../dev/vars.ts';
import { startWorker, type WorkerHost, type WorkerOptions } from '../dev/worker/host.ts';
import { createBroker, queued } from './broker.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import type { Engines } from './global-setup.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

export interface Person {
  id: string;
  email: string;
  subject: string;
  sessionId: string;
  token: string;
}

const uuid = () => randomUUID();

let bundle: Promise<string> | undefined;

/** One Steward of its own for a test file: its own database and Worker, behind proxies that can fail. */
export async function startApp(vars: Record<string, string> = {}, more: AppOptions = {}) {
  const engines = inject('engines');
  const name = `t_${randomBytes(6).toString('hex')}`;
  const ownerUrl = await createDatabase(engines.ownerUrl, { name, template: 'steward' });
  const neon = await startNeonFront({ postgresPort: engines.postgresPort });
  const clickhouse = await startFaultyProxy(engines.clickhouse.url);
  const postgres = await startFaultyProxy(neon.answer);
  const persistDir = await mkdtemp(join(tmpdir(), 'steward-app-'));
  bundle ??= readFile(engines.scriptFile, 'utf8');
  const script = await bundle;
  const log: string[] = [];
  const db = new pg.Pool({ connectionString: ownerUrl, max: 4 });
  // `end` does not wait until Postgres has closed them, so that the database is sometimes dropped under the last ones.
  db.on('error', () => undefined);
  const settings = {
    ...workerVars({
      neonUrl: new URL('/sql', postgres.url).href,
      ownerUrl,
      rolePasswords: engines.rolePasswords,
      clickhouse: {
        url: clickhouse.url,
        readerPassword: engines.clickhouse.reader,
        writerPassword: engines.clickhouse.writer,
        keeperPassword: engines.clickhouse.keeper,
      },
      issuer: engines.issuer,
      audience: engines.audience,
      baseUrl: 'http://steward.test',
      linkKeys: engines.linkKeys,
      cookieKeys: engines.cookieKeys,
      notifyKeys: engines.notifyKeys,
    }),
    API_RATE_LIMIT: '100000;w=60',
    OTLP_RATE_LIMIT: '100000;w=60',
    AUTH_RATE_LIMIT: '100000;w=60',
    EXPORT_RATE_LIMIT: '100000;w=60',
    // They share a ClickHouse.
    DEPLOYMENT: name,
    ...vars,
  };
  const {
    broker: isBroker,
    nudgeSeconds = NUDGE_SECONDS,
    eventSeconds = NUDGE_SECONDS,
    routed = false,
    port = 0,
    ...options
  } = more;
  const broker = createBroker(() => worker);
  const start = () =>
    startWorker({
      ...options,
      ...(isBroker ? { tap: broker.tap } : {}),
      port,
      direct: !routed,
      persistDir,
      vars: settings,
      script,
      configuration: patient(engines.configuration, { nudgeSeconds, eventSeconds }),
      log: (line) => log.push(line),
    });
  let worker = await start();

  const app = {
    engines,
    db,
    clickhouse,
    postgres,
    neon,
    log,
    ownerUrl,
    settings,
    worker: (): WorkerHost => worker,
    broker,
    async restart() {
      await worker.stop();
      worker = await start();
    },
    /** kill -9 of the runtime, then a new one on the same data. What its queues held is gone. */
    async crash() {
      process.kill(worker.pid, 'SIGKILL');
      await worker.exited;
      await worker.stop().catch(() => undefined);
      worker = await start();
    },
    async call(method: string, path: string, o: CallOptions = {}): Promise<Answer> {
      const response = await fetch(new URL(path, worker.url), {
        method,
        redirect: 'manual',
        headers: {
          ...(o.as ? { Authorization: `Bearer ${typeof o.as === 'string' ? o.as : o.as.token}` } : {}),
          ...(o.body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...o.headers,
        },
        ...(o.body === undefined ? {} : { body: typeof o.body === 'string' ? o.body : JSON.stringify(o.body) }),
      });
      // A stream of events has no end to wait for; whoever wants its text reads it by itself.
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      const text = isStream ? '' : await response.text();
      if (isStream) await response.body?.cancel();
      const isJson = response.headers.get('content-type')?.includes('json');
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text !== '' ? JSON.parse(text) : undefined,
      };
    },
    /** An access token, as the issuer signs them; `claims` and `header` bend it. */
    mint: (claims: JWTPayload, header: Record<string, unknown> = {}) => mintToken(engines, claims, header),
    async service(): Promise<string> {
      const id = uuid();
      await db.query('INSERT INTO services (id, slug, name) VALUES ($1, $2, $3)', [id, `s-${id}`, 'Test']);
      await db.query('INSERT INTO service_config (id, service_id) VALUES ($1, $2)', [uuid(), id]);
      return id;
    },
    /** A new admin with a role, everywhere or for one service; without a role, one with no grant at all. */
    async person(role: string | null, serviceId: string | null = null): Promise<Person> {
      const id = uuid();
      const subject = `test|${id}`;
      const email = `${role ?? 'nobody'}-${id.slice(0, 8)}@example.com`;
      await db.query('INSERT INTO admins (id, subject, email, name) VALUES ($1, $2, $3, $4)', [
        id,
        subject,
        email,
        'T',
      ]);
      if (role) await app.grant(id, role, serviceId);
      const sessionId = uuid();
      return { id, email, subject, sessionId, token: await app.mint({ sub: subject, sid: sessionId }) };
    },
    async grant(adminId: string, role: string, serviceId: string | null = null): Promise<void> {
      await db.query(
        'INSERT INTO grants (id, admin_id, role_id, service_id) SELECT $1, $2, id, $4 FROM roles WHERE name = $3',
        [uuid(), adminId, role, serviceId],
      );
    },
    patch: (as: Person, serviceId: string, body: unknown, headers: Record<string, string> = {}) =>
      app.call('PATCH', `/v1/admin/services/${serviceId}/config`, { as, body, headers }),
    /** Waits until every audit record is in ClickHouse. */
    async drained(): Promise<void> {
      await until(async () => {
        const { rows } = await db.query('SELECT count(*)::int AS n FROM audit_outbox WHERE sent_at IS NULL');
        if (rows[0].n === 0) return true;
        // To the consumer itself: by cron and queue, a second passes each time.
        await broker.deliver([queued({ v: 1, kind: 'audit.drain' })], { queue: 'audit-outbox' });
        return false;
      }, 'the outbox is empty');
    },
    /** How often `work` asks Postgres what `isOwn` says is its own; whatever else is asked meanwhile is refused. */
    async tripsOf(isOwn: (body: string) => boolean, work: () => Promise<unknown>): Promise<number> {
      let trips = 0;
      postgres.decide(({ body }) => {
        if (!isOwn(body)) return 'refuse';
        trips++;
        return 'none';
      });
      try {
        await work();
      } finally {
        postgres.decide(() => 'none');
      }
      return trips;
    },
    /** Rows of a query straight from ClickHouse. */
    async analytics<Row = Record<string, unknown>>(sql: string): Promise<Row[]> {
      const response = await fetch(`${engines.clickhouse.url}/?default_format=JSONEachRow&session_timezone=UTC`, {
        method: 'POST',
        headers: { 'X-ClickHouse-User': 'steward_admin', 'X-ClickHouse-Key': engines.clickhouse.admin },
        body: sql,
      });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Row);
    },
    auditOf: (resourceId: string) =>
      app.analytics<Record<string, string>>(
        `SELECT * FROM audit_db.admin_audit_logs WHERE resource_id = '${resourceId}' ORDER BY timestamp, id`,
      ),
    async exported(as: Person, parameters: Record<string, unknown> = {}): Promise<string> {
      const answer = await app.call('POST', '/v1/admin/exports', {
        as,
        body: { exportType: 'audit_logs', parameters },
      });
      if (answer.status !== 202) throw new Error(answer.text);
      return answer.json.id;
    },
    async finished(as: Person, exportId: string): Promise<Answer['json']> {
      // Not by GET: each look would be recorded, and what is recorded takes time from what is tested.
      await until(
        async () => {
          const { rows } = await db.query('SELECT status FROM admin_exports WHERE id = $1', [exportId]);
          return ['ready', 'failed', 'expired'].includes(rows[0]?.status);
        },
        `export ${exportId} ends`,
        40_000,
      );
      return (await app.call('GET', `/v1/admin/exports/${exportId}`, { as })).json;
    },
    download: (url: string, headers: Record<string, string> = {}) => {
      const { pathname, search } = new URL(url);
      return app.call('GET', pathname + search, { headers });
    },
    async stop() {
      await worker.stop();
      await Promise.all([clickhouse.close(), postgres.close(), neon.close(), db.end()]);
      await dropDatabase(engines.ownerUrl, { name });
      await rm(persistDir, { recursive: true, force: true });
    },
  };
  return app;
}

/**
 * An insert costs the engine forty milliseconds and more, and each app at work would make two a second. Who waits for audit records has
 * them sent (`drained`); the others may come later.
 */
const NUDGE_SECONDS = 4;

interface Patience {
  nudgeSeconds: number;
  eventSeconds: number;
}

function patient(configuration: Engines['configuration'], p: Patience): Engines['configuration'] {
  const consumers = configuration.queueConsumers as Record<string, object>;
  const outbox = { ...consumers['audit-outbox'], maxBatchTimeout: p.nudgeSeconds };
  const events = { ...consumers['audit-events'], maxBatchTimeout: p.eventSeconds };
  return {
    ...configuration,
    queueConsumers: { ...consumers, 'audit-outbox': outbox, 'audit-events': events },
  } as Engines['configuration'];
}

let common: Promise<App> | undefined;

/**
 * The same one for every test file of a process that looks at nothing but its own and leaves it running: a start costs the machine two
 * seconds. It ends with the process.
 */
export async function commonApp(): Promise<App> {
  common ??= startApp({ EXPORT_CHUNK_BYTES: '20000' }, { eventSeconds: 1 });
  const app = await common;
  const stop = async () => {
    for (const engine of [app.clickhouse, app.postgres]) engine.decide(() => 'none');
    // What a fault has cut off is a minute under its lease, and the next file would wait for it.
    await app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND batch_id IS NOT NULL');
  };
  return { ...app, stop };
}

export type App = Awaited<ReturnType<typeof startApp>>;

export interface AppOptions extends Pick<WorkerOptions, 'caller' | 'bucket' | 'mail'> {
  /** Whatever is sent to the queue audit-events stays with `app.broker` until the test delivers it. */
  broker?: boolean;
  /**
   * Behind the asset router and Miniflare's proxy, as `npm start` serves it. They triple what a request costs, and whatever they do is
   * not ours, so that only what walks through everything goes through them.
   */
  routed?: boolean;
  /** For what has to know its own address; absent: any. */
  port?: number;
  /** How long the queue audit-outbox waits for more, for tests of what happens by itself. */
  nudgeSeconds?: number;
  /** How long audit-events does, for tests that wait for events. */
  eventSeconds?: number;
}

interface CallOptions {
  as?: Person | string;
  body?: unknown;
  headers?: Record<string, string>;
}

async function mintToken(
  engines: { issuer: { url: string; signingKey: Record<string, unknown> }; audience: string },
  claims: JWTPayload,
  header: Record<string, unknown>,
) {
  const jwk = engines.issuer.signingKey;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: engines.issuer.url,
    aud: engines.audience,
    iat: now,
    nbf: now,
    exp: now + 3600,
    jti: uuid(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: String(jwk.kid), ...header })
    .sign(await importJWK(jwk, 'ES256'));
}

const LONGEST_PAUSE_MS = 250;

/** Asks again until it is so. @throws Error after a time that only a fault can use up */
export async function until(
  isSo: () => Promise<boolean>,
  what: string,
  timeoutMs = 40_000,
  everyMs = 50,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  // Whoever waits long need not ask often: most of what is waited for shares the machine's cores with the asking.
  for (let pause = everyMs; !(await isSo()); pause = Math.min(pause * 1.2, Math.max(everyMs, LONGEST_PAUSE_MS))) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
