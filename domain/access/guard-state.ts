import type { KnownSession, Standing } from './standing.ts';

/** After so long a standing is asked for again: a backstop for rows that somebody changed by hand. */
const FRESH_MS = 60_000;
/** One request in this time asks again; the others go on with what is known. */
const RETRY_MS = 1_000;
/** While Postgres is away, what is older than this is no longer believed. */
const STALE_MS = 4 * 3_600_000;
/** Longer than a statement may take with its repetitions: a change that is not ended by then has failed or was committed. */
export const CHANGE_MS = 90_000;
const MAX_SESSIONS = 200;

/** What outlives an eviction of the object. */
export interface Learned {
  standing: Standing;
  /** Session id → whether it has ended. */
  sessions: [string, boolean][];
  /** When Postgres was last asked, milliseconds since the epoch. */
  at: number;
}

export interface Asked {
  /** null: ask Postgres, and teach it under `ticket`. */
  known: KnownSession | null;
  /** What was known before, for what must go on while Postgres is away. No change made through us came since. */
  stale: KnownSession | null;
  ticket: string;
}

/**
 * What a guard object remembers of one admin. Pure: the object around it stores `changes` and `learned` and gives the time.
 *
 * A standing read from Postgres may be old by the time it arrives. It is taken only under the ticket that was given before
 * it was read, and every change of the admin's access spoils that ticket; while a change is under way nothing is taken.
 */
export class GuardState {
  #learned: Omit<Learned, 'sessions'> | undefined;
  #sessions: Map<string, boolean>;
  #retryAt = 0;
  #ticket = crypto.randomUUID() as string;
  /** Changes under way → when they are given up, milliseconds since the epoch. */
  readonly changes: Map<string, number>;

  constructor(changes: Iterable<[string, number]> = [], learned?: Learned) {
    this.changes = new Map(changes);
    this.#learned = learned;
    this.#sessions = new Map(learned?.sessions);
  }

  get learned(): Learned | undefined {
    return this.#learned && { ...this.#learned, sessions: [...this.#sessions] };
  }

  ask(sessionId: string, now: number): Asked {
    const ended = this.#sessions.get(sessionId);
    const ticket = this.#ticket;
    if (!this.#learned || ended === undefined || now - this.#learned.at >= STALE_MS)
      return { known: null, stale: null, ticket };
    const session = { standing: this.#learned.standing, ended };
    if (now - this.#learned.at < FRESH_MS || now < this.#retryAt) return { known: session, stale: null, ticket };
    this.#retryAt = now + RETRY_MS;
    return { known: null, stale: session, ticket };
  }

  learn(ticket: string, sessionId: string, { standing, ended }: KnownSession, now: number): boolean {
    for (const [id, until] of this.changes) if (now >= until) this.changes.delete(id);
    if (ticket !== this.#ticket || this.changes.size > 0) return false;
    // What was learned of other sessions is as old as it was.
    if (!this.#learned || now - this.#learned.at >= FRESH_MS) {
      this.#learned = { standing, at: now };
      this.#sessions.clear();
    } else this.#learned.standing = standing;
    if (this.#sessions.size >= MAX_SESSIONS) this.#sessions.clear();
    this.#sessions.set(sessionId, ended);
    return true;
  }

  /** Before a change of this admin's access is committed: from here on nothing that was read earlier counts. */
  begin(change: string, now: number): void {
    this.changes.set(change, now + CHANGE_MS);
    this.#forget();
  }

  /** After it was committed, or was not made. */
  end(change: string): void {
    this.changes.delete(change);
    this.#forget();
  }

  #forget(): void {
    this.#learned = undefined;
    this.#sessions.clear();
    this.#ticket = crypto.randomUUID();
  }
}
