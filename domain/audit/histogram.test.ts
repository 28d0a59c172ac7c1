import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, type Interval, MOST_BUCKETS, startOf } from './histogram.ts';

const DAY_MS = 86_400_000;
const at = (text: string) => Date.parse(text);
const time = fc.integer({ min: 0, max: Date.UTC(2149, 0, 1) });
/** As long as about so many buckets as there may be. */
const brink = fc
  .tuple(fc.constantFrom(60, 3600, 86_400, 604_800), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -2, max: 2 }))
  .map(([width, more, ms]) => (MOST_BUCKETS + more) * width * 1000 + ms);
const span = fc.oneof(fc.integer({ min: 0, max: DAY_MS }), fc.integer({ min: 0, max: 8 * 365 * DAY_MS }), brink);

describe('buckets', () => {
  it('cover the range, touch it at both ends and are at most 1,000', () => {
    let [tried, refused] = [0, 0];
    const interval = fc.constantFrom<Interval>('auto', 'minute', 'hour', 'day', 'week');
    fc.assert(
      fc.property(interval, time, span, (asked, from, length) => {
        tried++;
        const to = from + length;
        let buckets: ReturnType<typeof bucketsOf>;
        try {
          buckets = bucketsOf(asked, from, to);
        } catch (error) {
          refused++;
          expect(asked).not.toBe('auto');
          const advised = /interval=(\w+)/.exec(String(error))?.[1] as Interval;
          expect(() => bucketsOf(advised, from, to)).not.toThrow();
          return;
        }
        const { first, last, width } = buckets;
        expect(last - first + 1).toBeLessThanOrEqual(asked === 'auto' ? 62 : MOST_BUCKETS);
        expect(at(startOf(buckets, first))).toBeLessThanOrEqual(from);
        expect(at(startOf(buckets, first + 1))).toBeGreaterThan(from);
        expect(at(startOf(buckets, last))).toBeLessThanOrEqual(to);
        expect(at(startOf(buckets, last + 1))).toBeGreaterThan(to);
        if (width % 604_800 === 0) expect(new Date(startOf(buckets, first)).getUTCDay()).toBe(1);
        else expect(at(startOf(buckets, first)) % (Math.min(width, 86_400) * 1000)).toBe(0);
      }),
      { numRuns: 3000 },
    );
    console.log(`histogram: ranges tried ${tried}, refused with advice that works ${refused}, wrong 0`);
    expect(refused).toBeGreaterThan(50);
  });

  it('are about 60 when the interval is to be chosen', () => {
    const to = at('2026-11-22T09:30:00Z');
    const widths = [3600, 86_400, 30 * 86_400, 365 * 86_400, 7 * 365 * 86_400].map((seconds) => {
      const { width, first, last } = bucketsOf('auto', to - seconds * 1000, to);
      return [width, last - first + 1];
    });
    expect(widths).toEqual([
      [60, 61],
      [1800, 49],
      [43_200, 61],
      [604_800, 53],
      [13 * 604_800, 29],
    ]);
  });
});
