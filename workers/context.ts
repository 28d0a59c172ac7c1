import { v7 } from 'uuid';
import { connectClickHouse } from '../clickhouse/client.ts';
import { KeyCache, type KeySnapshot } from '../domain/access/jwks.ts';
import { environmentKeys } from '../domain/access/key-opening.ts';
import { KeyRing, type KeySources } from '../domain/access/key-ring.ts';
import { OpenIdProvider } from '../domain/access/openid-provider.ts';
import { RecentTokens } from '../domain/access/recent-tokens.ts';
import { createRedactor, type Redactor } from '../domain/audit/redact.ts';
import type { Context, Origin } from '../domain/context.ts';
import { configChanged, type GateParts } from '../domain/gate/check.ts';
import type { Mail } from '../domain/notifications/mail.ts';
import { channelSecrets } from '../domain/notifications/secrets.ts';
import { HealthMemory } from '../domain/observability/health.ts';
import { Meter } from '../domain/observability/meter.ts';
import type { LabelsOf } from '../domain/observability/metrics.ts';
import { ApiLogBuffer } from '../domain/telemetry/api-log-buffer.ts';
import { tracedStores } from '../domain/traced-stores.ts';
import { connect, useHttpFront } from '../drizzle/client.ts';
import { readSigningKeys } from '../drizzle/repositories/signing-keys.ts';
import packageJson from '../package.json' with { type: 'json' };
import { type Config, parseConfig } from './config.ts';
import type { Env } from './env.ts';
import { exportRuns, exportTurns } from './exports/objects.ts';
import { gateParts } from './gate/parts.ts';
import { createLog } from './log.ts';
import { engineCopy } from './observability/engine-copy.ts';
import { metricStore, statusLog } from './observability/objects.ts';
import { operationRuns } from './operations/objects.ts';

/** What an isolate keeps between invocations: checked configuration, keys, clients without state. */
export interface Runtime {
  config: Config;
  keys: KeyCache;
  meter: Meter;
  recentTokens: RecentTokens;
  gate: GateParts;
  redact: Redactor;
  apiLogs: ApiLogBuffer;
  /** That of the admin UI, as the asset server has it, with its headers. */
  page(): Promise<Response>;
  /** A Context for one invocation. `waitUntil` is the invocation's own. */
  context(origin: Origin, waitUntil: (work: Promise<unknown>) => void): Context;
}

type DatabaseRole = LabelsOf<'steward_database_calls_total'>['role'];

const JWKS_TIMEOUT_MS = 4000;

async function fetchKeys(url: string, count: (outcome: 'ok' | 'failed') => void) {
  try {
    const keys = await askForKeys(url);
    count('ok');
    return keys;
  } catch (error) {
    count('failed');
    throw error;
  }
}

async function askForKeys(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(JWKS_TIMEOUT_MS), redirect: 'manual' });
  if (!response.ok) throw new Error(`the issuer answered ${response.status} for its keys`);
  return (await response.json()) as KeySnapshot['keys'];
}

interface KeyPlace {
  /** Of its copy in KV. */
  name: string;
  issuer: 'staff' | 'visitors';
  url: string;
}

/** An issuer's keys; KV keeps a copy under `name`. */
const keyCache = (env: Env, meter: Meter, { name, issuer, url }: KeyPlace) =>
  new KeyCache({
    fetch: () => fetchKeys(url, (outcome) => meter.count('steward_jwks_refreshes_total', { issuer, outcome })),
    recall: () => env.LAST_KNOWN_GOOD.get<KeySnapshot>(name, 'json'),
    remember: (snapshot) => env.LAST_KNOWN_GOOD.put(name, JSON.stringify(snapshot), { expirationTtl: 86_400 }),
    now: Date.now,
  });

/** What one invocation may do with the keys of its isolate. */
function keysOf(ring: KeyRing, sources: KeySources): Context['keys'] {
  return {
    links: (named) => ring.keys('links', sources, named),
    cookies: (named) => ring.keys('cookies', sources, named),
    environmentIds: (use) => ring.environmentIds(use),
    wrapNew: (use, id) => ring.wrapNew(use, id),
    changed: () => ring.changed(sources),
  };
}

const openIdProvider = (config: Config) =>
  new OpenIdProvider({
    issuer: config.OIDC_ISSUER,
    clientId: config.OIDC_CLIENT_ID,
    clientSecret: config.OIDC_CLIENT_SECRET,
    redirectUri: `${config.PUBLIC_URL}/auth/callback`,
    postLogoutRedirectUri: `${config.PUBLIC_URL}/`,
    allowHttp: config.ENVIRONMENT === 'development',
    now: Date.now,
  });

/** https://developers.cloudflare.com/email-service/api/send-emails/workers-api/ */
const mailBy = (binding: Env['EMAIL'], from: string | undefined): Mail | null =>
  binding && from !== undefined
    ? {
        send: async ({ to, subject, text, headers }) => {
          await binding.send({ from, to: [...to], subject, text, headers });
        },
      }
    : null;

/** The asset server looks at the path alone. */
const assets = (fetcher: Env['ASSETS']): Context['assets'] => ({
  read: async (path) => {
    const response = await fetcher.fetch(new URL(path, 'https://assets.invalid'));
    if (!response.ok) throw new Error(`there is no asset ${path} (${response.status})`);
    return response.arrayBuffer();
  },
});

function locks(namespace: Env['OPERATION_LOCK']): Context['locks'] {
  return {
    acquire: (name, holder, leaseMs) => namespace.getByName(name).acquire(holder, leaseMs),
    renew: (name, token, leaseMs) => namespace.getByName(name).renew(token, leaseMs),
    release: (name, token) => namespace.getByName(name).release(token),
    isHeld: async (name) => (await namespace.getByName(name).holder()) !== null,
  };
}

function guards(namespace: Env['ADMIN_GUARD']): Context['guards'] {
  return {
    enter: (subject, sessionId, policy) => namespace.getByName(subject).enter(sessionId, policy),
    learn: (subject, ticket, sessionId, session) => namespace.getByName(subject).learn(ticket, sessionId, session),
    begin: (subject, change) => namespace.getByName(subject).begin(change),
    end: (subject, change) => namespace.getByName(subject).end(change),
  };
}

/** The composition root: the only place that builds clients. `overrides` replace parts of every Context, for tests. */
export async function createRuntime(env: Env, overrides: Partial<Context> = {}): Promise<Runtime> {
  const config = parseConfig(env);
  if (config.NEON_HTTP_ENDPOINT) useHttpFront(config.NEON_HTTP_ENDPOINT);
  const meter = new Meter(config.METRICS_GATHER_SECONDS * 1000, engineCopy(env.METRICS));
  const keys = keyCache(env, meter, { name: 'jwks', issuer: 'staff', url: config.OIDC_JWKS_URL });
  const visitorKeys = config.GATE_JWKS_URL
    ? keyCache(env, meter, { name: 'gate-jwks', issuer: 'visitors', url: config.GATE_JWKS_URL })
    : keys;
  const gate = gateParts(env, config, visitorKeys);
  const health = new HealthMemory();
  const calls =
    (database: 'postgres' | 'clickhouse', role: DatabaseRole) =>
    (outcome: 'ok' | 'failed' | 'unreachable', ms: number) => {
      meter.count('steward_database_calls_total', { database, role, outcome });
      meter.observe('steward_database_call_duration_seconds', { database, role }, ms / 1000);
    };
  const postgres = (role: 'api' | 'exporter' | 'drainer', url: string) => connect(url, calls('postgres', role));
  const clickhouse = (role: 'reader' | 'writer' | 'keeper', username: string, password: string) =>
    connectClickHouse({ url: config.CLICKHOUSE_URL, username, password }, calls('clickhouse', role));
  const redact = createRedactor({
    keys: config.REDACT_KEYS,
    patterns: config.REDACT_PATTERNS,
    queryNames: config.URL_QUERY_NAMES,
  });
  const logs = { level: config.LOG_LEVEL, debugPercent: config.LOG_DEBUG_PERCENT };
  const ring = new KeyRing(
    {
      links: await environmentKeys('links', config.LINK_KEYS),
      cookies: await environmentKeys('cookies', config.COOKIE_KEYS),
    },
    { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  );
  const shared = {
    db: {
      api: postgres('api', config.DATABASE_URL_API),
      exporter: postgres('exporter', config.DATABASE_URL_EXPORTER),
      drainer: postgres('drainer', config.DATABASE_URL_DRAINER),
    },
    clickhouse: {
      reader: clickhouse('reader', config.CLICKHOUSE_READER_USER, config.CLICKHOUSE_READER_PASSWORD),
      writer: clickhouse('writer', config.CLICKHOUSE_WRITER_USER, config.CLICKHOUSE_WRITER_PASSWORD),
      keeper: clickhouse('keeper', config.CLICKHOUSE_KEEPER_USER, config.CLICKHOUSE_KEEPER_PASSWORD),
    },
    bucket: env.BUCKET,
    queues: {
      auditOutbox: env.AUDIT_OUTBOX_QUEUE,
      auditEvents: env.AUDIT_EVENTS_QUEUE,
      telemetryForward: env.TELEMETRY_FORWARD_QUEUE,
      exports: env.EXPORTS_QUEUE,
      notifications: env.NOTIFICATIONS_QUEUE,
      operations: env.OPERATIONS_QUEUE,
    },
    locks: locks(env.OPERATION_LOCK),
    exportTurns: exportTurns(env.EXPORT_TURNS),
    meter,
    metricStore: metricStore(env.METRIC_STORE),
    statusLog: statusLog(env.STATUS_LOG),
    health,
    probes: {
      cache: () => env.LAST_KNOWN_GOOD.get('health'),
      issuer: (waitMs) => keys.look(waitMs),
    },
    guards: guards(env.ADMIN_GUARD),
    limits: { take: (key, policy) => env.RATE_LIMITER.getByName(`${policy.name}:${key}`).take(policy) },
    gate: {
      changed: (serviceId) => configChanged(gate, serviceId),
      forget: async (serviceId) => {
        await gate.copies.remove(serviceId.toLowerCase());
        await configChanged(gate, serviceId);
      },
    },
    assets: assets(env.ASSETS),
    channelSecrets: await channelSecrets(config.NOTIFY_KEYS),
    mail: mailBy(env.EMAIL, config.NOTIFY_EMAIL_FROM),
    openId: openIdProvider(config),
    redact,
    settings: {
      publicUrl: config.PUBLIC_URL,
      healthShareMs: config.HEALTH_SHARE_SECONDS * 1000,
      healthProbeMs: config.HEALTH_PROBE_MS,
      deployment: config.DEPLOYMENT ?? config.ENVIRONMENT,
      version: packageJson.version,
      sessionTtlSeconds: config.SESSION_TTL_SECONDS,
      exportTtlSeconds: config.EXPORT_TTL_SECONDS,
      linkTtlSeconds: config.LINK_TTL_SECONDS,
      chunkBytes: config.EXPORT_CHUNK_BYTES,
      chunksPerRun: config.EXPORT_CHUNKS_PER_RUN,
      exportLeaseMs: config.EXPORT_LEASE_SECONDS * 1000,
      exportTurns: { all: config.EXPORT_CONCURRENCY, perAdmin: config.EXPORT_CONCURRENCY_PER_ADMIN },
      eventsInsertMs: config.EVENTS_INSERT_MS,
      forwardTarget: config.OTLP_FORWARD_URL
        ? {
            url: config.OTLP_FORWARD_URL,
            headers: config.OTLP_FORWARD_HEADERS ?? {},
            timeoutMs: config.OTLP_FORWARD_TIMEOUT_SECONDS * 1000,
          }
        : null,
      operationLeaseMs: config.OPERATION_LEASE_SECONDS * 1000,
      operationRunMs: config.OPERATION_RUN_SECONDS * 1000,
      operationBatch: config.OPERATION_BATCH_ITEMS,
      operationDuty: config.OPERATION_DUTY_PERCENT,
      approvals: config.OPERATION_APPROVALS,
      notifyTimeoutMs: config.NOTIFY_TIMEOUT_SECONDS * 1000,
      notifyResolverUrl: config.NOTIFY_DOH_URL,
      notifyPrivateTargets: config.NOTIFY_PRIVATE_TARGETS ?? [],
    },
    now: Date.now,
    newId: () => v7(),
  } satisfies Partial<Context>;
  const context = (origin: Origin, waitUntil: (work: Promise<unknown>) => void): Context => {
    const log = createLog({ requestId: origin.requestId, traceId: origin.traceId }, logs, redact);
    const later = (work: Promise<unknown>) =>
      waitUntil(work.catch((error) => log.error('work after the answer failed', { error })));
    const runs = {
      exportRuns: exportRuns(env.EXPORT_RUN, later),
      operationRuns: operationRuns(env.OPERATION_RUN, later),
    };
    const signingKeys = keysOf(ring, {
      read: () => shared.db.api.run(readSigningKeys, {}),
      later,
      failed: (error) => log.error('signing keys cannot be read', { error }),
    });
    const stores = tracedStores(shared, origin.traceparent);
    return { ...shared, ...stores, ...runs, keys: signingKeys, origin, later, log, ...overrides };
  };
  const apiLogs = new ApiLogBuffer((rows) => meter.count('steward_api_logs_lost_total', {}, rows));
  const page = () => env.ASSETS.fetch('https://assets.invalid/');
  return { config, keys, meter, recentTokens: new RecentTokens(Date.now), gate, redact, apiLogs, page, context };
}
