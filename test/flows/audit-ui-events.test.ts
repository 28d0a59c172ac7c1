import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
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

const PATH = '/v1/audit/ui-events';
const SPAN_DAYS = 20;

let app: App;
let auditor: Person;
let scoped: Person;
let services: string[];
let stored: Row[];
const begin = ownDays(0) + 10 * DAY_MS;
const actors = [1, 2, 3].map((n) => ({
  actor_id: randomUUID(),
  actor_email: `actor${n}@example.com`,
  actor_role: 'operator',
}));
const TYPES = ['app.widget.click', 'app.widget.open', 'app2.x', 'browser.navigation', 'exception'];
const COMPONENTS = ['SaveButton', 'Search', ''];
const PAGES = ['/services', '/services/1/config', '/services/2', '/admins'];
const SESSIONS = [randomUUID(), `sid-${randomUUID()}`];
const TRACES = [randomUUID().replaceAll('-', ''), ''];

const event = (ms: number, more: Record<string, string | number> = {}) =>
  row(ms, {
    ...pick(actors),
    event_type: pick(TYPES),
    component_name: pick(COMPONENTS),
    page_path: pick(PAGES),
    session_id: pick(SESSIONS),
    trace_id: pick(TRACES),
    service_id: pick([...services, NO_SERVICE]),
    properties: JSON.stringify({ n: random(), nested: { a: [1, 'ü'] } }),
    user_agent: 'Mozilla/5.0',
    span_id: '00f067aa0ba902b7',
    ...more,
  });
const anyTime = () => begin + Math.floor(random() * SPAN_DAYS * DAY_MS);

beforeAll(async () => {
  app = await commonApp();
  services = [await app.service(), await app.service(), await app.service()];
  [auditor, scoped] = [await app.person('auditor'), await app.person('auditor', services[0])];
  await app.grant(scoped.id, 'auditor', services[1]);
  // Some share their millisecond, so that the id decides.
  const crowded = Array.from({ length: 40 }, (_, n) => event(begin + 3 * DAY_MS + (n % 4)));
  stored = [...Array.from({ length: 460 }, () => event(anyTime())), ...crowded];
  await insertRows(app, 'admin_ui_events', stored);
  // Under another token, as no delivery of ours would: such a row is there twice.
  await insertRows(app, 'admin_ui_events', stored.slice(0, 30));
});
beforeEach(() => app.clickhouse.decide(() => 'none'));
afterAll(() => app.stop());

const iso = (ms: number) => new Date(ms).toISOString();
const whole = () => ({ from: iso(begin), to: iso(begin + SPAN_DAYS * DAY_MS) });

interface Filter {
  actorId?: string | undefined;
  actorEmail?: string | undefined;
  eventType?: string | undefined;
  componentName?: string | undefined;
  pagePath?: string | undefined;
  serviceId?: string | undefined;
  sessionId?: string | undefined;
  traceId?: string | undefined;
  from: string;
  to: string;
}

const VALUES = {
  actorId: () => pick(actors).actor_id,
  actorEmail: () => pick([...actors.map(({ actor_email }) => actor_email), 'ACTOR1@example.com']),
  eventType: () => pick([...TYPES, 'app.*', 'app.widget.*', 'nothing.*']),
  componentName: () => pick(['SaveButton', 'Search']),
  pagePath: () => pick(['/services', '/services/', '/admins', '/']),
  serviceId: () => pick(services.slice(0, 2)),
  sessionId: () => pick(SESSIONS),
  traceId: () => TRACES[0],
};

function someFilter(): Filter {
  const [a, b] = [anyTime(), anyTime()];
  const values = Object.entries(VALUES).map(([name, value]) => [name, maybe(value())]);
  return {
    ...(Object.fromEntries(values) as Partial<Filter>),
    ...(random() < 0.5 ? whole() : { from: iso(Math.min(a, b)), to: iso(Math.max(a, b)) }),
  };
}

/** The answer as a list in memory gives it. */
function expected(filter: Filter, readable: readonly string[] | null): string[] {
  const is = (wanted: string | undefined, value: unknown) => wanted === undefined || value === wanted;
  const typed = (type: string) =>
    filter.eventType?.endsWith('*') ? type.startsWith(filter.eventType.slice(0, -1)) : is(filter.eventType, type);
  return stored
    .filter(
      (each) =>
        (readable === null || readable.includes(each.service_id)) &&
        is(filter.actorId, each.actor_id) &&
        is(filter.actorEmail?.toLowerCase(), each.actor_email) &&
        typed(String(each.event_type)) &&
        is(filter.componentName, each.component_name) &&
        String(each.page_path).startsWith(filter.pagePath ?? '') &&
        is(filter.serviceId, each.service_id) &&
        is(filter.sessionId, each.session_id) &&
        is(filter.traceId, each.trace_id) &&
        `${each.timestamp.replace(' ', 'T')}Z` >= filter.from &&
        `${each.timestamp.replace(' ', 'T')}Z` <= filter.to,
    )
    .sort((a, b) => -byPlace(a, b))
    .map(({ id }) => id);
}

describe('ui events', () => {
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
    console.log(`ui events: filters tried ${tried}, pages ${pages}, events ${found}, wrong ${wrong.length}`);
    expect(wrong).toEqual([]);
    expect(found).toBeGreaterThan(100);
  });

  it('come with everything of them, alone and in a list', async () => {
    const one = stored[100] as Row;
    const alone = await app.call('GET', `${PATH}/${one.id}`, { as: auditor });
    const view = {
      id: one.id,
      timestamp: `${one.timestamp.replace(' ', 'T')}Z`,
      sessionId: one.session_id,
      actorId: one.actor_id,
      actorEmail: one.actor_email,
      actorRole: 'operator',
      eventType: one.event_type,
      componentName: one.component_name,
      pagePath: one.page_path,
      properties: JSON.parse(String(one.properties)),
      userAgent: 'Mozilla/5.0',
      ipAddress: '203.0.113.0',
      serviceId: one.service_id === NO_SERVICE ? null : one.service_id,
      traceId: one.trace_id,
      spanId: '00f067aa0ba902b7',
    };
    expect([alone.status, alone.json]).toEqual([200, view]);
    const { items } = await allPages(app, auditor, PATH, { ...whole(), sessionId: String(one.session_id), limit: 200 });
    expect(items.find(({ id }) => id === one.id)).toEqual(view);
  });

  it('show properties as an object, whatever was stored', async () => {
    const cases: [string, unknown][] = [
      ['', {}],
      ['{"a":{"b":[1]}}', { a: { b: [1] } }],
      ['{"cut', { text: '{"cut' }],
      ['[1]', { text: '[1]' }],
      ['null', { text: 'null' }],
    ];
    const component_name = `odd-${randomUUID()}`;
    const odd = cases.map(([properties], n) => event(begin - DAY_MS + n, { properties, component_name }));
    await insertRows(app, 'admin_ui_events', odd);
    const range = { from: iso(begin - DAY_MS), to: iso(begin - 1) };
    const { items } = await allPages(app, auditor, PATH, { ...range, componentName: component_name });
    expect(items.map(({ properties }) => properties).reverse()).toEqual(cases.map(([, object]) => object));
  });

  it('of another service are absent', async () => {
    const foreign = stored.find(({ service_id }) => service_id === services[2]) as Row;
    const none = stored.find(({ service_id }) => service_id === NO_SERVICE) as Row;
    const own = stored.find(({ service_id }) => service_id === services[1]) as Row;
    const status = async (path: string, as = scoped) => (await app.call('GET', path, { as })).status;
    expect(await status(`${PATH}/${own.id}`)).toBe(200);
    for (const { id } of [foreign, none]) {
      expect(await status(`${PATH}/${id}`)).toBe(404);
      expect(await status(`${PATH}/${id}`, auditor)).toBe(200);
    }
    expect(await status(`${PATH}?serviceId=${services[2]}`)).toBe(404);
    expect(await status(`${PATH}/${randomUUID()}`, auditor)).toBe(404);
    expect(await status(PATH, await app.person('viewer'))).toBe(403);
  });

  it('page without gaps or repeats while others arrive', async () => {
    const component_name = `paged-${randomUUID()}`;
    const at = (n: number) => begin - 3 * DAY_MS + n * 1000;
    const first = Array.from({ length: 40 }, (_, n) => event(at(1000 + (n % 20)), { component_name }));
    await insertRows(app, 'admin_ui_events', first);
    let arrived = 0;
    const late = () => insertRows(app, 'admin_ui_events', [event(at(5000 + arrived++), { component_name })]);
    const query = { from: iso(begin - 4 * DAY_MS), to: iso(begin), componentName: component_name, limit: 7 };
    const { items, ranges } = await allPages(app, auditor, PATH, query, late);
    expect(items.map(({ id }) => id)).toEqual(first.sort((a, b) => -byPlace(a, b)).map(({ id }) => id));
    expect([arrived, ranges.size]).toEqual([5, 1]);
    console.log(`ui events that arrived while paging: ${arrived}, missed 0, repeated 0`);
  });

  it('state the range searched, the last 30 days unless asked otherwise', async () => {
    const range = async (query: string) => (await app.call('GET', `${PATH}?${query}`, { as: auditor })).json.range;
    const { from, to } = await range('limit=1');
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * DAY_MS);
    expect(Math.abs(Date.parse(to) - Date.now())).toBeLessThan(60_000);
    expect(await range('to=2026-03-01T01:00:00%2B01:00&limit=1')).toEqual({
      from: '2026-01-30T00:00:00.000Z',
      to: '2026-03-01T00:00:00.000Z',
    });
    // Outside of what the store can compute with, the answer says what was searched instead.
    expect(await range('from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z&limit=1')).toEqual({
      from: '1970-01-01T00:00:00.000Z',
      to: '2149-01-01T00:00:00.000Z',
    });
  });

  it('keep the range of the first page, and refuse a cursor of another search', async () => {
    const component_name = `recent-${randomUUID()}`;
    const recent = Array.from({ length: 8 }, (_, n) => event(Date.now() - 60_000 - n, { component_name }));
    await insertRows(app, 'admin_ui_events', recent);
    const query = new URLSearchParams({ componentName: component_name, limit: '5' });
    const first = (await app.call('GET', `${PATH}?${query}`, { as: auditor })).json;
    const next = (more: string) =>
      app.call('GET', `${PATH}?${query}&cursor=${first.nextCursor}${more}`, { as: auditor });
    expect((await next('')).json.range).toEqual(first.range);
    expect((await next('&eventType=exception')).json.detail).toMatch(/other parameters/);
    const elsewhere = `/v1/audit/api-logs?${query}&cursor=${first.nextCursor}`;
    expect((await app.call('GET', elsewhere, { as: auditor })).status).toBe(400);
  });

  it('refuse what they do not know', async () => {
    const code = async (query: string) => (await app.call('GET', `${PATH}?${query}`, { as: auditor })).json.code;
    const texts = ['abc', '%00', '~', 'W10', btoa('["a","b"]'), btoa('[1,2,3,4,5]'), 'x'.repeat(1001)];
    for (const cursor of texts) expect(await code(`cursor=${cursor}`)).toBe('malformed_request');
    const wrong = [
      'limit=0',
      'limit=201',
      'eventType=a*b',
      'eventType=',
      'actorId=x',
      'from=yesterday',
      'eventType=app*',
    ];
    for (const query of wrong) expect([query, await code(query)]).toEqual([query, 'malformed_request']);
    expect(await code('color=red')).toBe('unknown_parameter');
    expect(await code('from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).toBe('invalid_field');
    const odd = ["' OR 1=1 --", '\0', '\\', '{x:String}', '\u{1f600}', '%', "\\'"];
    const names = ['sessionId', 'traceId', 'pagePath', 'actorEmail', 'componentName', 'eventType'];
    let odds = 0;
    // Each in two parameters, and each parameter has several; in a campaign all of them.
    for (const [n, text] of odd.entries())
      for (const name of names.filter((_, i) => volume > 1 || (n + i) % 3 === 0)) {
        odds++;
        const answer = await app.call('GET', `${PATH}?${new URLSearchParams({ [name]: text })}`, { as: auditor });
        // Other tests may have put such a text there; nothing else may come.
        const others = answer.json.items?.filter((item: Record<string, string>) => item[name] !== text);
        expect([name, text, answer.status, others]).toEqual([name, text, 200, []]);
      }
    expect((await app.call('GET', `${PATH}/x.css`, { as: auditor })).status).toBe(404);
    console.log(`ui events: odd queries tried ${texts.length + wrong.length + odds}, wrong 0`);
  });

  it('are 503 while ClickHouse is away, without its words', async () => {
    app.clickhouse.decide(() => 'error');
    for (const path of [PATH, `${PATH}/${stored[0]?.id}`]) {
      const answer = await app.call('GET', path, { as: auditor });
      expect([answer.status, answer.json.code]).toEqual([503, 'dependency_unavailable']);
      expect(answer.text).not.toContain('DB::Exception');
    }
  });
});
