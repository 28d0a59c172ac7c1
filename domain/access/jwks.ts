import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';

/** Of a cache: `stale` keys are believed while the issuer is away. */
export type KeyState = 'fresh' | 'stale' | 'none';

/** The issuer's keys as last fetched. */
export interface KeySnapshot {
  keys: JSONWebKeySet;
  /** Milliseconds since the epoch. */
  fetchedAt: number;
}

export interface KeySources {
  fetch(): Promise<JSONWebKeySet>;
  /** The last good copy outside this isolate, for one that starts while the issuer is away. */
  recall(): Promise<KeySnapshot | null>;
  remember(snapshot: KeySnapshot): Promise<void>;
  now(): number;
}

/** After this a key set is fetched anew: how long a key that the issuer removed can still be accepted. */
const FRESH_MS = 5 * 60_000;
/** While the issuer is away, keys older than this are no longer believed. */
const STALE_MS = 4 * 3_600_000;
/** No more than one fetch in this time, whatever tokens arrive; without any key to go on with, more often. */
const PAUSE_MS = 30_000;
const PAUSE_WITHOUT_KEYS_MS = 1_000;
const WAIT_MS = 5_000;

/** No key set can be had: the caller cannot be told from a stranger, which is not the caller's fault. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

/**
 * A bounded stale cache over the issuer's JWKS with one fetch in flight.
 *
 * An outage of the issuer locks nobody out for STALE_MS, an unknown `kid` costs at most one fetch per PAUSE_MS, and tokens
 * never cause a fetch of an address of their own (`jku`, `x5u` and embedded keys are ignored).
 */
export class KeyCache {
  #sources: KeySources;
  #snapshot: KeySnapshot | undefined;
  #find: ReturnType<typeof createLocalJWKSet> | undefined;
  #inFlight: Promise<void> | undefined;
  #failure: unknown;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(sources: KeySources) {
    this.#sources = sources;
  }

  /** The key a token names, for jose's verify functions. @throws KeysUnavailable, JOSEError */
  async key(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    await this.#refresh(this.#age() < FRESH_MS);
    try {
      return await this.#lookUp(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh(false);
      return this.#lookUp(header, token);
    }
  }

  /** Fetches if that is due, and says what there is to verify with. */
  async look(waitMs: number): Promise<KeyState> {
    await this.#refresh(this.#age() < FRESH_MS, waitMs);
    if (this.#age() < FRESH_MS) return 'fresh';
    return this.#find && this.#age() <= STALE_MS ? 'stale' : 'none';
  }

  #age(): number {
    return this.#snapshot ? this.#sources.now() - this.#snapshot.fetchedAt : Number.POSITIVE_INFINITY;
  }

  #lookUp(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (!this.#find || this.#age() > STALE_MS)
      throw new KeysUnavailable('the issuer’s keys cannot be fetched', { cause: this.#failure });
    return this.#find(header, token);
  }

  async #refresh(enough: boolean, waitMs = WAIT_MS): Promise<void> {
    if (enough) return;
    if (!this.#inFlight) {
      const pause = this.#age() <= STALE_MS ? PAUSE_MS : PAUSE_WITHOUT_KEYS_MS;
      if (this.#sources.now() - this.#triedAt < pause) return;
      this.#triedAt = this.#sources.now();
      this.#inFlight = this.#load();
    }
    const load = this.#inFlight;
    // The request that started the fetch may be cancelled and take it along, so that it never ends: nobody else waits for it
    // longer than this, and after that it no longer stands in the way of another one.
    await Promise.race([load, new Promise<void>((resolve) => setTimeout(resolve, waitMs))]);
    if (this.#inFlight === load) this.#inFlight = undefined;
  }

  async #load(): Promise<void> {
    try {
      this.#adopt({ keys: await this.#sources.fetch(), fetchedAt: this.#sources.now() });
      if (this.#snapshot) await this.#sources.remember(this.#snapshot).catch(() => undefined);
    } catch (error) {
      this.#failure = error;
      if (this.#snapshot) return;
      const recalled = await this.#sources.recall().catch(() => null);
      if (recalled) this.#adopt(recalled);
    }
  }

  #adopt(snapshot: KeySnapshot): void {
    this.#find = createLocalJWKSet(snapshot.keys);
    this.#snapshot = snapshot;
  }
}
