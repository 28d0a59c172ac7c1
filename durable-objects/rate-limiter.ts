import { DurableObject } from 'cloudflare:workers';
import {
  answerOf,
  type Permits,
  type RateLimitAnswer,
  type RateLimitPolicy,
  type RateLimitState,
  take,
} from '../domain/access/rate-limit.ts';

const PREFIX = 'window:';
const WRITE_EVERY_MS = 1000;

/**
 * One object a key, with a window for each policy that is asked for. Exact under concurrency because an object runs one call at a
 * time; an alarm empties it afterwards.
 */
export class RateLimiter extends DurableObject {
  readonly #windows = new Map<string, RateLimitState | undefined>();
  readonly #writing = new Set<string>();

  async take(policy: RateLimitPolicy): Promise<RateLimitAnswer> {
    return answerOf(this.#take(policy, 1));
  }

  /** Up to `n` at once, for requests that wait together. */
  async takeMany(policy: RateLimitPolicy, n: number): Promise<Permits> {
    return this.#take(policy, n);
  }

  #take(policy: RateLimitPolicy, n: number): Permits {
    const key = PREFIX + policy.name;
    if (!this.#windows.has(key)) this.#windows.set(key, this.ctx.storage.kv.get<RateLimitState>(key));
    const before = this.#windows.get(key);
    const { state, permits } = take(before, policy, Date.now(), n);
    this.#windows.set(key, state);
    if (before?.windowEndsAt !== state.windowEndsAt) {
      void this.ctx.storage.put(key, state, { allowUnconfirmed: true });
      void this.ctx.storage.setAlarm(this.#lastEnd() + 1000, { allowUnconfirmed: true });
    } else if (permits.granted > 0) this.#writeSoon(key);
    return permits;
  }

  /** Of the windows this object has looked at. */
  #lastEnd(): number {
    return Math.max(0, ...[...this.#windows.values()].map((state) => state?.windowEndsAt ?? 0));
  }

  /**
   * The count must outlive an eviction, which a pending timer holds off; but a write for each request would cost more than
   * everything else here, so one a second does. A crash of the machine forgives what that second let through.
   */
  #writeSoon(key: string): void {
    if (this.#writing.has(key)) return;
    this.#writing.add(key);
    setTimeout(() => {
      this.#writing.delete(key);
      const state = this.#windows.get(key);
      if (state) void this.ctx.storage.put(key, state, { allowUnconfirmed: true });
    }, WRITE_EVERY_MS);
  }

  override async alarm(): Promise<void> {
    for (const [key, state] of this.ctx.storage.kv.list<RateLimitState>({ prefix: PREFIX }))
      if (!this.#windows.get(key)) this.#windows.set(key, state);
    const lastEnd = this.#lastEnd();
    if (Date.now() < lastEnd) {
      await this.ctx.storage.setAlarm(lastEnd + 1000);
      return;
    }
    this.#windows.clear();
    await this.ctx.storage.deleteAll();
  }
}
