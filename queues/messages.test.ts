import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiLogRow, eventsMessage, uiEventRow } from './messages.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 2000 });

const accepts = (timestamp: string) => uiEventRow.shape.timestamp.safeParse(timestamp).success;
const asRow = (rfc3339: string) => rfc3339.replace('T', ' ').replace('Z', '');
const two = (n: number) => String(n).padStart(2, '0');

describe('an event’s time', () => {
  it('is any instant from 1970 to 2099', () => {
    const instant = fc.date({ min: new Date(0), max: new Date('2099-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(
      fc.property(instant, (date) => {
        expect(accepts(asRow(date.toISOString()))).toBe(true);
      }),
    );
  });

  it('is in the calendar: texts that are accepted sort as their instants do', () => {
    const part = (max: number) => fc.integer({ min: 0, max });
    const written = fc
      .tuple(fc.integer({ min: 1970, max: 2099 }), part(13), part(32), part(24), part(60), part(60))
      .map(([y, mo, d, h, mi, s]) => `${y}-${two(mo)}-${two(d)} ${two(h)}:${two(mi)}:${two(s)}.000`);
    let valid = 0;
    fc.assert(
      fc.property(written, written, (one, other) => {
        const [a, b] = [one, other].map((text) => Date.parse(`${text.replace(' ', 'T')}Z`)) as [number, number];
        if (!accepts(one) || !accepts(other)) return;
        valid++;
        expect(one < other).toBe(a < b);
      }),
    );
    expect(valid).toBeGreaterThan(500);
    for (const text of ['2026-02-29', '2026-02-30', '2026-04-31', '2026-00-10', '2026-13-01', '2026-01-00'])
      expect([text, accepts(`${text} 00:00:00.000`)]).toEqual([text, false]);
  });

  it('is nothing else', () => {
    const others = ['', '2026-11-22', '2026-11-22T08:41:01.123Z', '2026-11-22 08:41:01', '2026-11-22 24:00:00.000'];
    const far = [
      '1969-12-31 23:59:59.999',
      '2100-01-01 00:00:00.000',
      '9999-01-01 00:00:00.000',
      '1900-01-01 00:00:00.000',
    ];
    for (const text of [...others, ...far, '2026-11-22 08:41:01.1234', ' 2026-11-22 08:41:01.123'])
      expect([text, accepts(text)]).toEqual([text, false]);
  });
});

describe('an events message', () => {
  const PACK = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001';
  const empty = {
    v: 1,
    kind: 'audit.events',
    packId: PACK,
    acceptedAt: '2026-11-22T08:41:01.123Z',
    uiEvents: [],
    apiLogs: [],
  };

  it('names its pack as ClickHouse writes ids, or it would not be found again', () => {
    expect(eventsMessage.safeParse(empty).success).toBe(true);
    expect(eventsMessage.safeParse({ ...empty, packId: PACK.toUpperCase() }).success).toBe(false);
  });

  it('may be a replay, and is nothing a producer could not have meant', () => {
    expect(eventsMessage.safeParse({ ...empty, replayOf: 'm-1' }).success).toBe(true);
    for (const wrong of [{ v: 2 }, { more: 1 }, { uiEvents: [{}] }, { acceptedAt: 'now' }, { packId: '../x' }])
      expect([wrong, eventsMessage.safeParse({ ...empty, ...wrong }).success]).toEqual([wrong, false]);
  });

  it('holds numbers that fit their columns', () => {
    const { status_code: status, duration_ms: duration } = apiLogRow.shape;
    expect([0, 65_535].every((n) => status.safeParse(n).success)).toBe(true);
    expect([0, 4_294_967_295].every((n) => duration.safeParse(n).success)).toBe(true);
    for (const n of [-1, 1.5, Number.NaN, 2 ** 53]) expect([n, status.safeParse(n).success]).toEqual([n, false]);
    expect([status.safeParse(65_536).success, duration.safeParse(4_294_967_296).success]).toEqual([false, false]);
  });
});
