import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PERIODS, type Period, rangeOf, SETTLE_MS } from './period.ts';

const ms = (text: string | undefined) => Date.parse(text ?? '');
/** As of an instant, at which everything before has settled. */
const range = (period: Period, zone: string, at: number | string, lastRunAt: number | null = null) =>
  rangeOf(period, zone, { ranAt: (typeof at === 'string' ? Date.parse(at) : at) + SETTLE_MS, lastRunAt });

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  // Its clock was set back at 00:01, over midnight.
  'America/St_Johns',
  // Midnight is left out or shown twice.
  'America/Sao_Paulo',
  'Africa/Cairo',
  'Asia/Beirut',
  'America/Havana',
  // Half an hour.
  'Australia/Lord_Howe',
  // Left out the whole of 30 December 2011.
  'Pacific/Apia',
  'Pacific/Chatham',
  'Asia/Kathmandu',
  'Antarctica/Casey',
];

describe('period.examples', () => {
  const berlin = (period: Period, at: string) => range(period, 'Europe/Berlin', at);
  it('are days, weeks from Monday and months of the zone', () => {
    expect(berlin('previous_day', '2026-11-22T05:30:00Z')).toEqual({
      from: '2026-11-20T23:00:00.000Z',
      to: '2026-11-21T22:59:59.999Z',
    });
    // A Sunday: its week is not over.
    expect(berlin('previous_week', '2026-11-22T05:30:00Z')).toEqual({
      from: '2026-11-08T23:00:00.000Z',
      to: '2026-11-15T22:59:59.999Z',
    });
    expect(berlin('previous_week', '2026-11-22T23:00:00Z').to).toBe('2026-11-22T22:59:59.999Z');
    expect(berlin('previous_month', '2027-01-05T00:00:00Z')).toEqual({
      from: '2026-11-30T23:00:00.000Z',
      to: '2026-12-31T22:59:59.999Z',
    });
  });

  it('have 23 and 25 hours where the clock is changed', () => {
    const hours = ({ from, to }: { from?: string; to?: string }) => (ms(to) + 1 - ms(from)) / 3_600_000;
    expect(hours(berlin('previous_day', '2027-03-29T00:00:00Z'))).toBe(23);
    expect(hours(berlin('previous_day', '2027-11-01T00:00:00Z'))).toBe(25);
    expect(hours(range('previous_day', 'Africa/Cairo', '2026-04-25T00:00:00Z'))).toBe(23);
  });

  it('leave out a day that a zone left out', () => {
    expect(range('previous_day', 'Pacific/Apia', '2011-12-31T00:00:00Z')).toEqual({
      from: '2011-12-29T10:00:00.000Z',
      to: '2011-12-30T09:59:59.999Z',
    });
  });

  it('begin with the first midnight where the clock shows two', () => {
    // St John's: 00:01 became 23:01 of the day before, for 59 minutes.
    for (const at of ['2006-10-29T02:30:30Z', '2006-10-29T02:40:00Z', '2006-10-29T03:30:00Z'])
      expect(range('previous_day', 'America/St_Johns', at)).toEqual({
        from: '2006-10-28T02:30:00.000Z',
        to: '2006-10-29T02:29:59.999Z',
      });
  });

  it('are nothing for all, and everything until then for a first run', () => {
    expect(range('all', 'UTC', 0)).toEqual({});
    expect(range('since_last_run', 'UTC', '2026-11-22T05:30:00Z')).toEqual({ to: '2026-11-22T05:29:59.999Z' });
  });
});

describe('period.property', () => {
  const instant = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2060, 0) });
  const zone = fc.constantFrom(...ZONES);
  // Where it is hard: around changes of the clock, to the millisecond.
  const near = fc
    .tuple(
      fc.constantFrom(
        ['Europe/Berlin', '2027-03-28T01:00Z'],
        ['Europe/Berlin', '2027-10-31T01:00Z'],
        ['America/St_Johns', '2006-10-29T02:31Z'],
        ['America/St_Johns', '2006-04-02T03:31Z'],
        ['Pacific/Apia', '2011-12-30T10:00Z'],
        ['America/Sao_Paulo', '2018-11-04T03:00Z'],
        ['America/Sao_Paulo', '2018-02-18T02:00Z'],
        ['Africa/Cairo', '2026-04-23T22:00Z'],
        ['Africa/Cairo', '2026-10-29T21:00Z'],
        ['Asia/Beirut', '2026-03-28T22:00Z'],
        ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
        ['Antarctica/Casey', '2010-03-04T15:00Z'],
        ['America/Havana', '2026-11-01T05:00Z'],
      ),
      fc.integer({ min: -30 * 3_600_000, max: 30 * 3_600_000 }),
    )
    .map(([[timeZone = '', at = ''], by]): [string, number] => [timeZone, Date.parse(at) + by]);
  // To make one takes far longer than to use it.
  const days = new Map(ZONES.map((timeZone) => [timeZone, new Intl.DateTimeFormat('en-CA', { timeZone })]));
  const calendar = PERIODS.filter((period) => period.startsWith('previous_'));

  it('periods neither overlap nor leave a gap, wherever in them one looks', () => {
    let tried = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...calendar),
        fc.oneof(fc.tuple(zone, instant), near),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (period, [timeZone, at], part) => {
          tried++;
          const { from, to } = range(period, timeZone, at);
          const [begin, end] = [ms(from), ms(to) + 1];
          expect(end).toBeLessThanOrEqual(at);
          expect(begin).toBeLessThan(end);
          // From anywhere within it the one before ends where it begins, and the one after begins where it ends.
          const within = begin + Math.floor(part * (end - begin - 1));
          expect(ms(range(period, timeZone, within).to) + 1).toBe(begin);
          expect(range(period, timeZone, end)).toEqual({ from, to });
          // It ends when the clock first shows the first day of the next one, and not before.
          const day = (at: number) => days.get(timeZone)?.format(at) ?? '';
          expect(day(end - 1) < day(end)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
    console.log(`periods: tried ${tried} instants in ${ZONES.length} zones, overlaps 0, gaps 0`);
  });

  it('runs since the last one are a chain, however late each of them is', () => {
    let tried = 0;
    fc.assert(
      fc.property(
        zone,
        fc.array(instant, { minLength: 2, maxLength: 10 }).map((times) => times.toSorted((a, b) => a - b)),
        (timeZone, times) => {
          let last: number | null = null;
          let end: number | null = null;
          for (const ranAt of times) {
            tried++;
            const { from, to } = rangeOf('since_last_run', timeZone, { ranAt, lastRunAt: last });
            expect(from === undefined ? null : ms(from)).toBe(end);
            last = ranAt;
            end = ms(to) + 1;
          }
        },
      ),
    );
    console.log(`since the last run: tried ${tried} runs, overlaps 0, gaps 0`);
  });
});
