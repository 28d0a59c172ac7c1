/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperationLock } from './operation-lock.ts';

const { OPERATION_LOCK } = env as unknown as { OPERATION_LOCK: DurableObjectNamespace<OperationLock> };

const fresh = () => OPERATION_LOCK.getByName(`test:${crypto.randomUUID()}`);
const LEASE = 60_000;

const start = Date.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

async function acquired(lock: DurableObjectStub<OperationLock>, holder: string): Promise<number> {
  const lease = await lock.acquire(holder, LEASE);
  if (!lease) throw new Error(`${holder} did not get the lock`);
  return lease.token;
}

describe('operation lock object', () => {
  it('is held by one: the second waits, and sees who holds it', async () => {
    const lock = fresh();
    const token = await acquired(lock, 'a');
    expect(await lock.acquire('b', LEASE)).toBeNull();
    expect(await lock.holder()).toEqual({ token, holder: 'a', expiresAt: start + LEASE });
  });

  it('gives the lock to exactly one of 50 at once', async () => {
    const lock = fresh();
    const leases = await Promise.all(Array.from({ length: 50 }, (_, i) => lock.acquire(`holder-${i}`, LEASE)));
    const granted = leases.filter((lease) => lease !== null);
    console.log(`operation lock: ${leases.length} at once: ${granted.length} granted`);
    expect(granted.length).toBe(1);
    expect(await lock.holder()).toEqual(granted[0]);
  });

  it('is free again after a release or when the lease is over', async () => {
    const lock = fresh();
    const first = await acquired(lock, 'a');
    await lock.release(first);
    expect(await lock.holder()).toBeNull();
    const second = await acquired(lock, 'b');
    vi.setSystemTime(start + LEASE - 1);
    expect(await lock.acquire('c', LEASE)).toBeNull();
    vi.setSystemTime(start + LEASE);
    expect(await lock.holder()).toBeNull();
    expect(await acquired(lock, 'c')).toBeGreaterThan(second);
  });

  it('is kept as long as it is renewed', async () => {
    const lock = fresh();
    const token = await acquired(lock, 'a');
    for (let minute = 1; minute <= 5; minute++) {
      vi.setSystemTime(start + minute * LEASE - 1);
      expect(await lock.renew(token, LEASE)).toBe(true);
      expect(await lock.acquire('b', LEASE)).toBeNull();
    }
  });

  it('lets a stale token neither renew nor release', async () => {
    const lock = fresh();
    const stale = await acquired(lock, 'a');
    vi.setSystemTime(start + LEASE);
    const current = await acquired(lock, 'b');
    expect(await lock.renew(stale, LEASE)).toBe(false);
    await lock.release(stale);
    expect(await lock.holder()).toMatchObject({ token: current, holder: 'b' });
    expect(await lock.renew(current, LEASE)).toBe(true);
  });

  it('refuses the renewal of a released lease', async () => {
    const lock = fresh();
    const token = await acquired(lock, 'a');
    await lock.release(token);
    expect(await lock.renew(token, LEASE)).toBe(false);
    expect(await lock.acquire('b', LEASE)).not.toBeNull();
  });

  it('counts fencing tokens up for ever: through releases, expiries and evictions', async () => {
    const lock = fresh();
    const tokens: number[] = [];
    for (let round = 0; round < 12; round++) {
      tokens.push(await acquired(lock, `holder-${round}`));
      if (round % 2 === 0) await lock.release(tokens.at(-1) ?? 0);
      else vi.setSystemTime(Date.now() + LEASE);
      if (round % 3 === 0) await evictDurableObject(lock);
    }
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set(tokens).size).toBe(12);
  });

  it('is still held after an eviction', async () => {
    const lock = fresh();
    const token = await acquired(lock, 'a');
    await evictDurableObject(lock);
    expect(await lock.acquire('b', LEASE)).toBeNull();
    expect(await lock.renew(token, LEASE)).toBe(true);
  });
});
