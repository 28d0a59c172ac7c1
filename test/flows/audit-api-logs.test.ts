import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person, until } from '../app.ts';
import {
  allPages,
  byPlace,
  DAY_MS,
  insertRows,
  maybe,
  NO_SERVICE,
  ownDays,
  pick,
  type Row,
  row,
} from '../audit-rows.ts';
import { volume } from '../faults/campaign.ts';
import { random } from '../random.ts';

const PATH = '/v1/audit/api-logs';
const SPAN_DAYS = 20;

let app: App;
let auditor: Person;
let scoped: Person;
let services: string[];
let stored: Row[];
const begin = ownDays(1) + 10 * DAY_MS;
const actors = [1, 2, 3].map((n) => ({
  actor_id: randomUUID(),
  actor_email: `caller${n}@example.com`,
  actor_role: 'owner',
}));
const ENDPOINTS = ['/v1/admin/services/:id/config', '/v1/admin/services/:id', '/v1/admin/me'];
const METHODS = ['GET', 'PATCH', 'DELETE'];
const STATUSES = [200, 201, 304, 400, 404, 422, 500, 503];
const CODES: Record<number, string> = { 400: 'malformed_request', 404: 'not_found', 503: 'dependency_unavailable' };
const REQUESTS = [randomUUID(), `req-${randomUUID()}`];
const SECRET = 'only-in-a-body';

function call(ms: number, more: Record<string, string | number> = {}): Row {
  const status_code = pick(STATUSES);
  return row(ms, {
    ...pick(actors),
    endpoint: pick(ENDPOINTS),
    method: pick(METHODS),
    status_code,
    error_code: CODES[status_code] ?? '',
    duration_ms: Math.floor(random() * 1000),
    request_id: pick(REQUESTS),
    session_id: pick(['s1', 's2', '']),
    trace_id: pick(['t1', 't2']),
    span_id: '00f067aa0ba902b7',
    service_id: pick([...services, NO_SERVICE]),
    user_agent: 'curl/8',
    request_body: `{"reason":"${SECRET}"}`,
    response_body: `{"cut":"${SECRET}…[12 bytes cut]`,
    ...more,
  });
}
const anyTime = () => begin + Math.floor(random() * SPAN_DAYS * DAY_MS);

beforeAll(async () => {
  app = await commonApp();
  services = [await app.service(), await app.service(), await app.service()];
  [auditor, scoped] = [await app.person('auditor'), await app.person('auditor', services[0])];
  await app.grant(scoped.id, 'auditor', services[1]);
  // Some share their millisecond, so that the id decides.
  const crowded = Array.from({ length: 40 }, (_, n) => call(begin + 3 * DAY_MS + (n % 4)));
  stored = [...Array.from({ length: 460 }, () => call(anyTime())), ...crowded];
  await insertRows(app, 'admin_api_logs', stored);
  await insertRows(app, 'admin_api_logs', stored.slice(0, 30));
});
beforeEach(() => app.clickhouse.decide(() => 'none'));
afterAll(() => app.stop());

const iso = (ms: number) => new Date(ms).toISOString();
const whole = () => ({ from: iso(begin), to: iso(begin + SPAN_DAYS * DAY_MS) });

const VALUES = {
  endpoint: () => pick([...ENDPOINTS, '/v1/admin/services/{id}/config']),
  method: () => pick([...METHODS, 'patch']),
  status: () => pick(['404', '200', '4xx', '5xx', '1xx']),
  minDurationMs: () => pick([0, 500, 990]),
  actorId: () => pick(actors).actor_id,
  actorEmail: () => pick(actors).actor_email,
  traceId: () => pick(['t1', 't3']),
  requestId: () => pick(REQUESTS),
  sessionId: () => 's1',
  errorCode: () => pick(Object.values(CODES)),
  serviceId: () => pick(services.slice(0, 2)),
};
type Values = { [Name in keyof typeof VALUES]?: ReturnType<(typeof VALUES)[Name]> | undefined };
type Filter = Values & { from: string; to: string };

function someFilter(): Filter {
  const [a, b] = [anyTime(), anyTime()];
  const values = Object.entries(VALUES).map(([name, value]) => [name, maybe(value())]);
  return {
    ...(Object.fromEntries(values) as Values),
    ...(random() < 0.5 ? whole() : { from: iso(Math.min(a, b)), to: iso(Math.max(a, b)) }),
  };
}

/** The answer as a list in memory gives it. */
function expected(filter: Filter, readable: readonly string[] | null): string[] {
  const is = (wanted: string | undefined, value: unknown) => wanted === undefined || value === wanted;
  const status = (code: string) => code.startsWith(filter.status?.replace('xx', '') ?? '');
  return stored
    .filter(
      (each) =>
        (readable === null || readable.includes(each.service_id)) &&
        is(filter.endpoint?.replace('{id}', ':id'), each.endpoint) &&
        is(filter.method?.toUpperCase(), each.method) &&
        status(String(each.status_code)) &&
        Number(each.duration_ms) >= (filter.minDurationMs ?? 0) &&
        is(filter.actorId, each.actor_id) &&
        is(filter.actorEmail, each.actor_email) &&
        is(filter.traceId, each.trace_id) &&
        is(filter.requestId, each.request_id) &&
        is(filter.sessionId, each.session_id) &&
        is(filter.errorCode, each.error_code) &&
        is(filter.serviceId, each.service_id) &&
        `${each.timestamp.replace(' ', 'T')}Z` >= filter.from &&
        `${each.timestamp.replace(' ', 'T')}Z` <= filter.to,
    )
    .sort((a, b) => -byPlace(a, b))
    .map(({ id }) => id);
}

const view = (one: Row) => ({
  id: one.id,
  timestamp: `${one.timestamp.replace(' ', 'T')}Z`,
  endpoint: one.endpoint,
  method: one.method,
  status: one.status_code,
  durationMs: one.duration_ms,
  errorCode: one.error_code === '' ? null : one.error_code,
  actorId: one.actor_id,
  actorEmail: one.actor_email,
  actorRole: 'owner',
  serviceId: one.service_id === NO_SERVICE ? null : one.service_id,
  sessionId: one.session_id,
  requestId: one.request_id,
  traceId: one.trace_id,
  spanId: '00f067aa0ba902b7',
  ipAddress: '203.0.113.0',
  userAgent: 'curl/8',
});

describe('api logs', () => {
  it('answer any filter as a list in memory does, page by page', async () => {
    const wrong: unknown[] = [];
    const known = new Set(stored.map(({ id }) => id));
    let [tried, found, pages] = [0, 0, 0];
    const ask = async (filter: Filter) => {
      const narrow = tried++ % 3 === 0;
      const limit = pick([40, 200, 200]);
      const answer = await allPages(app, narrow ? scoped : auditor, PATH, { ...filter, limit });
      const ids = answer.items.map(({ id }) => id).filter((id) => known.has(id));
      const wanted = expected(filter, narrow ? services.slice(0, 2) : null);
      if (JSON.stringify(ids) !== JSON.stringify(wanted)) wrong.push({ filter, narrow });
      found += wanted.length;
      pages += answer.pages;
    };
    // Each filter alone, then combinations.
    for (const [name, value] of Object.entries(VALUES)) await ask({ ...whole(), [name]: value() });
    for (let n = 0; n < 4 * volume; n++) await ask(someFilter());
    console.log(`api logs: filters tried ${tried}, pages ${pages}, calls ${found}, wrong ${wrong.length}`);
    expect(wrong).toEqual([]);
    expect(found).toBeGreaterThan(100);
  });

  it('show bodies with a single call only, and never read them for a list', async () => {
    const one = stored[100] as Row;
    const asked: string[] = [];
    app.clickhouse.decide(({ path, body }) => {
      const query = decodeURIComponent(path) + body;
      if (!query.includes('INSERT')) asked.push(query);
      return 'none';
    });
    const { items } = await allPages(app, auditor, PATH, { ...whole(), limit: 200 });
    expect(items.find(({ id }) => id === one.id)).toEqual(view(one));
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((query) => /_body|SELECT \*/.test(query))).toEqual([]);
    const alone = await app.call('GET', `${PATH}/${one.id}`, { as: auditor });
    expect(alone.json).toEqual({ ...view(one), requestBody: one.request_body, responseBody: one.response_body });
    const bare = call(begin - DAY_MS, { request_body: '', response_body: '' });
    await insertRows(app, 'admin_api_logs', [bare]);
    const without = await app.call('GET', `${PATH}/${bare.id}`, { as: auditor });
    expect([without.json.requestBody, without.json.responseBody]).toEqual([null, null]);
  });

  it('of another service are absent', async () => {
    const foreign = stored.find(({ service_id }) => service_id === services[2]) as Row;
    const none = stored.find(({ service_id }) => service_id === NO_SERVICE) as Row;
    const own = stored.find(({ service_id }) => service_id === services[1]) as Row;
    const answer = (path: string, as = scoped) => app.call('GET', path, { as });
    expect((await answer(`${PATH}/${own.id}`)).status).toBe(200);
    for (const { id } of [foreign, none]) {
      const refused = await answer(`${PATH}/${id}`);
      expect([refused.status, refused.text.includes(SECRET)]).toEqual([404, false]);
      expect((await answer(`${PATH}/${id}`, auditor)).status).toBe(200);
    }
    expect((await answer(`${PATH}?serviceId=${services[2]}`)).status).toBe(404);
    expect((await answer(PATH, await app.person('viewer'))).status).toBe(403);
  });

  it('refuse what they do not know', async () => {
    const wrong = [
      'status=4x',
      'status=600',
      'status=abc',
      'method=',
      'method=A B',
      'minDurationMs=-1',
      'minDurationMs=1.5',
    ];
    for (const query of [...wrong, 'minDurationMs=99999999999', 'cursor=abc', 'limit=x']) {
      const answer = await app.call('GET', `${PATH}?${query}`, { as: auditor });
      expect([query, answer.json.code]).toEqual([query, 'malformed_request']);
    }
    expect((await app.call('GET', `${PATH}?color=red`, { as: auditor })).json.code).toBe('unknown_parameter');
  });

  it('hold a call that was made here, found by its template, status and request id', async () => {
    const service = services[0] as string;
    const requestId = `find-${randomUUID()}`;
    const headers = { 'X-Request-Id': requestId };
    await app.call('PATCH', `/v1/admin/services/${service}/config`, {
      as: auditor,
      headers,
      body: { maintenanceMode: true },
    });
    const query = { requestId, endpoint: '/v1/admin/services/{id}/config', method: 'PATCH', status: '4xx' };
    let items: unknown[] = [];
    await until(async () => {
      ({ items } = await allPages(app, auditor, PATH, query));
      return items.length > 0;
    }, 'the call is listed');
    expect(items).toMatchObject([
      { status: 403, errorCode: 'forbidden', actorId: auditor.id, serviceId: service, sessionId: auditor.sessionId },
    ]);
  });
});
