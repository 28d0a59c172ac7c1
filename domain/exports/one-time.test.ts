import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, type Claimed, claimOnce, RESUME_MS } from './one-time.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 2000 });

const MINUTE = 60_000;
const START = 1_000_000_000_000;

type Step = { kind: 'wait'; ms: number } | { kind: 'forget' } | { kind: 'ask'; network: string; ranged: boolean };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    // The edges of the ten minutes too.
    fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(0, 1, MINUTE, 5 * MINUTE, RESUME_MS - 1, RESUME_MS) }),
    fc.record({ kind: fc.constant('forget') }),
    fc.record({ kind: fc.constant('ask'), network: fc.constantFrom('a', 'b'), ranged: fc.boolean() }),
  ),
  { minLength: 5, maxLength: 30 },
);

describe('a one-time link', () => {
  it('does what a history of its requests says', () => {
    const seen: Record<Claimed, number> = { first: 0, resumed: 0, used: 0 };
    let forgotten = 0;
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (sequence, lifeMinutes) => {
        const expiresAt = START + lifeMinutes * MINUTE;
        let now = START;
        let kept: Claim | undefined;
        // The reference remembers every answer and decides by that alone.
        const history: { answer: Claimed; network: string; at: number }[] = [];
        for (const step of sequence) {
          if (step.kind === 'wait') now += step.ms;
          // As the object's alarm does.
          else if (step.kind === 'forget') {
            if (kept && now >= kept.endsAt) {
              kept = undefined;
              forgotten++;
            }
          } else {
            const first = history.find(({ answer }) => answer === 'first');
            const resumes =
              first && step.ranged && first.network === step.network && now < first.at + 10 * MINUTE
                ? 'resumed'
                : 'used';
            const wanted = !first && now < expiresAt ? 'first' : resumes;
            const { claim, answer } = claimOnce(kept, { network: step.network, ranged: step.ranged, now, expiresAt });
            expect(answer).toBe(wanted);
            kept = claim;
            seen[answer]++;
            history.push({ answer, network: step.network, at: now });
          }
        }
        expect(history.filter(({ answer }) => answer === 'first').length).toBeLessThanOrEqual(1);
      }),
    );
    console.log(`one-time link: ${JSON.stringify(seen)}, forgotten ${forgotten}`);
    for (const n of [...Object.values(seen), forgotten]) expect(n).toBeGreaterThan(100);
  });

  it('is kept for as long as anything could come of it', () => {
    const at = (now: number, expiresAt: number) =>
      claimOnce(undefined, { network: 'a', ranged: false, now, expiresAt }).claim?.endsAt;
    expect(at(0, 60 * MINUTE)).toBe(60 * MINUTE);
    expect(at(55 * MINUTE, 60 * MINUTE)).toBe(65 * MINUTE);
  });

  it('is its first user’s whatever part that one asks for, and nobody’s once it has expired', () => {
    const request = { network: 'a', ranged: true, now: 5, expiresAt: 6 };
    expect(claimOnce(undefined, request).answer).toBe('first');
    expect(claimOnce(undefined, { ...request, now: 6 })).toEqual({ answer: 'used' });
  });
});
