import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf } from './query/instants.ts';
import { bucketAt, type Chart, createdOf, timeOf, withCreated, withRange } from './volume-range.ts';

const HOUR = 3_600_000;
const begin = Date.parse('2026-11-01T00:20:00.000Z');

const chart = (count: number): Chart => ({
  range: { from: new Date(begin).toISOString(), to: new Date(begin + (count - 1) * HOUR).toISOString() },
  bucketSeconds: 3600,
  total: 0,
  buckets: Array.from({ length: count }, (_, i) => ({
    start: new Date(begin - 20 * 60_000 + i * HOUR).toISOString(),
    count: 0,
    outcomes: { success: 0, denied: 0, failure: 0 },
  })),
});

describe('a part of the chart', () => {
  it('is a time within the range, and the query asks for just that', () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), place, place, (count, a, b) => {
        const all = chart(count);
        const places = [bucketAt(a, count), bucketAt(b, count)].sort((x, y) => x - y) as [number, number];
        const { from, to } = timeOf(all, { first: places[0], last: places[1] });
        expect(from).toBeGreaterThanOrEqual(Date.parse(all.range.from));
        expect(to).toBeLessThanOrEqual(Date.parse(all.range.to));
        const text = withRange('action:service.* created:>=-7d pump', { from, to });
        expect(text).toMatch(/^action:service\.\* pump created:/);
        expect(rangeOf(createdOf(text) ?? '', 0)).toEqual({ from, to });
      }),
    );
  });

  it('takes the place of any other range', () => {
    expect(withCreated('created:>=-1h x created:<now', '>=-7d')).toBe('x created:>=-7d');
    expect(withCreated('created:>=-1h x', '')).toBe('x');
    expect(createdOf('created:>=-1h created:<now')).toBe(null);
    expect(createdOf('x')).toBe('');
  });
});
