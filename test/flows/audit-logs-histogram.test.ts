import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf, type Interval, startOf } from '../../domain/audit/histogram.ts';
import { type App, commonApp, type Person } from '../app.ts';
import { auditModel, expected, type Filter } from '../audit-log-model.ts';
import { DAY_MS, insertRows, pick, type Row, searchOf } from '../audit-rows.ts';
import { volume } from '../faults/campaign.ts';

const PATH = '/v1/audit/logs/histogram';
const HOUR_MS = 3_600_000;

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
  model = auditModel(services, 3, 20);
  const at = (ms: number) => Array.from({ length: 6 }, () => model.record(ms));
  // At the edges of hours and of what will be asked for.
  const edges = [-1, 0, 1, HOUR_MS - 1, HOUR_MS].flatMap((ms) => at(model.begin + 5 * DAY_MS + ms));
  stored = [...Array.from({ length: 600 }, () => model.record()), ...edges];
  await insertRows(app, 'admin_audit_logs', stored);
});
afterAll(() => app.stop());

const iso = (ms: number) => new Date(ms).toISOString();
const ask = (query: Parameters<typeof searchOf>[0], as = auditor) =>
  app.call('GET', `${PATH}?${searchOf(query)}`, { as });

/** The chart as a list in memory gives it. */
function chart(filter: Filter, interval: Interval, readable: readonly string[] | null) {
  const buckets = bucketsOf(interval, Date.parse(filter.from), Date.parse(filter.to));
  const rows = expected(stored, filter, readable);
  const bars = Array.from({ length: buckets.last - buckets.first + 1 }, (_, i) => {
    const [start, end] = [0, 1].map((n) => startOf(buckets, buckets.first + i + n));
    const within = rows.filter(
      ({ timestamp }) =>
        `${timestamp.replace(' ', 'T')}Z` >= String(start) && `${timestamp.replace(' ', 'T')}Z` < String(end),
    );
    const of = (outcome: string) => within.filter((each) => each.outcome === outcome).length;
    const outcomes = { success: of('success'), denied: of('denied'), failure: of('failure') };
    return { start, count: within.length, outcomes };
  });
  return {
    range: { from: filter.from, to: filter.to },
    bucketSeconds: buckets.width,
    total: rows.length,
    buckets: bars,
  };
}

describe('the histogram of audit logs', () => {
  it('counts what any filter finds, in every bucket', async () => {
    const wrong: unknown[] = [];
    let [tried, counted, hourly] = [0, 0, 0];
    const check = async (filter: Filter, interval: Interval, narrow: boolean) => {
      const answer = await ask({ ...filter, interval }, narrow ? scoped : auditor);
      const wanted = chart(filter, interval, narrow ? services.slice(0, 2) : null);
      if (JSON.stringify(answer.json) !== JSON.stringify(wanted))
        wrong.push({ filter, interval, narrow, got: answer.json, wanted });
      tried++;
      counted += wanted.total;
      hourly += wanted.bucketSeconds % 3600 === 0 ? 1 : 0;
    };
    const of = () => ({ serviceId: pick(services) });
    const edge = model.begin + 5 * DAY_MS;
    const spans = [0, 1, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS, 15 * HOUR_MS - 1];
    for (const span of spans)
      for (const shift of [-1, 0, 1]) {
        const intervals = [pick(['minute', 'auto'] as const), pick(['hour', 'day'] as const)];
        for (const interval of volume > 1 ? intervals : [pick(intervals)])
          await check({ ...of(), from: iso(edge + shift), to: iso(edge + shift + span) }, interval, false);
      }
    for (const interval of ['auto', 'hour', 'day', 'week'] as const) {
      await check({ ...model.whole }, interval, true);
      await check({ ...model.whole, ...of(), outcome: 'denied' }, interval, false);
      await check({ ...model.whole, notServiceId: [pick(services)], notOutcome: ['success'] }, interval, true);
    }
    for (let n = 0; n < 4 * volume; n++) {
      const filter = { ...model.someFilter(), ...of() };
      const long = Date.parse(filter.to) - Date.parse(filter.from) > 900 * 60_000;
      await check(filter, pick(long ? ['auto', 'hour', 'day', 'week'] : ['auto', 'minute', 'hour', 'day']), false);
    }
    console.log(
      `audit histogram: charts tried ${tried}, by hours ${hourly}, records ${counted}, wrong ${wrong.length}`,
    );
    expect(wrong).toEqual([]);
    expect(counted).toBeGreaterThan(500);
  });

  it('has about 60 buckets of the last 30 days unless asked otherwise, also the empty ones', async () => {
    const { json } = await ask({ serviceId: await app.service() });
    expect(json).toMatchObject({ bucketSeconds: 43_200, total: 0 });
    expect(Date.parse(json.range.to) - Date.parse(json.range.from)).toBe(30 * DAY_MS);
    expect(json.buckets.length).toBe(61);
    expect(json.buckets[0].start <= json.range.from && json.buckets[60].start <= json.range.to).toBe(true);
    const { paths } = (await app.call('GET', '/v1/openapi.json')).json;
    expect(paths[PATH].get.description).toContain('30 days');
  });

  it('refuses too many buckets and says what would do', async () => {
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
    const cases = [
      ['minute', range, /84961 buckets .* at most 1000 .* interval=day/],
      ['hour', range, /interval=day/],
      ['day', { from: '2020-01-01T00:00:00Z', to: range.to }, /interval=week/],
      ['week', { from: '1990-01-01T00:00:00Z', to: range.to }, /interval=auto/],
    ] as const;
    for (const [interval, within, says] of cases) {
      const { status, json } = await ask({ ...within, interval });
      expect([interval, status, json.code, json.detail]).toEqual([
        interval,
        422,
        'invalid_field',
        expect.stringMatching(says),
      ]);
      const advised = /interval=(\w+)/.exec(json.detail)?.[1];
      expect((await ask({ ...within, interval: advised })).status).toBe(200);
    }
    const refused = async (query: Record<string, string>) => (await ask(query)).json.code;
    expect(await refused({ interval: 'month' })).toBe('malformed_request');
    expect(await refused({ limit: '5' })).toBe('unknown_parameter');
    expect(await refused({ cursor: 'x' })).toBe('unknown_parameter');
    expect(await refused({ q: '-' })).toBe('malformed_request');
    expect(await refused({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).toBe('invalid_field');
  });
});
