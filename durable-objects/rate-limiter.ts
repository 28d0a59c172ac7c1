import { DurableObject } from 'cloudflare:workers';
import {
  answerOf,
  type Permits,
  type RateLimitAnswer,
  type RateLimitPolicy,
  type RateLimitState,
  take,
} from '../domain/access/rate-limit.ts';

const KEY = 'window';
const WRITE_EVERY_MS = 1000;

/** One object a key. Exact under concurrency because an object runs one call at a time; an alarm empties it afterwards. */
export class RateLimiter extends DurableObject {
  #state: RateLimitState | undefined;
  #loaded = false;
  #writing = false;

  async take(policy: RateLimitPolicy): Promise<RateLimitAnswer> {
    return answerOf(this.#take(policy, 1));
  }

  /** Up to `n` at once, for requests that wait together. */
  async takeMany(policy: RateLimitPolicy, n: number): Promise<Permits> {
    return this.#take(policy, n);
  }

  #take(policy: RateLimitPolicy, n: number): Permits {
    if (!this.#loaded) {
      this.#state = this.ctx.storage.kv.get<RateLimitState>(KEY);
      this.#loaded = true;
    }
    const before = this.#state;
    const { state, permits } = take(before, policy, Date.now(), n);
    this.#state = state;
    if (before?.windowEndsAt !== state.windowEndsAt) {
      void this.ctx.storage.put(KEY, state, { allowUnconfirmed: true });
      void this.ctx.storage.setAlarm(state.windowEndsAt + 1000, { allowUnconfirmed: true });
    } else if (permits.granted > 0) this.#writeSoon();
    return permits;
  }

  /**
   * The count must outlive an eviction, which a pending timer holds off; but a write for each request would cost more than
   * everything else here, so one a second does. A crash of the machine forgives what that second let through.
   */
  #writeSoon(): void {
    if (this.#writing) return;
    this.#writing = true;
    setTimeout(() => {
      this.#writing = false;
      if (this.#state) void this.ctx.storage.put(KEY, this.#state, { allowUnconfirmed: true });
    }, WRITE_EVERY_MS);
  }

  override async alarm(): Promise<void> {
    const state = this.#state ?? this.ctx.storage.kv.get<RateLimitState>(KEY);
    if (state && Date.now() < state.windowEndsAt) {
      await this.ctx.storage.setAlarm(state.windowEndsAt + 1000);
      return;
    }
    this.#state = undefined;
    await this.ctx.storage.deleteAll();
  }
}
