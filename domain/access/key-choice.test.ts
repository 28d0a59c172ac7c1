import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseKeys, type KnownKey } from './key-choice.ts';

const T0 = 1_800_000_000_000;
const key = (id: string, retireAt: number | null = null): KnownKey => ({ id, retireAt });

describe('which keys count', () => {
  it('are the environment’s while nothing was rotated: the first signs, all verify', () => {
    expect(chooseKeys({ environment: [key('k2'), key('k1')], stored: [] }, T0)).toEqual({
      current: 'k2',
      verifying: ['k2', 'k1'],
      until: Number.POSITIVE_INFINITY,
    });
  });

  it('are the one rotated last, which signs, and those before it until their time', () => {
    const known = { environment: [key('k1', T0 + 10)], stored: [key('new'), key('old', T0 + 20)] };
    expect(chooseKeys(known, T0)).toEqual({ current: 'new', verifying: ['new', 'old', 'k1'], until: T0 + 10 });
    expect(chooseKeys(known, T0 + 9).verifying).toEqual(['new', 'old', 'k1']);
    expect(chooseKeys(known, T0 + 10)).toEqual({ current: 'new', verifying: ['new', 'old'], until: T0 + 20 });
    expect(chooseKeys(known, T0 + 20)).toEqual({ current: 'new', verifying: ['new'], until: Number.POSITIVE_INFINITY });
  });

  it('are again the environment’s when it was changed so that no stored key opens, without those that were retired', () => {
    const known = { environment: [key('fresh'), key('k1', T0 - 1)], stored: [] };
    expect(chooseKeys(known, T0)).toMatchObject({ current: 'fresh', verifying: ['fresh'] });
  });

  it('never sign on their way out, and never verify after their end, whatever there is', () => {
    const times = fc.option(fc.integer({ min: T0 - 1000, max: T0 + 1000 }), { nil: null });
    const lists = fc.uniqueArray(fc.record({ id: fc.stringMatching(/^[a-z]{1,4}$/), retireAt: times }), {
      selector: ({ id }) => id,
      maxLength: 8,
    });
    let tried = 0;
    fc.assert(
      fc.property(lists, fc.nat(8), fc.integer({ min: T0 - 1000, max: T0 + 1000 }), (all, cut, now) => {
        const known = { stored: all.slice(0, cut), environment: all.slice(cut) };
        const { current, verifying, until } = chooseKeys(known, now);
        const ends = new Map(all.map(({ id, retireAt }) => [id, retireAt]));
        expect(all.filter(({ id }) => verifying.includes(id))).toEqual(
          all.filter(({ retireAt }) => retireAt === null || now < retireAt),
        );
        if (current === null) expect([...ends.values()]).not.toContain(null);
        else expect([ends.get(current), verifying.includes(current)]).toEqual([null, true]);
        // Until then nothing else is chosen.
        if (until !== Number.POSITIVE_INFINITY) {
          expect(chooseKeys(known, until - 1)).toEqual({ current, verifying, until });
          expect(chooseKeys(known, until).verifying).not.toEqual(verifying);
        }
        tried++;
      }),
      { numRuns: 500 },
    );
    console.log(`choices of keys: tried ${tried}, failed 0`);
  });
});
