import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { auditModel, expected, FILTERS } from '../audit-log-model.ts';
import { allPages, byPlace, DAY_MS, insertRows, NO_SERVICE, pick, type Row } from '../audit-rows.ts';
import { volume } from '../faults/campaign.ts';

const PATH = '/v1/audit/logs';

let app: App;
let auditor: Person;
let scoped: Person;
let services: string[];
let model: ReturnType<typeof auditModel>;
let stored: Row[];

beforeAll(async () => {
  app = await commonApp();
  services = [await app.service(), await app.service(), await app.service()];
  [auditor, scoped] = [await app.person('auditor'), await app.person('auditor', services[0])];
  await app.grant(scoped.id, 'auditor', services[1]);
  // So long that a search must look back more than once.
  model = auditModel(services, 3, 80);
  // Some share their millisecond, so that the id decides.
  const crowded = Array.from({ length: 60 }, (_, n) => model.record(model.begin + 3 * DAY_MS + (n % 4)));
  stored = [...Array.from({ length: 540 }, () => model.record()), ...crowded];
  await insertRows(app, 'admin_audit_logs', stored);
  // Under another token, as no delivery of ours would: such a row is there twice.
  await insertRows(app, 'admin_audit_logs', [...stored.slice(0, 40), ...crowded]);
});
beforeEach(() => app.clickhouse.decide(() => 'none'));
afterAll(() => app.stop());

const iso = (ms: number) => new Date(ms).toISOString();
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe('audit logs', () => {
  it('answer any filter as a list in memory does, page by page, each record once', async () => {
    const wrong: unknown[] = [];
    const known = new Set(idsOf(stored));
    const seen = new Map<string, number>();
    let [tried, found, pages] = [0, 0, 0];
    const ask = async (filter: ReturnType<typeof model.someFilter>) => {
      const own = filter.serviceId === undefined || services.slice(0, 2).includes(filter.serviceId);
      const narrow = own && tried % 3 === 0;
      const wanted = idsOf(expected(stored, filter, narrow ? services.slice(0, 2) : null));
      const limit = Math.min(200, Math.ceil((wanted.length + 1) / pick([1, 1, 4])));
      const answer = await allPages(app, narrow ? scoped : auditor, PATH, { ...filter, limit });
      const ids = idsOf(answer.items).filter((id) => known.has(id));
      if (JSON.stringify(ids) !== JSON.stringify(wanted))
        wrong.push({ filter, narrow, got: ids.length, wanted: wanted.length });
      for (const [name, value] of Object.entries(filter))
        if (value) seen.set(name, (seen.get(name) ?? 0) + wanted.length);
      tried++;
      found += wanted.length;
      pages += answer.pages;
    };
    // Each filter alone, then combinations.
    for (const name of FILTERS)
      for (let n = 0; n < volume || (!seen.get(name) && n < 9); n++) await ask({ ...model.whole, [name]: only(name) });
    while (tried < FILTERS.length + 10 * volume) await ask(model.someFilter());
    console.log(`audit find: filters tried ${tried}, wrong ${wrong.length} (pages ${pages}, records ${found})`);
    expect(wrong).toEqual([]);
    for (const name of FILTERS) expect([name, (seen.get(name) ?? 0) > 0]).toEqual([name, true]);
  });

  const only = (name: (typeof FILTERS)[number]) => {
    for (;;) {
      const value = model.someFilter(1)[name];
      if (value) return value;
    }
  };

  it('page without gaps or repeats while others arrive', async () => {
    const resource_id = randomUUID();
    const at = (n: number) => model.begin - 3 * DAY_MS + n * 1000;
    const first = Array.from({ length: 40 }, (_, n) => model.record(at(1000 + (n % 20)), { resource_id }));
    await insertRows(app, 'admin_audit_logs', first);
    await insertRows(app, 'admin_audit_logs', first.slice(5, 25));
    let arrived = 0;
    const late = () => insertRows(app, 'admin_audit_logs', [model.record(at(5000 + arrived++), { resource_id })]);
    const query = { from: iso(model.begin - 4 * DAY_MS), to: iso(model.begin), resourceId: resource_id, limit: 7 };
    const { items, ranges } = await allPages(app, auditor, PATH, query, late);
    expect(idsOf(items)).toEqual(idsOf(first.sort((a, b) => -byPlace(a, b))));
    expect([arrived, ranges.size]).toEqual([5, 1]);
    console.log(`audit logs that arrived while paging: ${arrived}, missed 0, repeated 0, doubled 0`);
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
    const { paths } = (await app.call('GET', '/v1/openapi.json')).json;
    expect(paths[PATH].get.description).toContain('30 days');
  });

  it('keep the range of the first page, and refuse a cursor of another search', async () => {
    const resource_id = randomUUID();
    const recent = Array.from({ length: 8 }, (_, n) => model.record(Date.now() - 60_000 - n, { resource_id }));
    await insertRows(app, 'admin_audit_logs', recent);
    const query = new URLSearchParams({ resourceId: resource_id, limit: '5' });
    const first = (await app.call('GET', `${PATH}?${query}`, { as: auditor })).json;
    const next = (more: string) =>
      app.call('GET', `${PATH}?${query}&cursor=${first.nextCursor}${more}`, { as: auditor });
    expect((await next('')).json.range).toEqual(first.range);
    const others = [
      '&outcome=success',
      '&q=zebra',
      `&to=${iso(Date.now())}`,
      `&serviceId=${NO_SERVICE}`,
      '&actorEmail=a',
    ];
    for (const more of others) {
      const answer = await next(more);
      expect([more, answer.status, answer.json.detail]).toEqual([more, 400, expect.stringMatching(/other parameters/)]);
    }
    const elsewhere = `/v1/audit/api-logs?requestId=x&cursor=${first.nextCursor}`;
    expect((await app.call('GET', elsewhere, { as: auditor })).status).toBe(400);
  });

  it('refuse what they do not know, and say what to do', async () => {
    const ask = async (query: string) => (await app.call('GET', `${PATH}?${query}`, { as: auditor })).json;
    const cases: [query: string, says: RegExp][] = [
      ['q=%20', /no word to search for/],
      ['q=%22-%22%20%E2%80%94', /no word to search for/],
      [`q=${Array.from({ length: 11 }, (_, n) => `w${n}`).join('+')}`, /11 words; at most 10/],
      [`q=${'x'.repeat(201)}`, /200/],
      ['action=*', /beginning/],
      ['action=serv*', /beginning/],
      ['action=a.*.b', /beginning/],
      ['outcome=maybe', /outcome/],
      ['notOutcome=success&notOutcome=maybe', /notOutcome/],
      ['notAction=serv*', /beginning/],
      [Array.from({ length: 21 }, () => 'notResource=x').join('&'), /notResource/],
      ['actorId=x', /actorId/],
      ['traceId=', /traceId/],
      ['limit=0', /limit/],
      ['limit=201', /limit/],
      ['cursor=abc', /start again/],
      ['from=yesterday', /from: must be a time with its offset, such as 2027-01-01T00:00:00Z/],
    ];
    for (const [query, says] of cases)
      expect([query, await ask(query)]).toEqual([
        query,
        expect.objectContaining({ code: 'malformed_request', detail: expect.stringMatching(says) }),
      ]);
    expect((await ask('color=red')).code).toBe('unknown_parameter');
    expect((await ask('from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).code).toBe('invalid_field');
    const odd = ["' OR 1=1 --", '\0', '\\', '{x:String}', '\u{1f600}', '%', "\\'", '\ud800'];
    const names = ['actorEmail', 'action', 'resource', 'resourceId', 'traceId', 'requestId', 'sessionId'];
    for (const text of odd)
      for (const name of names) {
        const answer = await app.call('GET', `${PATH}?${new URLSearchParams({ [name]: text })}`, { as: auditor });
        // Other tests may have put such a text there; nothing else may come.
        const others = answer.json.items?.filter((item: Record<string, string>) => item[name] !== text.toWellFormed());
        expect([name, text, answer.status, others]).toEqual([name, text, 200, []]);
      }
    console.log(`audit logs: odd queries tried ${cases.length + 2 + odd.length * names.length}, wrong 0`);
  });

  it('are 503 while ClickHouse is away, without its words', async () => {
    app.clickhouse.decide(() => 'error');
    for (const path of [PATH, `${PATH}?actorEmail=a@example.com`, `${PATH}/histogram`, `${PATH}/${stored[0]?.id}`]) {
      const answer = await app.call('GET', path, { as: auditor });
      expect([path, answer.status, answer.json.code]).toEqual([path, 503, 'dependency_unavailable']);
      expect(answer.text).not.toContain('DB::Exception');
    }
  });

  it('are the export of the same filter', async () => {
    const filter = { ...model.whole, q: 'zebra', action: 'service.*', serviceId: services[0], notOutcome: ['failure'] };
    const wanted = idsOf(expected(stored, filter, null));
    const view = await app.finished(auditor, await app.exported(auditor, filter));
    const rows = await app.analytics<{ n: string }>(
      `SELECT count() AS n FROM audit_db.admin_audit_logs WHERE id IN ['${wanted.join("','")}']`,
    );
    expect(wanted.length).toBeGreaterThan(2);
    expect([view.status, view.rowsDone]).toEqual(['ready', Number(rows[0]?.n)]);
  });
});
