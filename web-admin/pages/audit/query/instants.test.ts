import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { both, instantText, rangeOf, rangeText } from './instants.ts';

const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const at = (text: string) => Date.parse(text);
const millis = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) });

describe('created:', () => {
  it('means what the help says', () => {
    const day = { from: at('2026-11-01T00:00:00.000Z'), to: at('2026-11-01T23:59:59.999Z') };
    expect(rangeOf('2026-11-01', NOW)).toEqual(day);
    expect(rangeOf('>=2026-11-01', NOW)).toEqual({ from: day.from, to: null });
    expect(rangeOf('>2026-11-01', NOW)).toEqual({ from: day.to + 1, to: null });
    expect(rangeOf('<=2026-11-01', NOW)).toEqual({ from: null, to: day.to });
    expect(rangeOf('<2026-11-01', NOW)).toEqual({ from: null, to: day.from - 1 });
    expect(rangeOf('2026-11-01..2026-11-03', NOW)).toEqual({ from: day.from, to: at('2026-11-03T23:59:59.999Z') });
    expect(rangeOf('>=-24h', NOW)).toEqual({ from: NOW - 86_400_000, to: null });
    expect(rangeOf('-24h', NOW)).toEqual({ from: NOW - 86_400_000, to: null });
    expect(rangeOf('-2d..now', NOW)).toEqual({ from: NOW - 172_800_000, to: NOW });
    expect(rangeOf('>=2026-11-01T08:30', NOW)).toEqual({ from: at('2026-11-01T08:30:00Z'), to: null });
    expect(rangeOf('<=2026-11-01T08:30', NOW)).toEqual({ from: null, to: at('2026-11-01T08:30:59.999Z') });
    expect(rangeOf('>=2026-11-01T08:30+02:00', NOW)).toEqual({ from: at('2026-11-01T06:30:00Z'), to: null });
  });

  it('means nothing where no time is written', () => {
    for (const text of [
      '',
      '>=',
      'yesterday',
      '2026-02-30',
      '2026-13-01',
      '2026-11-01T25:00',
      '..',
      '-24',
      '24h',
      '>=>=-1h',
    ])
      expect([text, rangeOf(text, NOW)]).toEqual([text, null]);
  });

  it('is read as it was written, to the millisecond', () => {
    fc.assert(
      fc.property(millis, millis, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        for (const end of [to, null, Math.floor(to / 60_000 + 1) * 60_000 - 1, Math.floor(to / 1000 + 1) * 1000 - 1])
          expect(rangeOf(rangeText({ from, to: end }), NOW)).toEqual({ from, to: end });
        expect(rangeOf(`>=${instantText(a)}`, NOW)).toEqual({ from: a, to: null });
      }),
    );
  });

  it('narrows with each further one', () => {
    const end = fc.option(millis, { nil: null });
    const range = fc.record({ from: end, to: end });
    const holds = ({ from, to }: { from: number | null; to: number | null }, time: number) =>
      (from === null || time >= from) && (to === null || time <= to);
    fc.assert(
      fc.property(range, range, millis, (a, b, time) => {
        expect(holds(both(a, b), time)).toBe(holds(a, time) && holds(b, time));
      }),
    );
  });
});
