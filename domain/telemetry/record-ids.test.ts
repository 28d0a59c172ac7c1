import { describe, expect, it } from 'vitest';
import { logs } from './otlp-testing.ts';
import { recordIds } from './record-ids.ts';

const UUID = /^00000000-0000-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const said = (...uids: unknown[]) =>
  logs(uids.map((uid) => ({ attributes: uid === undefined ? {} : { 'log.record.uid': uid as string } })));

describe('the ids of records', () => {
  it('are the same for the same record of the same session, and unlike any other', async () => {
    const [first, again, theirs] = await Promise.all([
      recordIds('s-1', said('a', 'b')),
      recordIds('s-1', said('b', 'a')),
      recordIds('s-2', said('a')),
    ]);
    expect(first.size).toBe(2);
    expect([again.get('a'), again.get('b')]).toEqual([first.get('a'), first.get('b')]);
    expect(new Set([first.get('a'), first.get('b'), theirs.get('a')]).size).toBe(3);
    for (const id of [...first.values(), ...theirs.values()]) expect(id).toMatch(UUID);
  });

  it('are none for what does not say who it is', async () => {
    expect((await recordIds('s-1', said(undefined, '', 7, 'x'.repeat(101)))).size).toBe(0);
    expect((await recordIds('s-1', { signal: 'traces', groups: [] })).size).toBe(0);
  });
});
