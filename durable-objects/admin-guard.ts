import { GuardState, type Learned } from '../domain/access/guard-state.ts';
import type { RateLimitPolicy } from '../domain/access/rate-limit.ts';
import type { KnownSession } from '../domain/access/standing.ts';
import type { Entry } from '../domain/context.ts';
import { RateLimiter } from './rate-limiter.ts';

const CHANGES = 'changes';
const LEARNED = 'learned';

/**
 * One object an admin, by subject: counts its requests and knows its sessions and permissions, in one call.
 *
 * What it knows it was taught (it reaches no database). Changes under way are stored, so that an eviction in between does not
 * let an old standing in; what was learned is stored, so that the gate goes on while Postgres is away.
 */
export class AdminGuard extends RateLimiter {
  #state: GuardState | undefined;

  async enter(sessionId: string, policy: RateLimitPolicy | null): Promise<Entry> {
    const permits = policy ? await this.takeMany(policy, 1) : null;
    return { permits, ...this.#guard().ask(sessionId, Date.now()) };
  }

  async learn(ticket: string, sessionId: string, session: KnownSession): Promise<boolean> {
    const taken = this.#guard().learn(ticket, sessionId, session, Date.now());
    // Of no use to anybody before it is written, and no harm if it never is.
    if (taken) void this.ctx.storage.put(LEARNED, this.#guard().learned, { allowUnconfirmed: true });
    return taken;
  }

  /** Confirmed to the caller only when stored: the change may be committed after that. */
  async begin(change: string): Promise<void> {
    this.#guard().begin(change, Date.now());
    this.#store();
  }

  async end(change: string): Promise<void> {
    this.#guard().end(change);
    this.#store();
  }

  override async alarm(): Promise<void> {
    await super.alarm();
    const { learned, changes } = this.#guard();
    if (learned) void this.ctx.storage.put(LEARNED, learned, { allowUnconfirmed: true });
    if (changes.size > 0) this.#store();
  }

  #guard(): GuardState {
    const { kv } = this.ctx.storage;
    this.#state ??= new GuardState(kv.get<[string, number][]>(CHANGES), kv.get<Learned>(LEARNED));
    return this.#state;
  }

  /** After every begin and end: nothing is known then. */
  #store(): void {
    const { kv } = this.ctx.storage;
    const { changes, learned } = this.#guard();
    if (!learned) kv.delete(LEARNED);
    if (changes.size === 0) kv.delete(CHANGES);
    else kv.put(CHANGES, [...changes]);
  }
}
