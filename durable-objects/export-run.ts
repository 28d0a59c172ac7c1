import { type Claim, type Claimed, type ClaimRequest, claimOnce } from '../domain/exports/one-time.ts';
import { EXPORTS, type ExportSnapshot } from '../domain/exports/progress.ts';
import { RunFeed } from './run-feed.ts';

const CLAIM = 'claim:';

/**
 * One object an export: tells everybody who follows it how far it is, and sees to it that a one-time link is used once.
 *
 * Progress is not stored: after an eviction it is what the next run or the next follower says. Claims are.
 */
export class ExportRun extends RunFeed<ExportSnapshot> {
  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env, EXPORTS);
  }

  /** Stored before it is answered: the runtime holds an answer back until what was written before it is safe. */
  async claim(nonce: string, request: ClaimRequest): Promise<Claimed> {
    const { kv } = this.ctx.storage;
    const current = kv.get<Claim>(CLAIM + nonce);
    const { claim, answer } = claimOnce(current, request);
    if (claim && !current) {
      kv.put(CLAIM + nonce, claim);
      this.#wakeAtNextEnd();
    }
    return answer;
  }

  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage;
    for (const [key, { endsAt }] of [...kv.list<Claim>({ prefix: CLAIM })]) if (Date.now() >= endsAt) kv.delete(key);
    if (!this.#wakeAtNextEnd()) await this.ctx.storage.deleteAll();
  }

  #wakeAtNextEnd(): boolean {
    const ends = [...this.ctx.storage.kv.list<Claim>({ prefix: CLAIM })].map(([, { endsAt }]) => endsAt);
    if (ends.length > 0) void this.ctx.storage.setAlarm(Math.min(...ends));
    return ends.length > 0;
  }
}
