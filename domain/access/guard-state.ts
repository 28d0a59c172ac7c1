import type { KnownSession, Standing } from './standing.ts';

/** After so long a standing is asked for again: a backstop for rows that somebody changed by hand. */
const FRESH_MS = 60_000;
/** Longer than a statement may take with its repetitions: a change that is not ended by then has failed or was committed. */
export const CHANGE_MS = 90_000;
const MAX_SESSIONS = 200;

/**
 * What a guard object remembers of one admin. Pure: the object around it stores `changes` and gives the time.
 *
 * A standing read from Postgres may be old by the time it arrives. It is taken only under the ticket that was given before
 * it was read, and every change of the admin's access spoils that ticket; while a change is under way nothing is taken.
 */
export class GuardState {
  #standing: Standing | undefined;
  #sessions = new Map<string, boolean>();
  #until = 0;
  #ticket = crypto.randomUUID() as string;
  /** Changes under way → when they are given up, milliseconds since the epoch. */
  readonly changes: Map<string, number>;

  constructor(changes: Iterable<[string, number]> = []) {
    this.changes = new Map(changes);
  }

  /** What is known of the session, or null and the ticket under which it may be learned. */
  ask(sessionId: string, now: number): { known: KnownSession | null; ticket: string } {
    if (this.#standing && now >= this.#until) this.#forget();
    const ended = this.#sessions.get(sessionId);
    const known = this.#standing && ended !== undefined ? { standing: this.#standing, ended } : null;
    return { known, ticket: this.#ticket };
  }

  learn(ticket: string, sessionId: string, { standing, ended }: KnownSession, now: number): boolean {
    for (const [id, until] of this.changes) if (now >= until) this.changes.delete(id);
    if (ticket !== this.#ticket || this.changes.size > 0) return false;
    if (!this.#standing) this.#until = now + FRESH_MS;
    this.#standing = standing;
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
    this.#standing = undefined;
    this.#sessions.clear();
    this.#ticket = crypto.randomUUID();
  }
}
