import { GuardState } from '../domain/access/guard-state.ts';
import type { RateLimitPolicy } from '../domain/access/rate-limit.ts';
import type { KnownSession } from '../domain/access/standing.ts';
import type { Entry } from '../domain/context.ts';
import { RateLimiter } from './rate-limiter.ts';

const KEY = 'changes';

/**
 * One object an admin, by subject: counts its requests and knows its sessions and permissions, in one call.
 *
 * What it knows it was taught (it reaches no database). Changes under way are stored, so that an eviction in between does not
 * let an old standing in.
 */
export class AdminGuard extends RateLimiter {
  #state: GuardState | undefined;

  async enter(sessionId: string, policy: RateLimitPolicy | null): Promise<Entry> {
    const permits = policy ? await this.takeMany(policy, 1) : null;
    return { permits, ...this.#guard().ask(sessionId, Date.now()) };
  }

  async learn(ticket: string, sessionId: string, session: KnownSession): Promise<boolean> {
    return this.#guard().learn(ticket, sessionId, session, Date.now());
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
    if (this.#guard().changes.size > 0) this.#store();
  }

  #guard(): GuardState {
    this.#state ??= new GuardState(this.ctx.storage.kv.get<[string, number][]>(KEY));
    return this.#state;
  }

  #store(): void {
    const { changes } = this.#guard();
    if (changes.size === 0) this.ctx.storage.kv.delete(KEY);
    else this.ctx.storage.kv.put(KEY, [...changes]);
  }
}
