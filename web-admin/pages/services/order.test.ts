import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renumber } from './order.ts';

const bounds = { least: 0, most: 1_000_000 };
const lists = fc
  .array(fc.nat(60), { minLength: 1, maxLength: 30 })
  .map((numbers) => numbers.toSorted((a, b) => a - b).map((number, id) => ({ id, number })))
  .chain((list) => fc.record({ list: fc.constant(list), from: fc.nat(list.length - 1), to: fc.nat(list.length - 1) }));

const numberOf = ({ number }: { number: number }) => number;
const move = <Item>(list: Item[], from: number, to: number) => {
  const rest = list.toSpliced(from, 1);
  return rest.toSpliced(to, 0, ...list.slice(from, from + 1));
};

test('what is written makes the order that is wanted, without two of the same number', () => {
  fc.assert(
    fc.property(lists, ({ list, from, to }) => {
      const wanted = move(list, from, to);
      const written = new Map(renumber(wanted, to, numberOf, bounds).map(({ item, number }) => [item.id, number]));
      const numbers = wanted.map(({ id, number }) => written.get(id) ?? number);
      for (const [at, number] of numbers.entries()) {
        expect(number).toBeGreaterThanOrEqual(bounds.least);
        expect(number).toBeLessThanOrEqual(bounds.most);
        if (at > 0) expect(number).toBeGreaterThan(numbers[at - 1] ?? Number.NaN);
      }
    }),
  );
});

test('where there is room, one number is enough', () => {
  const roomy = fc
    .integer({ min: 2, max: 30 })
    .chain((length) => fc.record({ length: fc.constant(length), from: fc.nat(length - 1), to: fc.nat(length - 1) }));
  fc.assert(
    fc.property(roomy, ({ length, from, to }) => {
      const list = Array.from({ length }, (_, id) => ({ id, number: (id + 1) * 10 }));
      expect(renumber(move(list, from, to), to, numberOf, bounds)).toHaveLength(1);
    }),
  );
});
