/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RateLimiter } from './rate-limiter.ts';

const { RATE_LIMITER } = env as unknown as { RATE_LIMITER: DurableObjectNamespace<RateLimiter> };

const fresh = () => RATE_LIMITER.getByName(`test:${crypto.randomUUID()}`);
const policy = { name: 'test', limit: 100, windowSeconds: 60 };

const stored = (stub: DurableObjectStub<RateLimiter>) =>
  runInDurableObject(stub, async (_, state) => ({
    entries: [...(await state.storage.list()).keys()],
    alarm: await state.storage.getAlarm(),
  }));

// The object reads Date.now(): the tests move it on instead of waiting. Alarms still run by the real clock or by hand.
const start = Date.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('rate limiter object', () => {
  it('allows exactly the limit of 1,000 requests at once', async () => {
    const limiter = fresh();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => limiter.take(policy)));
    const allowed = answers.filter((answer) => answer.allowed);
    console.log(`rate limiter: ${answers.length} at once, limit ${policy.limit}: ${allowed.length} allowed`);
    expect(allowed.length).toBe(100);
    expect(new Set(allowed.map(({ remaining }) => remaining)).size).toBe(100);
  });

  it('counts each key by itself', async () => {
    const [one, other] = [fresh(), fresh()];
    const once = { ...policy, limit: 1 };
    expect((await one.take(once)).allowed).toBe(true);
    expect((await one.take(once)).allowed).toBe(false);
    expect((await other.take(once)).allowed).toBe(true);
  });

  it('counts each policy by itself, also over an eviction and the alarm', async () => {
    const limiter = fresh();
    const short = { name: 'short', limit: 1, windowSeconds: 10 };
    const long = { name: 'long', limit: 2, windowSeconds: 60 };
    expect(await limiter.take(short)).toEqual({ allowed: true, remaining: 0, resetSeconds: 10 });
    expect(await limiter.take(long)).toEqual({ allowed: true, remaining: 1, resetSeconds: 60 });
    expect((await limiter.take(short)).allowed).toBe(false);
    await evictDurableObject(limiter);
    vi.setSystemTime(start + 11_000);
    expect(await limiter.take(short)).toEqual({ allowed: true, remaining: 0, resetSeconds: 10 });
    await evictDurableObject(limiter);
    // The short window is over, the long one is not: nothing is forgotten.
    vi.setSystemTime(start + 22_000);
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
    expect(await stored(limiter)).toEqual({ entries: ['window:long', 'window:short'], alarm: start + 61_000 });
    expect(await limiter.take(long)).toEqual({ allowed: true, remaining: 0, resetSeconds: 38 });
    expect((await limiter.take(long)).allowed).toBe(false);
  });

  it('still knows the count and the end of the window after an eviction', async () => {
    const limiter = fresh();
    for (let i = 0; i < 99; i++) await limiter.take(policy);
    await evictDurableObject(limiter);
    vi.setSystemTime(start + 20_000);
    expect(await limiter.take(policy)).toEqual({ allowed: true, remaining: 0, resetSeconds: 40 });
    await evictDurableObject(limiter);
    expect(await limiter.take(policy)).toEqual({ allowed: false, remaining: 0, resetSeconds: 40 });
  });

  it('opens again when the window is over', async () => {
    const limiter = fresh();
    const once = { ...policy, limit: 1 };
    await limiter.take(once);
    vi.setSystemTime(start + 59_999);
    expect((await limiter.take(once)).allowed).toBe(false);
    vi.setSystemTime(start + 60_000);
    expect(await limiter.take(once)).toEqual({ allowed: true, remaining: 0, resetSeconds: 60 });
  });

  it('is emptied by its alarm after the window, so that an idle key costs nothing', async () => {
    const limiter = fresh();
    await limiter.take(policy);
    expect(await stored(limiter)).toEqual({ entries: ['window:test'], alarm: start + 61_000 });
    vi.setSystemTime(start + 61_000);
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
    expect(await stored(limiter)).toEqual({ entries: [], alarm: null });
    expect(await limiter.take(policy)).toMatchObject({ allowed: true, remaining: 99 });
    expect(await stored(limiter)).toEqual({ entries: ['window:test'], alarm: start + 122_000 });
  });

  it('is emptied by its alarm also when it was evicted before', async () => {
    const limiter = fresh();
    await limiter.take(policy);
    await evictDurableObject(limiter);
    vi.setSystemTime(start + 61_000);
    expect(await runDurableObjectAlarm(limiter)).toBe(true);
    expect(await stored(limiter)).toEqual({ entries: [], alarm: null });
  });

  it('keeps the count when the alarm comes while a window is open, and sets the alarm anew', async () => {
    const limiter = fresh();
    await limiter.take(policy);
    for (const evicted of [false, true]) {
      if (evicted) await evictDurableObject(limiter);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      expect(await stored(limiter)).toEqual({ entries: ['window:test'], alarm: start + 61_000 });
    }
    expect(await limiter.take(policy)).toMatchObject({ remaining: 98 });
  });
});
