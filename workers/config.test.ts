import { describe, expect, it } from 'vitest';
import { URL_QUERY_NAMES } from '../domain/audit/redaction-rules.ts';
import { ConfigError, parseConfig } from './config.ts';

const key = (fill: number) => btoa(String.fromCharCode(...new Uint8Array(32).fill(fill)));

const GOOD: Record<string, string> = {
  ENVIRONMENT: 'production',
  PUBLIC_URL: 'https://steward.example',
  OIDC_ISSUER: 'https://issuer.example',
  OIDC_JWKS_URL: 'https://issuer.example/jwks',
  OIDC_AUDIENCE: 'https://steward.example/api',
  OIDC_CLIENT_ID: 'steward-web',
  DATABASE_URL_API: 'postgres://steward_api:pw-api@db.example/steward',
  DATABASE_URL_EXPORTER: 'postgresql://steward_exporter:pw-exporter@db.example/steward?sslmode=require',
  DATABASE_URL_DRAINER: 'postgres://steward_drainer:pw-drainer@db.example:5432/steward',
  CLICKHOUSE_URL: 'https://clickhouse.example:8443',
  CLICKHOUSE_READER_USER: 'steward_reader',
  CLICKHOUSE_READER_PASSWORD: 'pw-reader',
  CLICKHOUSE_WRITER_USER: 'steward_writer',
  CLICKHOUSE_WRITER_PASSWORD: 'pw-writer',
  CLICKHOUSE_KEEPER_USER: 'steward_keeper',
  CLICKHOUSE_KEEPER_PASSWORD: 'pw-keeper',
  LINK_KEYS: JSON.stringify({ k2: key(2), k1: key(1) }),
  COOKIE_KEYS: JSON.stringify({ c2: key(4), c1: key(3) }),
  NOTIFY_KEYS: JSON.stringify({ n1: key(5) }),
  API_RATE_LIMIT: '600;w=60',
  OTLP_RATE_LIMIT: '600;w=60',
  AUTH_RATE_LIMIT: '30;w=60',
  EXPORT_RATE_LIMIT: '10;w=3600',
};

function problemOf(env: Record<string, unknown>): string {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
}

describe('configuration', () => {
  it('is read whole, with defaults for what may be left out', () => {
    expect(parseConfig({ ...GOOD, PUBLIC_URL: 'https://steward.example/', RATE_LIMITER: {}, unknown: 1 })).toEqual({
      ...GOOD,
      LINK_KEYS: { k2: key(2), k1: key(1) },
      COOKIE_KEYS: { c2: key(4), c1: key(3) },
      NOTIFY_KEYS: { n1: key(5) },
      SESSION_TTL_SECONDS: 43_200,
      API_RATE_LIMIT: { name: 'admin', limit: 600, windowSeconds: 60 },
      OTLP_RATE_LIMIT: { name: 'telemetry', limit: 600, windowSeconds: 60 },
      OTLP_FORWARD_TIMEOUT_SECONDS: 10,
      NOTIFY_TIMEOUT_SECONDS: 15,
      NOTIFY_DOH_URL: 'https://cloudflare-dns.com/dns-query',
      AUTH_RATE_LIMIT: { name: 'sign-in', limit: 30, windowSeconds: 60 },
      EXPORT_RATE_LIMIT: { name: 'exports', limit: 10, windowSeconds: 3600 },
      EXPORT_TTL_SECONDS: 604_800,
      LINK_TTL_SECONDS: 86_400,
      EXPORT_LEASE_SECONDS: 60,
      EXPORT_CONCURRENCY: 4,
      EXPORT_CONCURRENCY_PER_ADMIN: 2,
      EVENTS_INSERT_MS: 20_000,
      EXPORT_CHUNK_BYTES: 4_194_304,
      EXPORT_CHUNKS_PER_RUN: 512,
      OPERATION_LEASE_SECONDS: 60,
      OPERATION_RUN_SECONDS: 60,
      OPERATION_BATCH_ITEMS: 250,
      OPERATION_DUTY_PERCENT: 50,
      METRICS_GATHER_SECONDS: 10,
      HEALTH_SHARE_SECONDS: 5,
      HEALTH_PROBE_MS: 1000,
      OPERATION_APPROVALS: {
        routine: { quorum: 0, roles: [] },
        destructive: { quorum: 1, roles: [] },
        irreversible: { quorum: 1, roles: [] },
      },
      REDACT_KEYS: [],
      REDACT_PATTERNS: {},
      URL_QUERY_NAMES: [...URL_QUERY_NAMES],
      LOG_LEVEL: 'info',
      LOG_DEBUG_PERCENT: 0,
    });
  });

  it('reads where telemetry is forwarded to', () => {
    const headers = { 'x-api-key': 'k' };
    const env = {
      ...GOOD,
      OTLP_FORWARD_URL: 'https://otel.example/base/',
      OTLP_FORWARD_HEADERS: JSON.stringify(headers),
    };
    expect(parseConfig(env)).toMatchObject({
      OTLP_FORWARD_URL: 'https://otel.example/base',
      OTLP_FORWARD_HEADERS: headers,
    });
  });

  it('lets notifications reach private targets in development only, and asks resolvers by https elsewhere', () => {
    const NOTIFY_PRIVATE_TARGETS = 'http://127.0.0.1:8025, https://hooks.local:8443';
    const local = {
      ...GOOD,
      ENVIRONMENT: 'development',
      NOTIFY_PRIVATE_TARGETS,
      NOTIFY_DOH_URL: 'http://127.0.0.1:53/',
    };
    expect(parseConfig(local)).toMatchObject({
      NOTIFY_PRIVATE_TARGETS: ['http://127.0.0.1:8025', 'https://hooks.local:8443'],
      NOTIFY_DOH_URL: 'http://127.0.0.1:53/',
    });
    for (const ENVIRONMENT of ['staging', 'production'])
      expect(problemOf({ ...local, ENVIRONMENT })).toBe(
        'Steward cannot start: NOTIFY_PRIVATE_TARGETS must not be set outside development; ' +
          'NOTIFY_DOH_URL must be an https URL outside development',
      );
  });

  it('reads what is redacted, and what is not', () => {
    const config = parseConfig({
      ...GOOD,
      REDACT_KEYS: 'salary, Birth-Date,',
      REDACT_PATTERNS: JSON.stringify({ customer: 'CUST-\\d{6}' }),
      URL_QUERY_NAMES: '',
    });
    expect(config).toMatchObject({ REDACT_KEYS: ['salary', 'Birth-Date'], URL_QUERY_NAMES: [] });
    expect('see CUST-123456'.replace(config.REDACT_PATTERNS.customer ?? '', '')).toBe('see ');
  });

  it.each(Object.keys(GOOD))('names %s when it is missing', (name) => {
    expect(problemOf({ ...GOOD, [name]: undefined })).toBe(`Steward cannot start: ${name} is not set`);
  });

  const SECRET = 'Hunter2SECRET';
  it.each([
    ['ENVIRONMENT', SECRET, '"development"|"staging"|"production"'],
    ['PUBLIC_URL', SECRET, 'must be an http(s) URL'],
    ['PUBLIC_URL', `ftp://${SECRET}.example`, 'must be an http(s) URL'],
    ['OIDC_ISSUER', `javascript:${SECRET}`, 'must be an http(s) URL'],
    ['OIDC_JWKS_URL', '', 'must be an http(s) URL'],
    ['OIDC_AUDIENCE', '', 'must name this API'],
    ['DATABASE_URL_API', `mysql://u:${SECRET}@h/d`, 'postgres://role:password@host/database'],
    ['DATABASE_URL_API', `postgres://${SECRET}@h/d`, 'postgres://role:password@host/database'],
    ['DATABASE_URL_EXPORTER', `postgres://u:${SECRET}@h`, 'postgres://role:password@host/database'],
    ['DATABASE_URL_DRAINER', `postgres://u:${SECRET}`, 'postgres://role:password@host/database'],
    ['NEON_HTTP_ENDPOINT', SECRET, 'must be an http(s) URL'],
    ['CLICKHOUSE_URL', `clickhouse://u:${SECRET}@h`, 'must be an http(s) URL'],
    ['CLICKHOUSE_READER_USER', '', 'must not be empty'],
    ['CLICKHOUSE_READER_PASSWORD', '', 'must not be empty'],
    ['CLICKHOUSE_WRITER_USER', '', 'must not be empty'],
    ['CLICKHOUSE_WRITER_PASSWORD', '', 'must not be empty'],
    ['CLICKHOUSE_KEEPER_USER', '', 'must not be empty'],
    ['CLICKHOUSE_KEEPER_PASSWORD', '', 'must not be empty'],
    ['LINK_KEYS', SECRET, 'must be JSON such as {"k1":"<32 random bytes in base64>"}'],
    ['LINK_KEYS', '{}', 'must be JSON such as'],
    ['LINK_KEYS', '[]', 'must be JSON such as'],
    ['LINK_KEYS', 'null', 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify([key(1)]), 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify({ k1: 1 }), 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify({ k1: SECRET }), 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify({ k1: btoa(`${SECRET} is 31, too few`.padEnd(31, '.')) }), 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify({ k1: `${SECRET} is long enough but it is not base64!!!!` }), 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify({ 'k 1': key(1) }), 'must be JSON such as'],
    ['LINK_KEYS', JSON.stringify({ ['k'.repeat(33)]: key(1) }), 'must be JSON such as'],
    // JavaScript puts such names first and in ascending order: "the first key signs" would not be what was written.
    ['LINK_KEYS', JSON.stringify({ k1: key(1), 2026: key(2) }), 'must be JSON such as'],
    ['OIDC_CLIENT_ID', '', 'must not be empty'],
    ['OIDC_CLIENT_SECRET', '', 'must not be empty'],
    ['COOKIE_KEYS', SECRET, 'must be JSON such as {"k1":"<32 random bytes in base64>"}; the first key encrypts'],
    ['COOKIE_KEYS', '{}', 'must be JSON such as'],
    [
      'COOKIE_KEYS',
      JSON.stringify({ k1: key(1), k2: btoa(`${SECRET} is 33, too many`.padEnd(33, '.')) }),
      'must be JSON',
    ],
    ['COOKIE_KEYS', JSON.stringify({ k1: btoa(`${SECRET} is 31, too few`.padEnd(31, '.')) }), 'must be JSON such as'],
    ['SESSION_TTL_SECONDS', '604801', 'must be a whole number from 1 to 604800'],
    ['AUTH_RATE_LIMIT', SECRET, 'must read like 600;w=60'],
    ['API_RATE_LIMIT', SECRET, 'must read like 600;w=60'],
    ['API_RATE_LIMIT', '600', 'must read like 600;w=60'],
    ['API_RATE_LIMIT', '0;w=60', 'must read like 600;w=60'],
    ['API_RATE_LIMIT', '600;w=0', 'must read like 600;w=60'],
    ['API_RATE_LIMIT', '-1;w=60', 'must read like 600;w=60'],
    ['OTLP_RATE_LIMIT', SECRET, 'must read like 600;w=60'],
    ['OTLP_FORWARD_URL', SECRET, 'must be an http(s) URL'],
    ['OTLP_FORWARD_URL', `ftp://${SECRET}`, 'must be an http(s) URL'],
    ['OTLP_FORWARD_TIMEOUT_SECONDS', '61', 'must be a whole number from 1 to 60'],
    ['OTLP_FORWARD_HEADERS', SECRET, 'must be JSON such as {"authorization":"Bearer …"}'],
    ['OTLP_FORWARD_HEADERS', JSON.stringify({ authorization: 1 }), 'must be JSON such as'],
    ['OTLP_FORWARD_HEADERS', JSON.stringify({ 'bad name': SECRET }), 'must be JSON such as'],
    ['OTLP_FORWARD_HEADERS', JSON.stringify({ authorization: `${SECRET}\r\nx: y` }), 'must be JSON such as'],
    ['NOTIFY_KEYS', SECRET, 'must be JSON such as {"k1":"<32 random bytes in base64>"}; the first key wraps'],
    ['NOTIFY_KEYS', JSON.stringify({ k1: btoa(SECRET) }), 'must be JSON such as'],
    ['NOTIFY_EMAIL_FROM', SECRET, 'must be an e-mail address'],
    ['NOTIFY_DOH_URL', SECRET, 'must be an http(s) URL'],
    ['NOTIFY_PRIVATE_TARGETS', `http://${SECRET}/path`, 'must be origins such as http://127.0.0.1:8025'],
    ['NOTIFY_PRIVATE_TARGETS', '', 'must be origins such as http://127.0.0.1:8025'],
    ['NOTIFY_TIMEOUT_SECONDS', '31', 'must be a whole number from 1 to 30'],
    ['EXPORT_RATE_LIMIT', '1e3;w=60', 'must read like 600;w=60'],
    ['EXPORT_RATE_LIMIT', '10;w=60\n', 'must read like 600;w=60'],
    ['EXPORT_TTL_SECONDS', SECRET, 'must be a whole number from 1 to 2592000'],
    ['EXPORT_TTL_SECONDS', '0', 'must be a whole number from 1 to 2592000'],
    ['LINK_TTL_SECONDS', '604801', 'must be a whole number from 1 to 604800'],
    ['LINK_TTL_SECONDS', '1.5', 'must be a whole number from 1 to 604800'],
    ['EXPORT_LEASE_SECONDS', '601', 'must be a whole number from 1 to 600'],
    ['EXPORT_LEASE_SECONDS', '', 'must be a whole number from 1 to 600'],
    ['EXPORT_CONCURRENCY', '101', 'must be a whole number from 1 to 100'],
    ['EXPORT_CONCURRENCY_PER_ADMIN', '0', 'must be a whole number from 1 to 100'],
    ['EVENTS_INSERT_MS', '25001', 'must be a whole number from 1 to 25000'],
    ['EXPORT_CHUNK_BYTES', '1e6', 'must be a whole number from 1 to 16777216'],
    ['EXPORT_CHUNKS_PER_RUN', '0', 'must be a whole number from 1 to 4000'],
    ['REDACT_KEYS', `${SECRET}, %%%`, 'must be names of up to 64 letters and digits, separated by commas'],
    ['REDACT_PATTERNS', SECRET, 'must be JSON of regular expressions by name, such as {"customer":"CUST-\\\\d{6}"}'],
    ['REDACT_PATTERNS', JSON.stringify([SECRET]), 'must be JSON of regular expressions'],
    ['REDACT_PATTERNS', JSON.stringify({ customer: 1 }), 'must be JSON of regular expressions'],
    ['REDACT_PATTERNS', JSON.stringify({ customer: `(${SECRET}` }), '(customer) is no regular expression'],
    ['REDACT_PATTERNS', JSON.stringify({ customer: `(?:${SECRET})*` }), '(customer) matches the empty text'],
    ['REDACT_PATTERNS', JSON.stringify({ customer: `(${SECRET}+)+` }), '(customer) repeats what repeats'],
    ['LOG_LEVEL', SECRET, 'must be one of debug, info, warn, error'],
    ['LOG_DEBUG_PERCENT', '101', 'must be a whole number from 0 to 100'],
    ['LOG_DEBUG_PERCENT', '-1', 'must be a whole number from 0 to 100'],
    ['LOG_DEBUG_PERCENT', '0.5', 'must be a whole number from 0 to 100'],
    ['URL_QUERY_NAMES', `page,${SECRET.repeat(10)}`, 'must be names'],
  ])('names %s when it is %j, and says what it should be', (name, value, advice) => {
    const problem = problemOf({ ...GOOD, [name]: value });
    expect(problem.startsWith(`Steward cannot start: ${name} `)).toBe(true);
    expect(problem).toContain(advice);
    expect(problem).not.toContain(SECRET);
    expect(problem).not.toContain(btoa(SECRET).slice(0, 12));
    for (const other of Object.keys(GOOD)) if (other !== name) expect(problem).not.toContain(other);
  });

  it('says everything that is wrong at once, each once', () => {
    const problem = problemOf({
      ...GOOD,
      PUBLIC_URL: 'x',
      LINK_KEYS: undefined,
      API_RATE_LIMIT: 'x',
      OIDC_AUDIENCE: 1,
    });
    for (const name of ['PUBLIC_URL', 'LINK_KEYS is not set', 'API_RATE_LIMIT', 'OIDC_AUDIENCE'])
      expect(problem.split(name).length).toBe(2);
    const nothing = problemOf({});
    for (const name of Object.keys(GOOD)) expect(nothing).toContain(`${name} is not set`);
  });

  it('prints no value, whatever is wrong with it', () => {
    const values = Object.fromEntries(Object.keys(GOOD).map((name) => [name, `:::${SECRET}-${name}`]));
    const problem = problemOf({ ...values, OIDC_AUDIENCE: '', CLICKHOUSE_READER_PASSWORD: { SECRET } });
    expect(problem).not.toContain(SECRET);
    expect(problem).toContain('CLICKHOUSE_READER_PASSWORD');
  });
});
