import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stacked, summaryOf } from './chart-data.ts';

const values = fc.array(fc.option(fc.integer({ min: 0, max: 1_000_000 })), { minLength: 1, maxLength: 50 });

test('the top of a stack is the sum of all below it, and what is nowhere stays nowhere', () => {
  const rows = fc
    .integer({ min: 1, max: 20 })
    .chain((length) =>
      fc.array(fc.array(fc.option(fc.nat(1000)), { minLength: length, maxLength: length }), { maxLength: 5 }),
    );
  fc.assert(
    fc.property(rows, (series) => {
      const tops = stacked(series);
      for (const [nth, row] of series.entries())
        for (const [at, value] of row.entries()) {
          const below = series.slice(0, nth + 1).reduce((sum, each) => sum + (each[at] ?? 0), 0);
          expect(tops[nth]?.[at]).toBe(value === null ? null : below);
        }
    }),
  );
});

test('a summary names the least, the first of the most, and the last of what there is', () => {
  fc.assert(
    fc.property(values, (given) => {
      const there = given.filter((value) => value !== null);
      const summary = summaryOf(given);
      const expected = {
        least: Math.min(...there),
        most: Math.max(...there),
        peak: given.indexOf(Math.max(...there)),
        last: there.at(-1),
      };
      expect(summary).toEqual(there.length === 0 ? null : expected);
    }),
  );
});
