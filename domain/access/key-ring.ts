import type { SigningKeyRow } from '../../drizzle/repositories/signing-keys.ts';
import { Unavailable } from '../errors.ts';
import { atMost, inTime } from '../gate/patience.ts';
import { chooseKeys } from './key-choice.ts';
import { type EnvironmentKey, isStoredKeyId, type OpenedKeys, openKeys } from './key-opening.ts';
import { type KeyUse, newSecret, wrapSecret } from './key-wrap.ts';

/** Keys by id, as they count now. */
export interface KeysInUse {
  /** What signs or encrypts. */
  current: string;
  /** All that verify or decrypt. */
  keys: ReadonlyMap<string, CryptoKey>;
  /** Another number as soon as other keys count: what was concluded by these does not hold any more. */
  revision: number;
}

/** Where stored keys come from; each belongs to the invocation that asks. */
export interface KeySources {
  read(): Promise<SigningKeyRow[]>;
  /** Goes on after the answer. */
  later(work: Promise<unknown>): void;
  /** Called once for every load that failed, and for keys that do not open. */
  failed(error: unknown): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface WrappedKey {
  wrapped: string;
  wrappedBy: string;
}

/** After this the store is read anew: so long a key that was retired elsewhere still verifies here. */
export const FRESH_MS = 30_000;
/** While the store is away, nothing older than this is believed. */
const STALE_MS = 4 * 3_600_000;
/** No more than one load in this time, whatever ids links and cookies name; who comes in between waits for the next one. */
const PAUSE_MS = 1000;
/** Postgres is waited for so long. */
const PATIENCE_MS = 3000;
const NEVER = Number.NEGATIVE_INFINITY;

interface View {
  inUse: KeysInUse;
  until: number;
}

/**
 * The keys of an isolate: those of the environment and those of Postgres, which also says what has ended.
 *
 * Before Postgres was read there are none: a key of the environment that was retired must not come back to life with a new
 * isolate. Once it was read, what is known goes on while Postgres is away.
 */
export class KeyRing {
  #environment: Readonly<Record<KeyUse, readonly EnvironmentKey[]>>;
  #clock: Clock;
  #opened: Readonly<Record<KeyUse, OpenedKeys>> | undefined;
  /** The rows that were opened, as text. */
  #rows = '';
  #views = new Map<KeyUse, View>();
  #revision = 0;
  #loadedAt = NEVER;
  #triedAt = NEVER;
  /** Of the last load; undefined: it brought the keys. */
  #failure: unknown;
  #loading: { work: Promise<void>; since: number } | undefined;
  /** Grows with each change that is heard of: a load that began before it does not count. */
  #epoch = 0;

  constructor(environment: Readonly<Record<KeyUse, readonly EnvironmentKey[]>>, clock: Clock) {
    this.#environment = environment;
    this.#clock = clock;
  }

  /**
   * @param named what a link or cookie names: one that is not known may have been made by another isolate, so the store is asked
   * @throws Unavailable when the store was never read, or too long ago
   */
  async keys(use: KeyUse, sources: KeySources, named: string | null = null): Promise<KeysInUse> {
    const askedAt = this.#clock.now();
    const isKnown = () => named === null || !isStoredKeyId(named) || this.#opened?.[use].keys.has(named) === true;
    const isBelieved = () => this.#clock.now() - this.#loadedAt < STALE_MS;
    if (!isKnown() || askedAt - this.#loadedAt >= FRESH_MS) await this.#refresh(sources, isKnown() && isBelieved());
    // The load that was waited for may have begun before the key was made.
    if (!isKnown() && this.#loadedAt < askedAt && this.#failure === undefined) await this.#refresh(sources, false);
    const opened = this.#opened?.[use];
    // While the store is away nobody can say of a key that is not known that it is none of ours.
    const suffices = isBelieved() && (isKnown() || this.#failure === undefined);
    if (opened && suffices) return this.#viewOf(use, opened).inUse;
    throw new Unavailable('Which signing keys count cannot be looked up right now; try again shortly.', this.#failure);
  }

  /** A new secret, wrapped for the store. */
  async wrapNew(use: KeyUse, id: string): Promise<WrappedKey> {
    const [first] = this.#environment[use];
    if (!first) throw new Error(`the environment has no key for ${use}`);
    return { wrapped: await wrapSecret(first.wrapping, use, id, newSecret()), wrappedBy: first.id };
  }

  environmentIds(use: KeyUse): readonly string[] {
    return this.#environment[use].map(({ id }) => id);
  }

  /** The store was changed by this isolate, which reads it at once. */
  async changed(sources: KeySources): Promise<void> {
    this.#epoch++;
    this.#loadedAt = Math.min(this.#loadedAt, this.#clock.now() - FRESH_MS);
    this.#triedAt = NEVER;
    this.#failure = undefined;
    this.#loading = undefined;
    await this.#refresh(sources, false);
  }

  #viewOf(use: KeyUse, { known, keys }: OpenedKeys): View {
    const last = this.#views.get(use);
    if (last && this.#clock.now() < last.until) return last;
    const { current, verifying, until } = chooseKeys(known, this.#clock.now());
    const counting = new Map([...keys].filter(([id]) => verifying.includes(id)));
    const view = { inUse: { current: current ?? '', keys: counting, revision: ++this.#revision }, until };
    this.#views.set(use, view);
    return view;
  }

  /** Waits for the store, unless it was away a moment ago and what is known suffices. */
  async #refresh(sources: KeySources, suffices: boolean): Promise<void> {
    const now = this.#clock.now();
    // One that lasts longer went down with the request that began it.
    if (!this.#loading || now - this.#loading.since > 2 * PATIENCE_MS) {
      const pause = Math.max(0, this.#triedAt + PAUSE_MS - now);
      if (pause > 0 && suffices) return;
      this.#triedAt = now + pause;
      this.#loading = { work: this.#load(sources, pause), since: now };
      // Others wait for it: it goes on when this request's own client is gone.
      sources.later(this.#loading.work);
    }
    if (suffices && this.#failure !== undefined) return;
    await atMost(this.#loading.work, 2 * PATIENCE_MS, undefined);
  }

  async #load(sources: KeySources, pause: number): Promise<void> {
    const epoch = this.#epoch;
    if (pause > 0) await this.#clock.sleep(pause);
    const startedAt = this.#clock.now();
    try {
      const rows = await inTime(sources.read(), PATIENCE_MS);
      const text = JSON.stringify(rows);
      const opened = text === this.#rows && this.#opened ? this.#opened : await this.#open(rows, sources);
      if (this.#epoch !== epoch || startedAt < this.#loadedAt) return;
      if (opened !== this.#opened) this.#views.clear();
      this.#opened = opened;
      this.#rows = text;
      this.#loadedAt = startedAt;
      this.#failure = undefined;
    } catch (error) {
      sources.failed(error);
      if (this.#epoch === epoch) this.#failure = error;
    }
    if (this.#epoch === epoch) this.#loading = undefined;
  }

  async #open(rows: readonly SigningKeyRow[], sources: KeySources) {
    const [links, cookies] = await Promise.all([
      openKeys('links', this.#environment.links, rows),
      openKeys('cookies', this.#environment.cookies, rows),
    ]);
    const unopened = [...links.unopened, ...cookies.unopened];
    if (unopened.length > 0)
      sources.failed(new Error(`no key of the environment opens these stored keys: ${unopened.join(', ')}`));
    return { links, cookies };
  }
}
