import { describe, expect, it } from 'vitest';
import type { SigningKeyRow } from '../../drizzle/repositories/signing-keys.ts';
import { environmentKeys, storedKeyId } from './key-opening.ts';
import { FRESH_MS, KeyRing } from './key-ring.ts';
import { newSecret } from './key-wrap.ts';

const T0 = 1_800_000_000_000;
const secrets = { k2: newSecret().toBase64(), k1: newSecret().toBase64() };
const HOUR_MS = 3_600_000;
const NEW = storedKeyId('0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001');
const OTHER = storedKeyId('0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002');

/** A store, a clock and an isolate or two. */
async function world(kept: Record<string, string> = secrets) {
  const store = { rows: [] as SigningKeyRow[], loads: 0, isAway: false, delay: Promise.resolve() };
  let nowMs = T0;
  const failures: string[] = [];
  const sources = {
    read: async () => {
      store.loads++;
      const rows = store.rows.map((row) => ({ ...row }));
      await store.delay;
      if (store.isAway) throw new Error('Postgres is away');
      return rows;
    },
    later: () => undefined,
    failed: (error: unknown) => failures.push((error as Error).message),
  };
  const pass = (ms: number) => (nowMs += ms);
  const isolate = async (environment = kept) => {
    const ring = new KeyRing(
      { links: await environmentKeys('links', environment), cookies: await environmentKeys('cookies', environment) },
      { now: () => nowMs, sleep: async (ms) => void pass(ms) },
    );
    const use = (named?: string) => ring.keys('links', sources, named);
    const ids = async (named?: string) => [...(await use(named)).keys.keys()].sort();
    return { ring, use, ids };
  };
  const rotate = async ({ ring }: { ring: KeyRing }, id: string, retireAt: number) => {
    const { wrapped, wrappedBy } = await ring.wrapNew('links', id);
    for (const row of store.rows) row.retire_at ??= new Date(retireAt);
    const said = new Set(store.rows.map((row) => row.id));
    for (const name of ring.environmentIds('links').filter((name) => !said.has(name)))
      store.rows.push({ use: 'links', id: name, wrapped: null, wrapped_by: null, retire_at: new Date(retireAt) });
    store.rows.unshift({ use: 'links', id, wrapped, wrapped_by: wrappedBy, retire_at: null });
  };
  return { store, sources, failures, isolate, pass, rotate, now: () => nowMs };
}

describe('the keys of an isolate', () => {
  it('are the environment’s while there are no others, and are read once in half a minute', async () => {
    const { store, isolate, pass } = await world();
    const { use, ids } = await isolate();
    expect([(await use()).current, await ids()]).toEqual(['k2', ['k1', 'k2']]);
    const { revision } = await use();
    for (let i = 0; i < 100; i++) await use();
    pass(FRESH_MS - 1);
    await use();
    expect(store.loads).toBe(1);
    pass(1);
    expect((await use()).revision).toBe(revision);
    expect(store.loads).toBe(2);
  });

  it('change at once where a key was rotated, elsewhere within half a minute', async () => {
    const { sources, isolate, pass, rotate } = await world();
    const [here, there] = [await isolate(), await isolate()];
    const before = [await here.use(), await there.use()];
    pass(5000);
    await rotate(here, NEW, T0 + 5000);
    await here.ring.changed(sources);
    expect([(await here.use()).current, await here.ids()]).toEqual([NEW, [NEW]]);
    expect((await here.use()).revision).not.toBe(before[0]?.revision);
    expect(await there.ids()).toEqual(['k1', 'k2']);
    pass(FRESH_MS - 5000);
    expect([(await there.use()).current, await there.ids()]).toEqual([NEW, [NEW]]);
    expect((await there.use()).revision).not.toBe(before[1]?.revision);
    // The same secret in both.
    const text = new Uint8Array([1, 2, 3]);
    const made = await crypto.subtle.sign('HMAC', (await here.use()).keys.get(NEW) as CryptoKey, text);
    expect(await crypto.subtle.verify('HMAC', (await there.use()).keys.get(NEW) as CryptoKey, made, text)).toBe(true);
  });

  it('are read at once for an id that is not known, at most once a second, and no genuine one is refused', async () => {
    const { store, isolate, pass, rotate, now } = await world();
    const [here, there] = [await isolate(), await isolate()];
    await there.use();
    await rotate(here, NEW, T0 + HOUR_MS);
    // It has read the store in this very second.
    expect(await there.ids(NEW)).toEqual(['k1', NEW, 'k2']);
    const [loads, since] = [store.loads, now()];
    for (let i = 0; i < 20; i++) await there.use(storedKeyId(crypto.randomUUID()));
    expect(store.loads - loads).toBe((now() - since) / 1000);
    await Promise.all(Array.from({ length: 30 }, () => there.use(storedKeyId(crypto.randomUUID()))));
    expect(store.loads - loads).toBe((now() - since) / 1000);
    // What is known, and what no stored key is called.
    for (const id of ['k1', 'k2', NEW, 'k3', '', `${NEW}0`, NEW.toUpperCase(), '__proto__']) await there.use(id);
    pass(999);
    await there.use(NEW);
    expect(store.loads - loads).toBe(21);
    console.log('ids that nobody knows: tried 50 within 21 seconds, loads 21');
  });

  it('are read once more where the load that was under way began before the key was made', async () => {
    const { store, isolate, pass, rotate } = await world();
    const [here, there] = [await isolate(), await isolate()];
    await there.use();
    pass(FRESH_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    store.delay = promise;
    const early = there.use();
    pass(10);
    await rotate(here, NEW, T0 + HOUR_MS);
    const late = there.ids(NEW);
    store.delay = Promise.resolve();
    resolve();
    expect([...(await early).keys.keys()].sort()).toEqual(['k1', 'k2']);
    expect(await late).toEqual(['k1', NEW, 'k2']);
  });

  it('end on time, without a look at the store', async () => {
    const { store, isolate, pass, rotate } = await world();
    const here = await isolate();
    await rotate(here, NEW, T0 + 10_000);
    const first = await here.use();
    pass(9999);
    expect((await here.use()).revision).toBe(first.revision);
    expect(await here.ids()).toEqual(['k1', NEW, 'k2']);
    pass(1);
    expect(await here.ids()).toEqual([NEW]);
    expect((await here.use()).revision).not.toBe(first.revision);
    expect(store.loads).toBe(1);
  });

  it('go on for hours while Postgres is away, and an id that is not known is nobody’s fault', async () => {
    const { store, isolate, pass, failures } = await world();
    const here = await isolate();
    await here.use();
    store.isAway = true;
    for (let minute = 1; minute < 240; minute++) {
      pass(60_000);
      expect(await here.ids()).toEqual(['k1', 'k2']);
    }
    expect(failures.length).toBeGreaterThan(200);
    await expect(here.use(OTHER)).rejects.toMatchObject({ status: 503, code: 'dependency_unavailable' });
    pass(60_000);
    await expect(here.use()).rejects.toMatchObject({ status: 503 });
    store.isAway = false;
    pass(1000);
    expect(await here.ids(OTHER)).toEqual(['k1', 'k2']);
  });

  it('are none where the store was never read: a key of the environment that ended stays ended', async () => {
    const { store, isolate, pass, rotate } = await world();
    await rotate(await isolate(), NEW, T0);
    store.isAway = true;
    const cold = await isolate();
    for (const named of [undefined, 'k1', NEW]) {
      pass(1000);
      await expect(cold.use(named)).rejects.toMatchObject({ status: 503, retryAfter: 5 });
    }
    store.isAway = false;
    pass(1000);
    expect(await cold.ids('k1')).toEqual([NEW]);
  });

  it('do not come from a load that began before the change', async () => {
    const { store, sources, isolate, rotate } = await world();
    const here = await isolate();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.delay = promise;
    const early = here.use();
    store.delay = Promise.resolve();
    await rotate(here, NEW, T0);
    await here.ring.changed(sources);
    resolve();
    expect([...(await early).keys.keys()]).toEqual([NEW]);
    expect(await here.ids()).toEqual([NEW]);
  });

  it('are the environment’s new one when those that wrapped were taken out of it', async () => {
    const { isolate, rotate, failures } = await world();
    await rotate(await isolate(), NEW, T0);
    const mended = await isolate({ k3: newSecret().toBase64() });
    expect([(await mended.use()).current, await mended.ids()]).toEqual(['k3', ['k3']]);
    expect(failures).toEqual([`no key of the environment opens these stored keys: ${NEW}`]);
  });
});
