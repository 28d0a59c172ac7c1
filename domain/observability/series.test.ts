import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { BUCKETS } from './metrics.ts';
import { metricsQuery, quantile, readSeries } from './series.ts';

const NOW = Date.parse('2026-11-23T12:00:30Z');
const MINUTE = NOW / 1000 - 30;

interface Row {
  start: number;
  labels: string[];
  sum: number;
  samples: number;
  max: number;
}

/** ClickHouse answering with these rows, by the name that is asked for. */
function read(query: Record<string, unknown>, rows: Record<string, Row[]>) {
  const asked: Record<string, unknown>[] = [];
  const ask = async ({ query_params: params }: { query_params: Record<string, unknown> }) => {
    asked.push(params);
    return { json: async () => rows[String(params.name)] ?? [] };
  };
  const ctx = { clickhouse: { reader: { query: ask } }, settings: { deployment: 'd' }, now: () => NOW };
  return { asked, view: readSeries(ctx as unknown as Context, metricsQuery.parse(query)) };
}

const row = (start: number, labels: string[], sum: number, samples = 1, max = sum): Row => ({
  ...{ start, labels, sum, samples, max },
});

describe('a quantile of a histogram', () => {
  it('lies in the bucket that the value at its rank lies in', () => {
    const value = fc.double({ min: 0, max: 9.99, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), fc.constantFrom(0.5, 0.95, 0.99), (values, q) => {
        const bucketOf = (x: number) => BUCKETS.findIndex((upper) => x <= upper);
        const counts = BUCKETS.map((_, i) => values.filter((x) => bucketOf(x) === i).length);
        const found = quantile(q, [...counts, 0]) ?? Number.NaN;
        const true_ = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] as number;
        const i = bucketOf(true_);
        expect(found).toBeGreaterThanOrEqual(BUCKETS[i - 1] ?? 0);
        expect(found).toBeLessThanOrEqual(BUCKETS[i] as number);
      }),
    );
  });

  it('is nothing of nothing, and the last bound of what lies beyond it', () => {
    expect(
      quantile(
        0.5,
        BUCKETS.map(() => 0),
      ),
    ).toBe(null);
    expect(quantile(0.5, [...BUCKETS.map(() => 0), 3])).toBe(10);
    expect(quantile(0.5, [0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0])).toBe(1.75);
  });
});

describe('a series', () => {
  const range = { from: '2026-11-23T11:58:00Z', to: '2026-11-23T12:01:00Z', step: '60' };

  it('of a counter is what each step added, a second or in all, and 0 where it did not move', async () => {
    const rows = { steward_queue_deliveries_total: [row(MINUTE - 60, ['exports'], 30), row(MINUTE, ['exports'], 6)] };
    const query = { metric: 'steward_queue_deliveries_total', by: 'queue', ...range };
    const rate = await read(query, rows).view;
    expect(rate).toMatchObject({ stat: 'rate', stepSeconds: 60, seriesTotal: 1 });
    expect(rate.series).toEqual([{ labels: { queue: 'exports' }, values: [0, 0.5, 0.1] }]);
    const sum = await read({ ...query, stat: 'sum' }, rows).view;
    expect(sum.series[0]?.values).toEqual([0, 30, 6]);
  });

  it('of a gauge is its mean or its greatest, and nothing where nobody looked', async () => {
    const rows = { steward_outbox_records: [row(MINUTE, [], 12, 3, 9)] };
    const query = { metric: 'steward_outbox_records', ...range };
    expect((await read(query, rows).view).series[0]?.values).toEqual([null, null, 4]);
    expect((await read({ ...query, stat: 'max' }, rows).view).series[0]?.values).toEqual([null, null, 9]);
  });

  it('of a histogram keeps series apart while it puts their buckets together', async () => {
    const name = 'steward_http_request_duration_seconds';
    const rows = {
      [`${name}_bucket`]: [
        row(MINUTE, ['/a', '0.005'], 1),
        row(MINUTE, ['/a', '2.5'], 9),
        row(MINUTE, ['/b', '+Inf'], 2),
      ],
      [`${name}_sum`]: [row(MINUTE, ['/a'], 20)],
      [`${name}_count`]: [row(MINUTE, ['/a'], 10)],
    };
    const query = { metric: name, by: 'route', ...range };
    const { series } = await read({ ...query, stat: 'p50' }, rows).view;
    const last = Object.fromEntries(series.map(({ labels, values }) => [labels.route, values[2]]));
    expect(last).toEqual({ '/a': 1 + (1.5 * 4) / 9, '/b': 10 });
    expect((await read({ ...query, stat: 'avg' }, rows).view).series[0]?.values).toEqual([null, null, 2]);
    expect((await read({ ...query, stat: 'rate' }, rows).view).series[0]?.values).toEqual([0, 0, 10 / 60]);
  });

  it('comes from hours where minutes are no longer kept, and says how many series there are beyond a hundred', async () => {
    const old = { metric: 'steward_outbox_sent_total', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    const { view } = read(old, {});
    expect((await view).stepSeconds % 3600).toBe(0);
    const rows = Array.from({ length: 130 }, (_, i) => row(MINUTE, [`/r${i}`], i));
    const many = await read(
      { metric: 'steward_http_requests_total', by: 'route', ...range },
      { steward_http_requests_total: rows },
    ).view;
    expect([many.series.length, many.seriesTotal]).toEqual([100, 130]);
    expect(many.series[0]?.labels).toEqual({ route: '/r129' });
  });

  it('asks for what is wanted, and for nothing of another deployment', async () => {
    const { asked, view } = read(
      { metric: 'steward_http_requests_total', where: 'status:503,route:/v1/admin/services/:id', ...range },
      {},
    );
    await view;
    expect(asked).toEqual([
      expect.objectContaining({
        deployment: 'd',
        name: 'steward_http_requests_total',
        from: MINUTE - 120,
        to: MINUTE + 60,
        labels: ['status', 'route'],
        values: ['503', '/v1/admin/services/:id'],
      }),
    ]);
  });
});
