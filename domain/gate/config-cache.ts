import type { GateSnapshot } from '../../drizzle/repositories/gate.ts';
import { atMost, inTime } from './patience.ts';
import { compileService, type Service } from './service.ts';

/** A snapshot outside Postgres, for when Postgres is away. */
export interface KeptSnapshot {
  snapshot: GateSnapshot;
  /** Milliseconds since the epoch at which Postgres gave it. */
  readAt: number;
}

/** Where configuration comes from; each belongs to the invocation that asks. */
export interface ConfigSources {
  /** From Postgres; null when there is no such service. */
  read(serviceId: string): Promise<GateSnapshot | null>;
  recall(serviceId: string): Promise<KeptSnapshot | null>;
  keep(serviceId: string, kept: KeptSnapshot): Promise<void>;
  /** What the last change of the service left for every isolate of this location; null when that is long ago or cannot be had. */
  marker(serviceId: string): Promise<string | null>;
  later(work: Promise<unknown>): void;
  /** Called once for every load that failed. */
  failed(error: unknown): void;
}

export interface Found {
  /** Null: there is no such service. Undefined: nobody knows. */
  service: Service | null | undefined;
  /** Seconds since Postgres gave this copy, when Postgres does not answer now; null when it does. */
  staleSeconds: number | null;
  /** A change was heard of that this copy may not have. */
  isOutdated: boolean;
}

interface Copy {
  service: Service | null;
  readAt: number;
  /** The entry's when Postgres was asked for it; another one now: there was a change since. */
  epoch: number;
}

interface Entry {
  copy: Copy | undefined;
  /** The copy's snapshot as it is in KV, as far as this isolate knows. */
  text: string;
  /** Until then the copy is used without asking Postgres. */
  freshUntil: number;
  marker: string | null;
  lookedAt: number;
  /** When the last load failed; NEVER when it did not. */
  failedAt: number;
  /** `enough` resolves when there is something to decide from, or nothing to be had: with what Postgres gave, when it did. */
  loading: { enough: Promise<Copy | undefined>; since: number } | undefined;
  /** Grows with each change that is heard of: a load that began before it must not count afterwards. */
  epoch: number;
}

const NEVER = Number.NEGATIVE_INFINITY;
/** No epoch of any entry. */
const UNKNOWN = -1;
const FRESH_MS = 10_000;
/** So long ago the last look at the marker may be. */
const LOOK_MS = 100;
/** Postgres is waited for so long, then the last known copy decides; KV is given as long again at most. */
const PATIENCE_MS = 2000;
/** Without any copy it is waited for so long on top. */
const LATE_MS = 5000;
const LOAD_MS = 2 * PATIENCE_MS + LATE_MS + 500;
const RETRY_MS = 1000;
const MAX_SERVICES = 1000;

/**
 * Configuration of the services this isolate guards: at most 10 s old, and at most 100 ms behind a change made through a Worker
 * in the same location. While Postgres is away the last known copy goes on deciding, this isolate's own or else KV's.
 */
export class ConfigCache {
  #entries = new Map<string, Entry>();
  #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What to decide from when nobody has to be asked; undefined: ask `find`. */
  ready(serviceId: string): Service | null | undefined {
    const entry = this.#entries.get(serviceId);
    const now = this.#now();
    return entry && now < entry.freshUntil && now - entry.lookedAt < LOOK_MS ? entry.copy?.service : undefined;
  }

  /** What Postgres gave within the last 10 s, for what no decision hangs on; undefined: nobody knows. Asks nobody. */
  recent(serviceId: string): Service | null | undefined {
    const entry = this.#entries.get(serviceId);
    return entry && this.#now() < entry.freshUntil ? entry.copy?.service : undefined;
  }

  async find(serviceId: string, sources: ConfigSources): Promise<Found> {
    const entry = this.#entryOf(serviceId);
    // Before the load: a change after this look shows in the next one, whenever Postgres is read.
    if (this.#now() - entry.lookedAt >= LOOK_MS) await this.#look(entry, serviceId, sources);
    if (this.#now() >= entry.freshUntil) {
      // Those who waited take what was read for them: a further change may have come since, for which the entry waits.
      const read = await this.#refresh(entry, serviceId, sources);
      if (read) return { service: read.service, staleSeconds: null, isOutdated: false };
    }
    const { copy, epoch } = entry;
    if (!copy) return { service: undefined, staleSeconds: null, isOutdated: false };
    const staleSeconds = Math.max(0, Math.floor((this.#now() - copy.readAt) / 1000));
    return {
      service: copy.service,
      staleSeconds: this.#now() < entry.freshUntil ? null : staleSeconds,
      isOutdated: copy.epoch !== epoch,
    };
  }

  /** A change was made: the next check in this isolate asks Postgres. */
  invalidate(serviceId: string): void {
    const entry = this.#entries.get(serviceId);
    if (entry) outdate(entry);
  }

  #entryOf(serviceId: string): Entry {
    const entry = this.#entries.get(serviceId) ?? newEntry();
    // A Map keeps the order of insertion: what is in use comes here every 100 ms and moves to the end.
    this.#entries.delete(serviceId);
    if (this.#entries.size >= MAX_SERVICES) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(serviceId, entry);
    return entry;
  }

  /** Each request looks for itself: one that waited for another's look would hang when that one is cancelled. */
  async #look(entry: Entry, serviceId: string, sources: ConfigSources): Promise<void> {
    const marker = await sources.marker(serviceId);
    if (marker !== null && marker !== entry.marker) {
      entry.marker = marker;
      if (entry.copy || entry.loading) outdate(entry);
    }
    entry.lookedAt = this.#now();
  }

  /** Waits for Postgres, unless it was away a moment ago and there is a copy to go on with. */
  async #refresh(entry: Entry, serviceId: string, sources: ConfigSources): Promise<Copy | undefined> {
    const now = this.#now();
    // One that lasts longer went down with the request that began it.
    if (!entry.loading || now - entry.loading.since > LOAD_MS) {
      if (now - entry.failedAt < RETRY_MS) return;
      const { promise, resolve } = Promise.withResolvers<Copy | undefined>();
      entry.loading = { enough: promise, since: now };
      // Others wait for it: it goes on when this request's own client is gone.
      sources.later(this.#load(entry, serviceId, sources, resolve));
    }
    if (entry.copy && entry.failedAt !== NEVER) return;
    const { loading } = entry;
    const read = await atMost(loading.enough, entry.copy ? PATIENCE_MS : LOAD_MS, undefined);
    if (entry.loading === loading && this.#now() >= entry.freshUntil) entry.failedAt = this.#now();
    return read;
  }

  async #load(entry: Entry, serviceId: string, sources: ConfigSources, enough: (read?: Copy) => void): Promise<void> {
    const { epoch } = entry;
    const reading = sources.read(serviceId);
    const adopt = (snapshot: GateSnapshot | null) => this.#adopt(entry, serviceId, { snapshot, epoch }, sources);
    try {
      enough(adopt(await inTime(reading, PATIENCE_MS)));
    } catch (error) {
      sources.failed(error);
      if (!entry.copy) await recall(entry, serviceId, sources);
      if (entry.epoch === epoch) entry.failedAt = this.#now();
      if (entry.copy) enough();
      // A slow answer is better than none, and it is the only one asked for until then.
      enough(await inTime(reading, LATE_MS).then(adopt, () => undefined));
    }
    if (entry.epoch === epoch) entry.loading = undefined;
  }

  #adopt(
    entry: Entry,
    serviceId: string,
    read: { snapshot: GateSnapshot | null; epoch: number },
    sources: ConfigSources,
  ): Copy {
    const { snapshot, epoch } = read;
    const readAt = this.#now();
    // Read before a change: good enough for those who asked before it, and for nobody else.
    if (entry.epoch !== epoch) {
      const copy = { service: snapshot && compileService(snapshot), readAt, epoch };
      entry.copy ??= copy;
      return copy;
    }
    const text = snapshot ? JSON.stringify(snapshot) : '';
    const isSame = entry.copy !== undefined && text !== '' && text === entry.text;
    const service = isSame ? (entry.copy?.service ?? null) : snapshot && compileService(snapshot);
    const copy = { service, readAt, epoch };
    entry.copy = copy;
    entry.freshUntil = readAt + FRESH_MS;
    entry.failedAt = NEVER;
    if (!snapshot || isSame) return copy;
    entry.text = text;
    const keeping = sources.keep(serviceId, { snapshot, readAt });
    sources.later(
      keeping.catch((error) => {
        entry.text = '';
        throw error;
      }),
    );
    return copy;
  }
}

async function recall(entry: Entry, serviceId: string, sources: ConfigSources): Promise<void> {
  const kept = await inTime(sources.recall(serviceId), PATIENCE_MS).catch(() => null);
  if (!kept || entry.copy) return;
  // A marker tells of a change in the last minute, which KV may not have yet.
  const epoch = entry.marker === null ? entry.epoch : UNKNOWN;
  entry.copy = { service: compileService(kept.snapshot), readAt: kept.readAt, epoch };
  entry.text = JSON.stringify(kept.snapshot);
}

const newEntry = (): Entry => ({
  copy: undefined,
  text: '',
  freshUntil: NEVER,
  marker: null,
  lookedAt: NEVER,
  failedAt: NEVER,
  loading: undefined,
  epoch: 0,
});

/** The copy stays, for the case that Postgres is away just now. */
function outdate(entry: Entry): void {
  entry.epoch++;
  entry.freshUntil = NEVER;
  entry.failedAt = NEVER;
  entry.loading = undefined;
}
