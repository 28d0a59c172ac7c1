import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runsAfter } from '../../../domain/schedules/cron.ts';
import { wordsOf } from './cron-words.ts';

const fieldOf = (least: number, most: number) => {
  const one = fc.integer({ min: least, max: most }).map(String);
  const range = fc
    .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  return fc.oneof(
    fc.constant('*'),
    one,
    range,
    fc.array(one, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
  );
};
/** At most once in an hour, on days that every month has: what is told of it needs no clock to be sound. */
const cron = fc
  .tuple(fc.integer({ min: 0, max: 59 }).map(String), fieldOf(0, 23), fieldOf(1, 28), fieldOf(1, 12), fieldOf(0, 7))
  .map((fields) => fields.join(' '));

it('says only what comes true', () => {
  fc.assert(
    fc.property(cron, (text) => {
      const words = wordsOf(text);
      expect(words).not.toBeNull();
      for (const at of runsAfter(text, 'UTC', Date.UTC(2026, 0), 4)) {
        const run = new Date(at);
        if (words?.months) expect(words.months).toContain(run.getUTCMonth() + 1);
        if (words?.weekdays && !words.days) expect(words.weekdays).toContain(run.getUTCDay());
        if (words?.when.kind === 'times') expect(words.when.times).toContain(run.toISOString().slice(11, 16));
      }
    }),
    { numRuns: 50 },
  );
});

it('tells names, steps and Sunday’s two numbers', () => {
  expect(wordsOf('30 6 * * 1-5')).toEqual({
    when: { kind: 'times', times: ['06:30'] },
    weekdays: [1, 2, 3, 4, 5],
    days: null,
    months: null,
  });
  expect(wordsOf('*/15 * * * *')?.when).toEqual({ kind: 'every', minutes: 15 });
  expect(wordsOf('0 0 1 JAN,jul sun,7')).toMatchObject({ weekdays: [0], days: '1', months: [1, 7] });
  expect(wordsOf('0 6 * *')).toBeNull();
});
