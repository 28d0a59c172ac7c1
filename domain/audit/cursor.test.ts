import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, type Shape } from './cursor.ts';

const range = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };
const time = fc
  .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
  .map((date) => date.toISOString().replace('T', ' ').replace('Z', ''));
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((each) => !each.includes('\0'));
const search = fc.record({ list: fc.constantFrom('a', 'b'), actorId: text, to: text }, { requiredKeys: ['list'] });
const SHAPES: Shape[] = ['time', 'uuid', 'text'];

describe('a cursor', () => {
  it('leads back to its place in the same search, whatever the order of its parameters', async () => {
    const key = fc.tuple(time, fc.uuid(), text);
    await fc.assert(
      fc.asyncProperty(search, key, async (asked, place) => {
        const cursor = await encodeCursor({ ...asked, from: undefined }, { range, key: place });
        const again = Object.fromEntries(Object.entries(asked).reverse());
        expect(await decodeCursor(again, cursor, SHAPES)).toEqual({ range, key: place });
        expect(cursor).toMatch(/^[\w-]+$/);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused in any other search, and for another order', async () => {
    const key = ['2026-01-01 00:00:00.000', '01900000-0000-7000-8000-0000000000a1', 'x'];
    await fc.assert(
      fc.asyncProperty(search, search, async (one, other) => {
        fc.pre(JSON.stringify(Object.entries(one).sort()) !== JSON.stringify(Object.entries(other).sort()));
        const cursor = await encodeCursor(one, { range, key });
        await expect(decodeCursor(other, cursor, SHAPES)).rejects.toThrow('other parameters');
        await expect(decodeCursor(one, cursor, ['time', 'uuid'])).rejects.toThrow('not one we gave');
      }),
      { numRuns: 200 },
    );
  });

  it('that somebody else wrote is malformed, never a fault', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((some) => some.toBase64({ alphabet: 'base64url' }));
    const json = fc.json().map((some) => new TextEncoder().encode(some).toBase64({ alphabet: 'base64url' }));
    const values = fc.array(fc.oneof(fc.string(), time), { maxLength: 7 });
    const texts = values.map((some) =>
      new TextEncoder().encode(JSON.stringify(some)).toBase64({ alphabet: 'base64url' }),
    );
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), bytes, json, texts), async (cursor) => {
        tried++;
        await expect(decodeCursor({ list: 'a' }, cursor, SHAPES)).rejects.toMatchObject({ code: 'malformed_request' });
      }),
      { numRuns: 1000 },
    );
    console.log(`cursors nobody gave: tried ${tried}, accepted 0`);
  });
});
