import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type RateLimitAnswer, type RateLimitPolicy, type RateLimitState, take } from '../access/rate-limit.ts';
import { type Counting, Limiter } from './limiter.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 300 });

const policy: RateLimitPolicy = { name: 'gate', limit: 100, windowSeconds: 60 };
const budget = (limit = 100, key = 'k') => ({ key, policy: { ...policy, limit } });

/** An object as Cloudflare runs it: one call after the other, each with a delay of its own, some of which fail. */
function counter(
  o: { now?: () => number; delay?: (call: number) => Promise<void>; fails?: (call: number) => boolean } = {},
) {
  const states = new Map<string, RateLimitState>();
  const calls: { n: number; granted: number }[] = [];
  const kept: Promise<unknown>[] = [];
  const counting: Counting = {
    async takeMany({ key, policy: asked }, n) {
      const call = calls.push({ n, granted: 0 }) - 1;
      await o.delay?.(call);
      if (o.fails?.(call)) throw new Error('the object is away');
      const { state, permits } = take(states.get(key), asked, o.now?.() ?? 0, n);
      states.set(key, state);
      calls[call] = { n, granted: permits.granted };
      return permits;
    },
    later: (work) => void kept.push(work),
  };
  return { counting, calls, kept };
}

const tick = () => new Promise<void>((done) => setTimeout(done, 0));

describe('limiter', () => {
  it('lets exactly 100 of 1,000 at once through in two calls', async () => {
    const { counting, calls } = counter({ delay: tick });
    const limiter = new Limiter(() => 0);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => limiter.take(counting, budget())));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(100);
    expect(calls).toEqual([
      { n: 1, granted: 1 },
      { n: 999, granted: 99 },
    ]);
    const left = answers.filter(({ allowed }) => allowed).map(({ remaining }) => remaining);
    expect(left).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i));
    console.log(`limiter: 1000 at once against 100: 100 allowed, ${calls.length} calls of the object`);
  });

  it('makes no call for a subject known to be over its limit, until its window ends or its policy changes', async () => {
    let now = 1000;
    const { counting, calls } = counter({ now: () => now });
    const limiter = new Limiter(() => now);
    for (let i = 0; i < 3; i++) await limiter.take(counting, budget(3));
    const before = calls.length;
    for (now = 1001; now <= 60_501; now += 500)
      expect(await limiter.take(counting, budget(3))).toMatchObject({ allowed: false, remaining: 0 });
    expect(calls.length - before).toBe(0);
    now = 60_900;
    console.log('limiter: 120 checks over a known limit, 0 calls of the object');
    expect((await limiter.take(counting, budget(4))).allowed).toBe(true);
    expect((await limiter.take(counting, budget(3, 'other'))).allowed).toBe(true);
    expect(calls.length - before).toBe(2);
    now = 61_000;
    expect(await limiter.take(counting, budget(3))).toEqual({ allowed: true, remaining: 2, resetSeconds: 60 });
  });

  it('agrees with the object alone, whatever comes when: each permit once, none too many, none left over', async () => {
    const arrivals = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 3 }), key: fc.constantFrom('a', 'b') }), {
      minLength: 1,
      maxLength: 60,
    });
    let checks = 0;
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 3 }),
        async (all, limit, delay) => {
          const turns = async (n: number) => {
            for (let i = 0; i < n; i++) await Promise.resolve();
          };
          const { counting, calls } = counter({ delay: () => turns(delay * 5) });
          const limiter = new Limiter(() => 0);
          const answers = [];
          for (const { gap, key } of all) {
            await turns(gap * 4);
            answers.push(limiter.take(counting, budget(limit, key)).then((answer) => ({ key, ...answer })));
          }
          const settled = await Promise.all(answers);
          checks += settled.length;
          for (const key of ['a', 'b']) {
            const mine = settled.filter((answer) => answer.key === key);
            const allowed = mine.filter((answer) => answer.allowed);
            expect(allowed).toHaveLength(Math.min(limit, mine.length));
            expect(new Set(allowed.map(({ remaining }) => remaining)).size).toBe(allowed.length);
          }
          expect(calls.length).toBeLessThanOrEqual(settled.length);
          expect(calls.reduce((sum, { granted }) => sum + granted, 0)).toBe(
            settled.filter(({ allowed }) => allowed).length,
          );
        },
      ),
    );
    console.log(`limiter against the object alone: tried ${checks} checks in 300 orders, different 0`);
  });

  it('refuses only those whose call failed', async () => {
    const { counting } = counter({ delay: tick, fails: (call) => call === 1 });
    const limiter = new Limiter(() => 0);
    const first = limiter.take(counting, budget());
    const second = Promise.allSettled(Array.from({ length: 10 }, () => limiter.take(counting, budget())));
    expect((await first).allowed).toBe(true);
    expect((await second).every(({ status }) => status === 'rejected')).toBe(true);
    expect((await limiter.take(counting, budget())).allowed).toBe(true);
  });

  it('goes on when the request that made a call is killed, with one call more and never too many through', async () => {
    vi.useFakeTimers();
    try {
      const never = new Promise<void>(() => undefined);
      // The first call and the next one, which asks for all the others, go down with their requests.
      const { counting, calls } = counter({ delay: (call) => (call < 2 ? never : Promise.resolve()) });
      const limiter = new Limiter(Date.now);
      void limiter.take(counting, budget(5));
      let settled: RateLimitAnswer[] = [];
      const waiting = Array.from({ length: 20 }, () =>
        limiter.take(counting, budget(5)).then((answer) => {
          settled = [...settled, answer];
        }),
      );
      await vi.advanceTimersByTimeAsync(1990);
      expect(calls).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(20);
      expect([calls.length, settled.length]).toEqual([2, 0]);
      await vi.advanceTimersByTimeAsync(2000);
      expect([calls.length, settled.length]).toEqual([3, 19]);
      expect(settled.filter(({ allowed }) => allowed)).toHaveLength(5);
      expect(waiting).toHaveLength(20);
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives what a slow call brings to those who still wait for it', async () => {
    vi.useFakeTimers();
    try {
      const slow = () => new Promise<void>((done) => setTimeout(done, 5000));
      const { counting, calls } = counter({ now: Date.now, delay: slow });
      const limiter = new Limiter(Date.now);
      const answers = Array.from({ length: 200 }, () => limiter.take(counting, budget()));
      await vi.advanceTimersByTimeAsync(30_000);
      expect((await Promise.all(answers)).filter(({ allowed }) => allowed)).toHaveLength(100);
      expect(calls.length).toBeLessThan(10);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps its call alive beyond the request that made it', async () => {
    const { counting, kept } = counter();
    await new Limiter(() => 0).take(counting, budget());
    expect(kept).toHaveLength(1);
  });
});
