import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange, piecesOf } from './byte-range.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 1000 });

const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
const asParts = (bodies: readonly Uint8Array[]) => bodies.map((body, i) => ({ key: `part-${i}`, bytes: body.length }));

function read(bodies: readonly Uint8Array[], range: { first: number; last: number }): number[] {
  return piecesOf(asParts(bodies), range).flatMap(({ key, offset, length }) => {
    const body = bodies[Number(key.slice('part-'.length))] ?? new Uint8Array();
    expect(length).toBeGreaterThan(0);
    expect(offset + length).toBeLessThanOrEqual(body.length);
    return [...body.slice(offset, offset + length)];
  });
}

describe('byte range', () => {
  it('reads from the parts what slicing their concatenation would give', () => {
    const seen = { ranges: 0, unsatisfiable: 0, ignored: 0 };
    const bound = fc.option(fc.integer({ min: 0, max: 120 }), { nil: '' as const });
    fc.assert(
      fc.property(parts, bound, bound, (bodies, from, to) => {
        const whole = bodies.flatMap((body) => [...body]);
        const range = parseRange(`bytes=${from}-${to}`, whole.length);
        if (range === null) {
          seen.ignored++;
          expect(from === '' ? to === '' : to !== '' && to < from).toBe(true);
          return;
        }
        const start = from === '' ? Math.max(0, whole.length - Number(to)) : from;
        const end = from === '' || to === '' ? whole.length : to + 1;
        const wanted = whole.slice(start, end);
        if (range === 'unsatisfiable') {
          seen.unsatisfiable++;
          expect(wanted).toEqual([]);
          return;
        }
        seen.ranges++;
        expect(wanted.length).toBe(range.last - range.first + 1);
        expect(read(bodies, range)).toEqual(wanted);
      }),
    );
    console.log(`byte range: ${JSON.stringify(seen)}`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });

  it('reads every part whole, without empty pieces, for the whole of it', () => {
    fc.assert(
      fc.property(parts, (bodies) => {
        const whole = bodies.flatMap((body) => [...body]);
        expect(read(bodies, { first: 0, last: whole.length - 1 })).toEqual(whole);
      }),
    );
  });

  it.each([
    ['bytes=0-0', 100, { first: 0, last: 0 }],
    ['bytes=0-99', 100, { first: 0, last: 99 }],
    ['bytes=99-99', 100, { first: 99, last: 99 }],
    ['bytes=90-', 100, { first: 90, last: 99 }],
    ['bytes=0-', 100, { first: 0, last: 99 }],
    ['bytes=90-1000', 100, { first: 90, last: 99 }],
    ['bytes=-10', 100, { first: 90, last: 99 }],
    ['bytes=-100', 100, { first: 0, last: 99 }],
    ['bytes=-101', 100, { first: 0, last: 99 }],
    ['bytes=007-008', 100, { first: 7, last: 8 }],
    [' bytes=1-2 ', 100, { first: 1, last: 2 }],
    ['bytes=0-999999999999999', 100, { first: 0, last: 99 }],
  ])('takes %j of %i bytes', (header, size, range) => {
    expect(parseRange(header, size)).toEqual(range);
  });

  it.each([
    ['bytes=100-', 100],
    ['bytes=100-200', 100],
    ['bytes=999999999999999-', 100],
    ['bytes=-0', 100],
    ['bytes=0-', 0],
    ['bytes=0-0', 0],
    ['bytes=-1', 0],
  ])('cannot satisfy %j of %i bytes', (header, size) => {
    expect(parseRange(header, size)).toBe('unsatisfiable');
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=1',
    'bytes=1-2-3',
    'bytes=--1',
    'bytes=-1-',
    'bytes=+1-2',
    'bytes=1.5-2',
    'bytes=0x1-0x2',
    'bytes=1e1-20',
    'bytes=١-٢',
    'bytes=5-4',
    'bytes=0-0,2-3',
    'bytes=0-0,-1',
    'bytes=0-1\r\nX: y',
    'items=0-1',
    'octets 0-1',
    'bytes=0-9999999999999999',
  ])('sends everything for %j', (header) => {
    expect(parseRange(header, 100)).toBeNull();
  });
});
