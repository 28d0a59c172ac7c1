import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameOf, RANGE_NAMES, RANGES, rangeOf, stepsFor, widened } from './time-range.ts';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 30) / 1000;
const seconds = fc.integer({ min: NOW - 400 * 86_400, max: NOW });

test('whatever the address says, a range is of whole minutes, forwards, and five minutes or more', () => {
  const text = fc.option(
    fc.oneof(
      fc.string(),
      seconds.map((at) => new Date(at * 1000).toISOString()),
    ),
    {
      nil: undefined,
    },
  );
  const filters = fc.record({ range: fc.oneof(text, fc.constantFrom(...RANGE_NAMES)), from: text, to: text });
  fc.assert(
    fc.property(filters, (given) => {
      const { from, to } = rangeOf(given, NOW);
      expect([from % 60, to % 60]).toEqual([0, 0]);
      expect(to - from).toBeGreaterThanOrEqual(300);
      const name = nameOf(given);
      if (name) expect(to - from).toBe(RANGES[name]);
    }),
  );
});

test('what was dragged over is inside of what is shown', () => {
  fc.assert(
    fc.property(seconds, fc.nat(10_000), (from, length) => {
      const shown = widened({ from, to: from + length });
      expect(shown.from).toBeLessThanOrEqual(from);
      expect(shown.to).toBeGreaterThanOrEqual(from + length);
    }),
  );
});

test('every step that is offered is one the server takes', () => {
  fc.assert(
    fc.property(seconds, fc.integer({ min: 300, max: 400 * 86_400 }), (begins, length) => {
      const range = widened({ from: begins, to: begins + length });
      for (const step of stepsFor(range, NOW)) {
        const from = Math.floor(range.from / step) * step;
        const to = Math.ceil(range.to / step) * step;
        expect((to - from) / step).toBeLessThanOrEqual(1500);
        if (NOW - range.from > 90 * 86_400) expect(step % 3600).toBe(0);
      }
    }),
  );
});
