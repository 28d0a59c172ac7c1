/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KnownSession } from '../domain/access/standing.ts';
import type { AdminGuard } from './admin-guard.ts';

const { ADMIN_GUARD } = env as unknown as { ADMIN_GUARD: DurableObjectNamespace<AdminGuard> };

const fresh = () => ADMIN_GUARD.getByName(`test|${crypto.randomUUID()}`);
const LIMIT = { name: 'admin', limit: 2, windowSeconds: 60 };
const session: KnownSession = {
  standing: { adminId: 'a', email: 'a@example.com', name: 'A', status: 'active', notBefore: null, grants: [] },
  ended: false,
};

const start = Date.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('admin guard object', () => {
  it('counts and knows in one call', async () => {
    const guard = fresh();
    const first = await guard.enter('s', LIMIT);
    expect([first.known, first.permits?.granted, first.permits?.remaining]).toEqual([null, 1, 1]);
    await guard.learn(first.ticket, 's', session);
    expect(await guard.enter('s', LIMIT)).toMatchObject({ known: session, permits: { granted: 1, remaining: 0 } });
    expect(await guard.enter('s', LIMIT)).toMatchObject({ known: session, permits: { granted: 0 } });
    expect(await guard.enter('s', null)).toMatchObject({ known: session, permits: null });
  });

  it('learns nothing old through an eviction in the middle of a change', async () => {
    const guard = fresh();
    const { ticket } = await guard.enter('s', null);
    await guard.begin('change');
    await evictDurableObject(guard);
    expect(await guard.learn(ticket, 's', session)).toBe(false);
    const again = await guard.enter('s', null);
    expect(await guard.learn(again.ticket, 's', session)).toBe(false);
    await guard.end('change');
    expect(await guard.learn(again.ticket, 's', session)).toBe(false);
    expect(await guard.learn((await guard.enter('s', null)).ticket, 's', session)).toBe(true);
  });

  it('still knows of a change under way when its alarm empties it', async () => {
    const guard = fresh();
    await guard.enter('s', LIMIT);
    await guard.begin('change');
    vi.setSystemTime(start + 61_000);
    expect(await runDurableObjectAlarm(guard)).toBe(true);
    await evictDurableObject(guard);
    expect(await guard.learn((await guard.enter('s', null)).ticket, 's', session)).toBe(false);
  });
});
