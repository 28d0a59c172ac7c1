import { DurableObject } from 'cloudflare:workers';
import { type Claim, type Claimed, type ClaimRequest, claimOnce } from '../domain/exports/one-time.ts';
import { type ExportSnapshot, hasEnded, type Known, newerOf, progressView } from '../domain/exports/progress.ts';

const CLAIM = 'claim:';
const HEARTBEAT_MS = 15_000;
/** At most four events a second. */
const PACE_MS = 250;
const STREAM_MS = 15 * 60_000;
const RETRY_MS = 3_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * One object an export: tells everybody who follows it how far it is, and sees to it that a one-time link is used once.
 *
 * Progress is not stored: after an eviction it is what the next run or the next follower says. Claims are.
 */
export class ExportRun extends DurableObject {
  #known: Known | undefined;
  #version = 0;
  readonly #waiting = new Set<(news: true) => void>();

  /** From the export's run. */
  async report(snapshot: ExportSnapshot): Promise<void> {
    this.#tell({ snapshot, reportedAt: Date.now() });
  }

  /** From somebody who has just read the export's row. */
  async learn(read: ExportSnapshot): Promise<void> {
    const snapshot = newerOf(this.#known, read, Date.now());
    if (snapshot === read) this.#tell({ snapshot, reportedAt: 0 });
  }

  /**
   * Server-sent events (HTML standard, section 9.2): `progress` now and whenever it has changed, `end` when the export has
   * ended, and then the stream closes; also after 15 minutes. A slow reader gets the newest state next, not what it missed.
   * @param initial the export's row as read just now
   */
  async follow(initial: ExportSnapshot): Promise<ReadableStream<Uint8Array>> {
    await this.learn(initial);
    // Holds one event at most: writing waits for the reader.
    const { readable, writable } = new IdentityTransformStream();
    // A reader that has gone is the usual end of it.
    this.ctx.waitUntil(this.#send(writable.getWriter()).catch(() => undefined));
    return readable;
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

  #tell(known: Known): void {
    const isNews = JSON.stringify(known.snapshot) !== JSON.stringify(this.#known?.snapshot);
    this.#known = known;
    if (!isNews) return;
    this.#version++;
    for (const wake of this.#waiting) wake(true);
    this.#waiting.clear();
  }

  async #send(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    const encoder = new TextEncoder();
    const write = (text: string) => writer.write(encoder.encode(text));
    const end = Date.now() + STREAM_MS;
    let told = -1;
    await write(`retry: ${RETRY_MS}\n\n`);
    while (Date.now() < end) {
      if (told === this.#version || !this.#known) {
        if (!(await this.#news())) await write(': still here\n\n');
        continue;
      }
      told = this.#version;
      const { snapshot } = this.#known;
      await write(`event: progress\ndata: ${JSON.stringify(progressView(snapshot))}\n\n`);
      if (hasEnded(snapshot)) {
        await write(`event: end\ndata: ${JSON.stringify({ status: snapshot.status })}\n\n`);
        break;
      }
      await pause(PACE_MS);
    }
    await writer.close();
  }

  /** False when there was none for the time of a heartbeat. */
  async #news(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.add(resolve);
    const timer = setTimeout(() => resolve(false), HEARTBEAT_MS);
    const news = await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
    return news;
  }
}
