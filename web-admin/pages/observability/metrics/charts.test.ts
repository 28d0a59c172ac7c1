import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byClass, coloured, errorShares, largest, sum } from './charts.ts';

const STEPS = 12;
const counts = fc.array(fc.nat(500), { minLength: STEPS, maxLength: STEPS });
const answers = fc.uniqueArray(
  fc.record({ status: fc.constantFrom('200', '204', '303', '404', '429', '500', '503') }),
  {
    selector: ({ status }) => status,
  },
);
const series = answers.chain((labels) =>
  fc.tuple(...labels.map((each) => counts.map((values) => ({ labels: each, values })))),
);
const total = (all: (number | null)[][]) => all.flat().reduce<number>((a, b) => a + (b ?? 0), 0);

test('classes of answers lose none of them, and are in order', () => {
  fc.assert(
    fc.property(series, (given) => {
      const classes = byClass({ series: given });
      expect(total(classes.map(({ values }) => values))).toBe(total(given.map(({ values }) => values)));
      const names = classes.map(({ label }) => label);
      expect(names).toEqual(names.toSorted());
    }),
  );
});

test('shares lie between nothing and all, and are none where nobody asked', () => {
  fc.assert(
    fc.property(series, (given) => {
      for (const { values } of errorShares({ series: given }))
        for (const [at, share] of values.entries()) {
          const all = given.reduce((n, each) => n + (each.values[at] ?? 0), 0);
          if (all === 0) expect(share).toBeNull();
          else expect(share).toSatisfy((value: number) => value >= 0 && value <= 1);
        }
    }),
  );
});

test('of many curves eight are left, and together they are as much', () => {
  const many = fc
    .array(counts, { maxLength: 30 })
    .map((all) => all.map((values, nth) => ({ label: `${nth}`, values })));
  fc.assert(
    fc.property(many, (curves) => {
      const left = largest(curves);
      expect(left.length).toBe(Math.min(8, curves.length));
      expect(total(left.map(({ values }) => values))).toBe(total(curves.map(({ values }) => values)));
      const looks = coloured(left, 'all').map(({ colour, dashed }) => `${colour} ${dashed}`);
      expect(new Set(looks).size).toBe(looks.length);
    }),
  );
});

test('what nobody measured is nothing, not a nought', () => {
  expect(sum([[null, 1, null]], 3)).toEqual([null, 1, null]);
  expect(sum([], 2)).toEqual([null, null]);
});
