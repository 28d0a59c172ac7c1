import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GateSnapshot } from '../../drizzle/repositories/gate.ts';
import { ConfigCache, type ConfigSources, type KeptSnapshot } from './config-cache.ts';

const snapshotOf = (maintenanceMessage: string): GateSnapshot => ({
  archived: false,
  config: {
    jwtValidation: false,
    domainValidation: false,
    ipWhitelistEnabled: false,
    ipWhitelist: [],
    rateLimitEnabled: false,
    rateLimitRequests: 1,
    rateLimitWindow: 1,
    maintenanceMode: true,
    maintenanceMessage,
    auditLevel: 'STANDARD',
  },
  domains: [],
  testerUsers: [],
  testerAdmins: [],
  features: [],
});

const ID = 'service';

/** One location: Postgres, KV and the cache of markers, which any number of isolates share. */
function location() {
  const site = {
    text: 'one',
    /** Of the next reads, in ms; 5 for each after them. */
    delays: [] as number[],
    postgres: 'up' as 'up' | 'down' | 'hangs',
    kv: new Map<string, KeptSnapshot>(),
    marker: null as string | null,
    reads: 0,
    looks: 0,
    puts: 0,
    failures: 0,
  };
  const sources: ConfigSources = {
    async read() {
      site.reads++;
      const { text } = site;
      if (site.postgres === 'hangs') return new Promise(() => undefined);
      await new Promise((done) => setTimeout(done, site.delays.shift() ?? 5));
      if (site.postgres === 'down') throw new Error('refused');
      return snapshotOf(text);
    },
    recall: async (id) => site.kv.get(id) ?? null,
    async keep(id, kept) {
      site.puts++;
      site.kv.set(id, kept);
    },
    async marker() {
      site.looks++;
      return site.marker;
    },
    later: (work) => void work,
    failed: () => site.failures++,
  };
  const isolate = () => {
    const cache = new ConfigCache(Date.now);
    const ask = async () => {
      const found = cache.find(ID, sources);
      await vi.advanceTimersByTimeAsync(5);
      const { service, staleSeconds } = await found;
      return [service?.maintenance, staleSeconds];
    };
    return { cache, ask };
  };
  return { site, sources, isolate };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('configuration cache', () => {
  it('asks Postgres once for any number of checks within 10 s, and writes KV once', async () => {
    const { site, sources, isolate } = location();
    const { cache, ask } = isolate();
    const first = Array.from({ length: 500 }, () => cache.find(ID, sources));
    await pass(5);
    expect((await Promise.all(first)).every(({ service }) => service?.maintenance === 'one')).toBe(true);
    for (let ms = 0; ms < 9900; ms += 99) {
      await pass(94);
      await ask();
    }
    expect([site.reads, site.puts]).toEqual([1, 1]);
    await pass(200);
    await ask();
    expect([site.reads, site.puts]).toEqual([2, 1]);
    console.log('configuration cache: 600 checks in 10 s, 1 read of Postgres');
  });

  it('looks at the marker at most once in 100 ms while checks come one after the other', async () => {
    const { site, isolate } = location();
    const { cache, ask } = isolate();
    await ask();
    site.looks = 0;
    for (let ms = 0; ms < 1000; ms += 1) {
      await pass(1);
      if (cache.ready(ID) === undefined) await ask();
    }
    expect(site.looks).toBeLessThanOrEqual(10);
    expect(site.reads).toBe(1);
  });

  it('learns of a change made in another isolate of the location within 100 ms, and of any other within 10 s', async () => {
    const { site, isolate } = location();
    const [here, there, elsewhere] = [isolate(), isolate(), isolate()];
    for (const each of [here, there]) expect(await each.ask()).toEqual(['one', null]);
    site.text = 'two';
    here.cache.invalidate(ID);
    site.marker = 'changed';
    expect(await here.ask()).toEqual(['two', null]);
    await pass(100);
    expect(await there.ask()).toEqual(['two', null]);

    site.marker = null;
    expect(await elsewhere.ask()).toEqual(['two', null]);
    site.text = 'three';
    await pass(9000);
    expect(await elsewhere.ask()).toEqual(['two', null]);
    await pass(1100);
    expect(await elsewhere.ask()).toEqual(['three', null]);
  });

  it('never takes what was read before a change for what is so after it, whichever comes first', async () => {
    for (const delays of [
      [5, 20],
      [20, 5],
    ]) {
      const { site, sources, isolate } = location();
      const { cache } = isolate();
      site.delays = delays;
      const before = cache.find(ID, sources);
      await pass(1);
      site.text = 'two';
      cache.invalidate(ID);
      const after = cache.find(ID, sources);
      await pass(10);
      const between = cache.find(ID, sources);
      await pass(30);
      expect((await after).service?.maintenance).toBe('two');
      expect((await between).service?.maintenance).toBe('two');
      expect((await cache.find(ID, sources)).service?.maintenance).toBe('two');
      expect((await before).service?.maintenance).toBeDefined();
      expect(site.reads).toBe(2);
    }
  });

  it('answers each who asks with what was so then or later, however changes and slow reads overlap', async () => {
    let asked = 0;
    const step = fc.record({
      pause: fc.integer({ min: 0, max: 12 }),
      what: fc.constantFrom('change', 'ask', 'ask'),
      delay: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { site, sources, isolate } = location();
        const { cache } = isolate();
        let version = 0;
        site.text = '0';
        const answers: Promise<{ since: number; got: number; staleSeconds: number | null }>[] = [];
        for (const { pause, what, delay } of steps) {
          await pass(pause);
          if (what === 'change') {
            site.text = String(++version);
            cache.invalidate(ID);
            continue;
          }
          site.delays = [delay];
          const since = version;
          answers.push(
            cache.find(ID, sources).then(({ service, staleSeconds }) => {
              return { since, got: Number(service?.maintenance), staleSeconds };
            }),
          );
        }
        await pass(100);
        asked += answers.length;
        for (const { since, got, staleSeconds } of await Promise.all(answers)) {
          expect(got).toBeGreaterThanOrEqual(since);
          expect(staleSeconds).toBeNull();
        }
      }),
      { numRuns: 300 },
    );
    console.log(`configuration cache: asked ${asked} times between changes, answered with something older 0`);
  });

  it('goes on with its own copy while Postgres is away, asks once a second, and has the truth back after that', async () => {
    const { site, isolate } = location();
    const { ask } = isolate();
    await ask();
    site.postgres = 'down';
    await pass(10_000);
    site.reads = 0;
    for (let ms = 0; ms < 5000; ms += 50) {
      const [text, stale] = await ask();
      expect(text).toBe('one');
      if (ms > 0) expect(stale).toBeGreaterThanOrEqual(10);
      await pass(45);
    }
    expect(site.reads).toBeLessThanOrEqual(6);
    expect(site.failures).toBe(site.reads);
    site.postgres = 'up';
    site.text = 'two';
    await pass(1000);
    await ask();
    expect(await ask()).toEqual(['two', null]);
  });

  it('takes KV’s copy in a fresh isolate, and has nothing to say without one', async () => {
    const { site, isolate } = location();
    await isolate().ask();
    await pass(60_000);
    site.postgres = 'down';
    expect(await isolate().ask()).toEqual(['one', 60]);
    site.kv.clear();
    expect(await isolate().ask()).toEqual([undefined, null]);
  });

  it('waits two seconds for a Postgres that hangs, then nobody waits any more', async () => {
    const { site, sources, isolate } = location();
    const { cache, ask } = isolate();
    await ask();
    site.postgres = 'hangs';
    await pass(10_000);
    const waiting = Array.from({ length: 10 }, () => cache.find(ID, sources));
    await pass(2000);
    for (const { service, staleSeconds } of await Promise.all(waiting))
      expect([service?.maintenance, staleSeconds]).toEqual(['one', 12]);
    for (let i = 0; i < 100; i++) expect((await cache.find(ID, sources)).service?.maintenance).toBe('one');
    expect(site.reads).toBe(2);
    site.postgres = 'up';
    await pass(6000);
    await ask();
    expect(await ask()).toEqual(['one', null]);
  });

  it('waits as long in a fresh isolate that has KV’s copy, and longer in one that has nothing', async () => {
    const { site, sources, isolate } = location();
    await isolate().ask();
    site.postgres = 'hangs';
    const fresh = isolate().cache.find(ID, sources);
    await pass(2000);
    expect((await fresh).service?.maintenance).toBe('one');
    site.kv.clear();
    site.postgres = 'up';
    site.delays = [6000];
    const patient = isolate().cache.find(ID, sources);
    await pass(6000);
    expect((await patient).service?.maintenance).toBe('one');
  });

  it('does not hang on a load that went down with the request that began it', async () => {
    const { site, sources, isolate } = location();
    const { cache, ask } = isolate();
    await ask();
    await pass(10_000);
    const killed: ConfigSources = {
      ...sources,
      read: () => Promise.reject(new Error('killed')),
      // From here on nothing of it runs.
      failed: () => {
        throw new Error('killed');
      },
      later: (work) => void work.catch(() => undefined),
    };
    void cache.find(ID, killed);
    const waiting = cache.find(ID, sources);
    await pass(2000);
    expect((await waiting).staleSeconds).toBe(12);
    for (let i = 0; i < 20; i++) expect((await cache.find(ID, sources)).staleSeconds).toBe(12);
    site.text = 'two';
    await pass(10_000);
    await ask();
    expect(await ask()).toEqual(['two', null]);
  });

  it('keeps the 1,000 services asked about last', async () => {
    const { site, sources, isolate } = location();
    const { cache } = isolate();
    for (let i = 0; i <= 1000; i++) {
      const found = cache.find(`service-${i}`, sources);
      await pass(5);
      await found;
    }
    expect(site.reads).toBe(1001);
    void cache.find('service-1000', sources);
    void cache.find('service-1', sources);
    await pass(5);
    expect(site.reads).toBe(1001);
    void cache.find('service-0', sources);
    await pass(5);
    expect(site.reads).toBe(1002);
  });

  it('says without asking anybody what was read within 10 s, and nothing after a change that was heard of', async () => {
    const { site, isolate } = location();
    const { cache, ask } = isolate();
    expect(cache.recent(ID)).toBeUndefined();
    await ask();
    await pass(5000);
    const { reads, looks } = site;
    expect(cache.recent(ID)).toMatchObject({ maintenance: 'one', auditLevel: 'STANDARD' });
    cache.invalidate(ID);
    expect(cache.recent(ID)).toBeUndefined();
    await ask();
    await pass(10_001);
    expect(cache.recent(ID)).toBeUndefined();
    expect([site.reads, site.looks]).toEqual([reads + 1, looks + 1]);
  });
});
