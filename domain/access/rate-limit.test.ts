import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOf, type RateLimitPolicy, type RateLimitState, rateLimitHeaders, take } from './rate-limit.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 500 });

const policies = fc.record({
  name: fc.constant('admin'),
  limit: fc.integer({ min: 1, max: 8 }),
  windowSeconds: fc.integer({ min: 1, max: 20 }),
});

/** Arrival times in ms, in order, close enough together that windows fill up. */
const arrivals = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 80 }).map((gaps) => {
  let time = 1_000_000;
  return gaps.map((gap) => {
    time += gap;
    return time;
  });
});

function takeAll(policy: RateLimitPolicy, times: readonly number[]) {
  let state: RateLimitState | undefined;
  return times.map((time) => {
    const { state: next, permits } = take(state, policy, time);
    state = next;
    return { time, ...answerOf(permits) };
  });
}

/** The obvious way to do it: remember every allowed request of the window, which starts with the first of them. */
function reference(policy: RateLimitPolicy, times: readonly number[]) {
  let window: number[] = [];
  return times.map((time) => {
    if (window[0] !== undefined && time - window[0] >= policy.windowSeconds * 1000) window = [];
    const allowed = window.length < policy.limit;
    if (allowed) window.push(time);
    const endsAt = (window[0] ?? time) + policy.windowSeconds * 1000;
    return { time, allowed, remaining: policy.limit - window.length, resetSeconds: Math.ceil((endsAt - time) / 1000) };
  });
}

describe('rate limit', () => {
  it('answers like the reference that remembers every request', () => {
    fc.assert(
      fc.property(policies, arrivals, (policy, times) => {
        expect(takeAll(policy, times)).toEqual(reference(policy, times));
      }),
    );
  });

  it('never allows more than the limit in a window that starts with an allowed request', () => {
    fc.assert(
      fc.property(policies, arrivals, (policy, times) => {
        const allowed = takeAll(policy, times).filter((answer) => answer.allowed);
        let start = Number.NEGATIVE_INFINITY;
        let count = 0;
        for (const { time } of allowed) {
          if (time - start >= policy.windowSeconds * 1000) [start, count] = [time, 0];
          count++;
          expect(count).toBeLessThanOrEqual(policy.limit);
        }
      }),
    );
  });

  it('keeps two numbers a key, and refused requests neither lengthen the window nor count', () => {
    const policy = { name: 'admin', limit: 1, windowSeconds: 10 };
    const first = take(undefined, policy, 1000);
    const refused = take(first.state, policy, 10_999);
    expect(refused.state).toEqual({ windowEndsAt: 11_000, used: 1 });
    expect(answerOf(refused.permits)).toEqual({ allowed: false, remaining: 0, resetSeconds: 1 });
    expect(answerOf(take(refused.state, policy, 11_000).permits)).toEqual({
      allowed: true,
      remaining: 0,
      resetSeconds: 10,
    });
  });

  it('obeys a limit that was lowered while the window is open', () => {
    const used3 = { windowEndsAt: 5000, used: 3 };
    expect(answerOf(take(used3, { name: 'admin', limit: 2, windowSeconds: 60 }, 4000).permits)).toEqual({
      allowed: false,
      remaining: 0,
      resetSeconds: 1,
    });
  });

  it('obeys a window that was shortened while it is open', () => {
    const daylong = { windowEndsAt: 86_400_000, used: 5 };
    expect(take(daylong, { name: 'admin', limit: 5, windowSeconds: 60 }, 1000)).toEqual({
      state: { windowEndsAt: 61_000, used: 5 },
      permits: { granted: 0, remaining: 0, endsInMs: 60_000 },
    });
  });

  it('gives n at once exactly what n calls at that instant would have got', () => {
    const batches = fc.array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 12 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(policies, batches, (policy, calls) => {
        let [together, apart]: (RateLimitState | undefined)[] = [];
        let now = 1_000_000;
        for (const [gap, n] of calls) {
          now += gap;
          const many = take(together, policy, now, n);
          together = many.state;
          const singles = Array.from({ length: n }, () => {
            const one = take(apart, policy, now);
            apart = one.state;
            return one.permits;
          });
          expect(many.permits).toEqual({
            granted: singles.filter(({ granted }) => granted === 1).length,
            remaining: singles.at(-1)?.remaining,
            endsInMs: singles.at(-1)?.endsInMs,
          });
          expect(together).toEqual(apart);
        }
      }),
    );
  });

  it('writes the header fields of draft-ietf-httpapi-ratelimit-headers', () => {
    const policy = { name: 'admin', limit: 600, windowSeconds: 60 };
    const headers = rateLimitHeaders(policy, { allowed: true, remaining: 599, resetSeconds: 42 });
    expect(headers).toEqual({ 'RateLimit-Policy': '"admin";q=600;w=60', RateLimit: '"admin";r=599;t=42' });
  });
});
