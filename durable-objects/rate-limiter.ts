import { DurableObject } from 'cloudflare:workers';
import {
  type RateLimitAnswer,
  type RateLimitPolicy,
  type RateLimitState,
  takeOne,
} from '../domain/access/rate-limit.ts';

const KEY = 'window';

/** One object a key. Exact under concurrency because an object runs one call at a time; an alarm empties it afterwards. */
export class RateLimiter extends DurableObject {
  #state: RateLimitState | undefined;
  #loaded = false;

  async take(policy: RateLimitPolicy): Promise<RateLimitAnswer> {
    if (!this.#loaded) {
      this.#state = this.ctx.storage.kv.get<RateLimitState>(KEY);
      this.#loaded = true;
    }
    const before = this.#state;
    const { state, answer } = takeOne(before, policy, Date.now());
    this.#state = state;
    // The count must outlive an eviction, but the answer need not wait for the disk: a crash forgives at most a few requests.
    if (answer.allowed) void this.ctx.storage.put(KEY, state, { allowUnconfirmed: true });
    if (before?.windowEndsAt !== state.windowEndsAt)
      void this.ctx.storage.setAlarm(state.windowEndsAt + 1000, { allowUnconfirmed: true });
    return answer;
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
