import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeyCache, type KeySnapshot, KeysUnavailable } from './jwks.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** As jwks.ts has them: fresh 5 minutes, believed 4 hours, one fetch in 30 seconds, one a second without any key. */
const FRESH = 5 * MINUTE;
const BELIEVED = 4 * HOUR;
const PAUSE = 30 * SECOND;

const jwk = async (kid: string): Promise<JWK> => ({
  ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)),
  kid,
  alg: 'ES256',
});
const [k1, k2] = await Promise.all([jwk('k1'), jwk('k2')]);
const setOf = (...keys: JWK[]): JSONWebKeySet => ({ keys });

/** A cache with an issuer and a clock that the test holds. */
function setUp(options: { keys?: JSONWebKeySet; recalled?: KeySnapshot | null } = {}) {
  const issuer = {
    now: 1_795_000_000_000,
    fetches: 0,
    recalls: 0,
    keys: options.keys ?? setOf(k1),
    down: false,
    remembered: [] as KeySnapshot[],
    answer: async (): Promise<JSONWebKeySet> => {
      if (issuer.down) throw new Error('the issuer is away');
      return issuer.keys;
    },
  };
  const cache = new KeyCache({
    fetch: () => {
      issuer.fetches++;
      return issuer.answer();
    },
    recall: async () => {
      issuer.recalls++;
      return options.recalled ?? null;
    },
    remember: async (snapshot) => {
      issuer.remembered.push(snapshot);
    },
    now: () => issuer.now,
  });
  const key = (kid: string) => cache.key({ alg: 'ES256', kid }, { payload: '', signature: '' });
  const verdict = (kid: string) =>
    key(kid).then(
      () => 'key',
      (error: Error & { code?: string }) => error.code ?? error.name,
    );
  return { issuer, cache, key, verdict };
}

const UNKNOWN = 'ERR_JWKS_NO_MATCHING_KEY';

afterEach(() => {
  vi.useRealTimers();
});

describe('key cache', () => {
  it('fetches once and again only when the keys are five minutes old', async () => {
    const { issuer, verdict } = setUp();
    for (const [age, fetches] of [
      [0, 1],
      [1, 1],
      [FRESH - 1, 1],
      [FRESH, 2],
      [FRESH + MINUTE, 2],
      [2 * FRESH, 3],
    ] as const) {
      issuer.now = 1_795_000_000_000 + age;
      expect(await verdict('k1')).toBe('key');
      expect(issuer.fetches).toBe(fetches);
    }
    expect(issuer.remembered.at(-1)).toEqual({ keys: setOf(k1), fetchedAt: issuer.now });
  });

  it('asks the issuer at most once in 30 s for 50 unknown key ids, one by one or at once', async () => {
    const { issuer, verdict } = setUp();
    await verdict('k1');
    const storm = async (round: string) => {
      const before = issuer.fetches;
      for (let i = 0; i < 25; i++) expect(await verdict(`${round}-${i}`)).toBe(UNKNOWN);
      const rest = await Promise.all(Array.from({ length: 25 }, (_, i) => verdict(`${round}-at-once-${i}`)));
      expect(new Set(rest)).toEqual(new Set([UNKNOWN]));
      return issuer.fetches - before;
    };
    expect(await storm('fresh')).toBe(0);
    issuer.now += PAUSE - 1;
    expect(await storm('just before')).toBe(0);
    issuer.now += 1;
    expect(await storm('after')).toBe(1);
    issuer.now += PAUSE - 1;
    expect(await storm('within')).toBe(0);
    issuer.now += 1;
    expect(await storm('after again')).toBe(1);
    expect(await verdict('k1')).toBe('key');
    console.log(`key cache: 250 unknown key ids over 60 s: ${issuer.fetches - 1} fetches after the first`);
  });

  it('asks at most once in 30 s for unknown key ids while the issuer is away, too', async () => {
    const { issuer, verdict } = setUp();
    await verdict('k1');
    issuer.down = true;
    issuer.now += PAUSE;
    const before = issuer.fetches;
    for (let i = 0; i < 50; i++) expect(await verdict(`unknown-${i}`)).toBe(UNKNOWN);
    expect(issuer.fetches - before).toBe(1);
  });

  it('finds a new key as soon as a token names it', async () => {
    const { issuer, verdict } = setUp();
    await verdict('k1');
    issuer.keys = setOf(k1, k2);
    issuer.now += PAUSE;
    expect(await verdict('k2')).toBe('key');
    expect(issuer.fetches).toBe(2);
  });

  it('refuses a key that the issuer removed once the fresh time is over', async () => {
    const { issuer, verdict } = setUp({ keys: setOf(k1, k2) });
    await verdict('k1');
    issuer.keys = setOf(k2);
    issuer.now += FRESH - 1;
    expect(await verdict('k1')).toBe('key');
    issuer.now += 1;
    expect(await verdict('k1')).toBe(UNKNOWN);
    expect(await verdict('k2')).toBe('key');
  });

  it('knows its keys through an outage of four hours and not longer, and comes back with the issuer', async () => {
    const { issuer, key, verdict } = setUp();
    await verdict('k1');
    const start = issuer.now;
    issuer.down = true;
    let accepted = 0;
    for (let age = 10 * SECOND; age <= BELIEVED; age += 10 * SECOND) {
      issuer.now = start + age;
      if ((await verdict('k1')) === 'key') accepted++;
    }
    expect(accepted).toBe(BELIEVED / (10 * SECOND));
    const tried = issuer.fetches - 1;
    console.log(`key cache: 4 h outage, ${accepted} of ${accepted} requests accepted, ${tried} fetches tried`);
    expect(tried).toBeLessThanOrEqual((BELIEVED - FRESH) / PAUSE + 1);
    expect(tried).toBeGreaterThan(0);

    issuer.now = start + BELIEVED + 1;
    const error = await key('k1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect((error as Error).cause).toEqual(new Error('the issuer is away'));
    expect(await verdict('k9')).toBe('KeysUnavailable');

    issuer.down = false;
    issuer.now += SECOND;
    expect(await verdict('k1')).toBe('key');
  });

  it('has one fetch in flight for 100 callers, and all of them get its answer', async () => {
    const { issuer, verdict } = setUp();
    let answer: (keys: JSONWebKeySet) => void = () => undefined;
    issuer.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const verdicts = Array.from({ length: 100 }, (_, i) => verdict(i % 2 === 0 ? 'k1' : 'k2'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    issuer.now += MINUTE;
    verdicts.push(verdict('k1'));
    expect(issuer.fetches).toBe(1);
    answer(setOf(k1, k2));
    expect(new Set(await Promise.all(verdicts))).toEqual(new Set(['key']));
    expect(issuer.fetches).toBe(1);
  });

  it('waits five seconds for a fetch that was taken along by its request, then fetches anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { issuer, verdict } = setUp();
    await verdict('k1');
    const good = issuer.answer;
    issuer.answer = () => new Promise(() => undefined);
    issuer.now += FRESH;
    const waiting = [verdict('k1'), verdict('k1')];
    await vi.advanceTimersByTimeAsync(5000);
    // The keys it has still serve.
    expect(await Promise.all(waiting)).toEqual(['key', 'key']);
    expect(issuer.fetches).toBe(2);

    issuer.answer = good;
    issuer.keys = setOf(k2);
    issuer.now += PAUSE;
    expect(await verdict('k2')).toBe('key');
    expect(await verdict('k1')).toBe(UNKNOWN);
    expect(issuer.fetches).toBe(3);
  });

  it('starts during an outage with the copy kept outside the isolate', async () => {
    const age = HOUR;
    const { issuer, verdict } = setUp({
      recalled: { keys: setOf(k1), fetchedAt: 1_795_000_000_000 - age },
    });
    issuer.down = true;
    expect(await verdict('k1')).toBe('key');
    expect(await verdict('k2')).toBe(UNKNOWN);
    expect([issuer.fetches, issuer.recalls]).toEqual([1, 1]);
    // Its age counts from when it was fetched, not from when it was recalled.
    issuer.now += BELIEVED - age;
    expect(await verdict('k1')).toBe('key');
    issuer.now += 1;
    expect(await verdict('k1')).toBe('KeysUnavailable');
  });

  it('prefers the issuer to the copy, and does not look at the copy while the issuer answers', async () => {
    const { issuer, verdict } = setUp({ keys: setOf(k2), recalled: { keys: setOf(k1), fetchedAt: 1_794_999_999_000 } });
    expect(await verdict('k1')).toBe(UNKNOWN);
    expect(await verdict('k2')).toBe('key');
    expect(issuer.recalls).toBe(0);
  });

  it('refuses a copy that is too old, and then tries the issuer every second, not every half minute', async () => {
    const { issuer, verdict } = setUp({
      recalled: { keys: setOf(k1), fetchedAt: 1_795_000_000_000 - BELIEVED - 1 },
    });
    issuer.down = true;
    expect(await verdict('k1')).toBe('KeysUnavailable');
    issuer.down = false;
    issuer.now += SECOND;
    expect(await verdict('k1')).toBe('key');
    expect(issuer.fetches).toBe(2);
  });

  it('fails when there is neither issuer nor copy, and asks at most once a second', async () => {
    const { issuer, verdict } = setUp();
    issuer.down = true;
    for (let i = 0; i < 50; i++) expect(await verdict('k1')).toBe('KeysUnavailable');
    expect(issuer.fetches).toBe(1);
    issuer.now += SECOND - 1;
    await verdict('k1');
    expect(issuer.fetches).toBe(1);
    issuer.now += 1;
    issuer.down = false;
    expect(await verdict('k1')).toBe('key');
  });

  it('takes an answer that is no key set for an outage', async () => {
    const { issuer, verdict } = setUp();
    await verdict('k1');
    for (const nonsense of [{}, { keys: 'none' }, { keys: [1] }, null, 'text']) {
      issuer.keys = nonsense as unknown as JSONWebKeySet;
      issuer.now += FRESH;
      expect(await verdict('k1')).toBe('key');
    }
    expect(issuer.fetches).toBe(6);
    expect(issuer.remembered.length).toBe(1);
  });

  it('works when the copy can be neither kept nor recalled', async () => {
    const sources = {
      fetch: async () => setOf(k1),
      recall: () => Promise.reject(new Error('no KV')),
      remember: () => Promise.reject(new Error('no KV')),
      now: () => 1_795_000_000_000,
    };
    const token = { payload: '', signature: '' };
    const header = { alg: 'ES256', kid: 'k1' };
    expect(await new KeyCache(sources).key(header, token)).toBeInstanceOf(CryptoKey);
    const away = { ...sources, fetch: () => Promise.reject(new Error('away')) };
    await expect(new KeyCache(away).key(header, token)).rejects.toThrow(KeysUnavailable);
  });
});
