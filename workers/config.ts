import * as z from 'zod';
import { LONGEST_LINK_SECONDS } from '../domain/access/signed-link.ts';
import { URL_QUERY_NAMES } from '../domain/audit/redaction-rules.ts';
import { parseNames, parsePatterns, SettingError } from '../domain/audit/redaction-settings.ts';
import { parseApprovals } from '../domain/operations/approval-terms.ts';
import { LOG_LEVELS } from './log.ts';

const rateLimit = (name: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8};w=[1-9]\d{0,4}$/, 'must read like 600;w=60 (requests;w=seconds)')
    .transform((text) => {
      const [limit, window] = text.split(';w=');
      return { name, limit: Number(limit), windowSeconds: Number(window) };
    });

const postgresUrl = z
  .string()
  .regex(
    /^postgres(ql)?:\/\/[^:@/]+:[^@/]+@[^/]+\/\w+/,
    'must be a connection string postgres://role:password@host/database',
  );

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const text = z.string().min(1, 'must not be empty');

// JavaScript orders names of digits before all others, so that another key than the written first one would sign.
const keyId = z.string().regex(/^(?!\d+$)[\w-]{1,32}$/);
/** JSON of keys by id; `uses` says what the first and all of them do. */
const keyRing = (isLong: (bytes: number) => boolean, uses: string) => {
  const keySecret = z.base64().refine((secret) => isLong(atob(secret).length));
  return z.string().transform((json, context) => {
    try {
      const keys = z.record(keyId, keySecret).parse(JSON.parse(json));
      if (Object.keys(keys).length > 0) return keys;
    } catch {
      // One message for every way it can be wrong: never the value itself.
    }
    context.addIssue({
      code: 'custom',
      message: `must be JSON such as {"k1":"<32 random bytes in base64>"}; ${uses}`,
    });
    return z.NEVER;
  });
};

/** JSON of header fields by name (RFC 9110 section 5). */
const headers = z.string().transform((json, context): Record<string, string> => {
  try {
    return z
      .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.string().regex(/^[\t\x20-\x7e]*$/))
      .parse(JSON.parse(json));
  } catch {
    // One message for every way it can be wrong: never the value itself.
    context.addIssue({ code: 'custom', message: 'must be JSON such as {"authorization":"Bearer …"}' });
    return z.NEVER;
  }
});

/** Origins (RFC 6454) separated by commas. */
const origins = z.string().transform((written, context): string[] => {
  const named = written.split(',').map((text) => text.trim());
  if (named.every((text) => URL.parse(text)?.origin === text)) return named;
  context.addIssue({ code: 'custom', message: 'must be origins such as http://127.0.0.1:8025, separated by commas' });
  return z.NEVER;
});

const whole = (fallback: string, max: number, min = 1) =>
  z
    .string()
    .refine((digits) => /^\d+$/.test(digits) && Number(digits) >= min && Number(digits) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .default(fallback)
    .transform(Number);

/** Text that `parse` reads; its SettingError says what is wrong. */
const setting = <T>(fallback: string, parse: (text: string) => T) =>
  z
    .string()
    .default(fallback)
    .transform((written, context) => {
      try {
        return parse(written);
      } catch (error) {
        if (!(error instanceof SettingError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    });

/** Every variable and secret the Worker reads, by its name in the environment. */
const variables = z.object({
  ENVIRONMENT: z.enum(['development', 'staging', 'production']),
  PUBLIC_URL: httpUrl.transform((url) => url.replace(/\/$/, '')),
  OIDC_ISSUER: httpUrl,
  OIDC_JWKS_URL: httpUrl,
  OIDC_AUDIENCE: z.string().min(1, 'must name this API, as the issuer writes it into `aud`'),
  OIDC_CLIENT_ID: text,
  OIDC_CLIENT_SECRET: text.optional(),
  // Of the tokens of the guarded services' users, where that is another issuer than staff's.
  GATE_ISSUER: httpUrl.optional(),
  GATE_JWKS_URL: httpUrl.optional(),
  GATE_AUDIENCE: text.optional(),
  DATABASE_URL_API: postgresUrl,
  DATABASE_URL_EXPORTER: postgresUrl,
  DATABASE_URL_DRAINER: postgresUrl,
  NEON_HTTP_ENDPOINT: httpUrl.optional(),
  CLICKHOUSE_URL: httpUrl,
  CLICKHOUSE_READER_USER: text,
  CLICKHOUSE_READER_PASSWORD: text,
  CLICKHOUSE_WRITER_USER: text,
  CLICKHOUSE_WRITER_PASSWORD: text,
  CLICKHOUSE_KEEPER_USER: text,
  CLICKHOUSE_KEEPER_PASSWORD: text,
  LINK_KEYS: keyRing((bytes) => bytes >= 32, 'the first key signs, all of them verify'),
  // A256GCM takes exactly so many.
  COOKIE_KEYS: keyRing((bytes) => bytes === 32, 'the first key encrypts, all of them decrypt'),
  SESSION_TTL_SECONDS: whole('43200', 604_800),
  API_RATE_LIMIT: rateLimit('admin'),
  OTLP_RATE_LIMIT: rateLimit('telemetry'),
  // Where accepted telemetry goes besides; the headers may hold a key of the receiver's.
  OTLP_FORWARD_URL: httpUrl.transform((url) => url.replace(/\/$/, '')).optional(),
  OTLP_FORWARD_HEADERS: headers.optional(),
  OTLP_FORWARD_TIMEOUT_SECONDS: whole('10', 60),
  // What wraps addresses and secrets of notification channels: A256GCM by way of HKDF.
  NOTIFY_KEYS: keyRing((bytes) => bytes >= 32, 'the first key wraps, all of them unwrap'),
  NOTIFY_TIMEOUT_SECONDS: whole('15', 30),
  // Of all e-mail; without it, or without the binding EMAIL, there are no e-mail channels.
  NOTIFY_EMAIL_FROM: z.email('must be an e-mail address').optional(),
  // DNS over HTTPS with answers in JSON: says where a channel's name leads.
  NOTIFY_DOH_URL: httpUrl.default('https://cloudflare-dns.com/dns-query'),
  NOTIFY_PRIVATE_TARGETS: origins.optional(),
  AUTH_RATE_LIMIT: rateLimit('sign-in'),
  EXPORT_RATE_LIMIT: rateLimit('exports'),
  EXPORT_TTL_SECONDS: whole('604800', 2_592_000),
  LINK_TTL_SECONDS: whole('86400', LONGEST_LINK_SECONDS),
  EXPORT_LEASE_SECONDS: whole('60', 600),
  // Exports at work at once, in all and of one admin.
  EXPORT_CONCURRENCY: whole('4', 100),
  EXPORT_CONCURRENCY_PER_ADMIN: whole('2', 100),
  // The ClickHouse client itself gives up after 30 seconds.
  EVENTS_INSERT_MS: whole('20000', 25_000),
  EXPORT_CHUNK_BYTES: whole('4194304', 16_777_216),
  // Two subrequests a chunk, of 10,000 that an invocation may make (wrangler.toml).
  EXPORT_CHUNKS_PER_RUN: whole('512', 4_000),
  OPERATION_LEASE_SECONDS: whole('60', 600),
  // A consumer may take 15 minutes; others wait for what this one holds.
  OPERATION_RUN_SECONDS: whole('60', 600),
  // Targets a statement; an invocation makes a few subrequests for each admin among them.
  OPERATION_BATCH_ITEMS: whole('250', 1000),
  // How much of the time a run works; the rest belongs to whoever else needs the databases.
  OPERATION_DUTY_PERCENT: whole('50', 100),
  OPERATION_APPROVALS: setting('{}', parseApprovals),
  // What is redacted besides domain/audit/redaction-rules.ts, and which query parameters addresses keep.
  // Measurements are gathered in an isolate so long; what comes after an answer may take 30 s.
  METRICS_GATHER_SECONDS: whole('10', 20),
  HEALTH_SHARE_SECONDS: whole('5', 60),
  // Whatever a component does, a look at it ends; an answer that took half as long is slow.
  HEALTH_PROBE_MS: whole('1000', 30_000),
  // Which Steward this is among those that share a ClickHouse; ENVIRONMENT where it is not said.
  DEPLOYMENT: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .optional(),
  REDACT_KEYS: setting('', parseNames),
  REDACT_PATTERNS: setting('{}', parsePatterns),
  URL_QUERY_NAMES: setting(URL_QUERY_NAMES.join(','), parseNames),
  // Lines below the level are not written, but for so many traces in a hundred, of which all are.
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  LOG_DEBUG_PERCENT: whole('0', 100, 0),
});

/** What one variable says about another. */
const environment = variables.superRefine((config, context) => {
  const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  if (config.ENVIRONMENT === 'development') return;
  if (config.NOTIFY_PRIVATE_TARGETS) refuse('NOTIFY_PRIVATE_TARGETS', 'must not be set outside development');
  if (!config.NOTIFY_DOH_URL.startsWith('https:')) refuse('NOTIFY_DOH_URL', 'must be an https URL outside development');
});

export type Config = z.infer<typeof environment>;

/** The environment is wrong: nothing can work until somebody mends it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Checks the whole environment once. @throws ConfigError naming every variable and what it should be, never its value */
export function parseConfig(env: Record<string, unknown>): Config {
  const result = environment.safeParse(env);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return env[name] === undefined ? `${name} is not set` : `${name} ${message}`;
  });
  throw new ConfigError(`Steward cannot start: ${[...new Set(lines)].join('; ')}`);
}
