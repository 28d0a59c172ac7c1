import { DurableObject } from 'cloudflare:workers';
import { believed, isTooLate, type Known, type RunKind } from '../domain/progress/run-kind.ts';

const HEARTBEAT_MS = 15_000;
/** At most four events a second. */
const PACE_MS = 250;
const STREAM_MS = 15 * 60_000;
const RETRY_MS = 3_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * What the objects of runs have in common: one object a run tells everybody who follows it how far it is.
 *
 * Progress is not stored: after an eviction it is what the next report or the next follower says.
 */
export abstract class RunFeed<Snapshot> extends DurableObject {
  readonly #kind: RunKind<Snapshot>;
  #known: Known<Snapshot> | undefined;
  #version = 0;
  readonly #waiting = new Set<(news: true) => void>();

  // The kind comes this way because a method that says it could be called from outside.
  constructor(state: DurableObjectState, env: Cloudflare.Env, kind: RunKind<Snapshot>) {
    super(state, env);
    this.#kind = kind;
  }

  /** From the run, at work. */
  async progress(snapshot: Snapshot): Promise<void> {
    const reportedAt = Date.now();
    if (!isTooLate(this.#kind, this.#known, reportedAt)) this.#tell({ snapshot, reportedAt });
  }

  /** From whoever has just changed the run's row: its phase is another one, or it has ended. */
  async report(snapshot: Snapshot): Promise<void> {
    this.#tell({ snapshot, reportedAt: Date.now() });
  }

  /** From somebody who has just read the run's row. */
  async learn(read: Snapshot): Promise<void> {
    const snapshot = believed(this.#kind, this.#known, read, Date.now());
    if (snapshot === read) this.#tell({ snapshot, reportedAt: 0 });
  }

  /**
   * Server-sent events (HTML standard, section 9.2): `progress` now and whenever it has changed, `end` when the run has
   * ended, and then the stream closes; also after 15 minutes. A slow reader gets the newest state next, not what it missed.
   * @param initial the run's row as read just now
   */
  async follow(initial: Snapshot): Promise<ReadableStream<Uint8Array>> {
    await this.learn(initial);
    // Holds one event at most: writing waits for the reader.
    const { readable, writable } = new IdentityTransformStream();
    // A reader that has gone is the usual end of it.
    this.ctx.waitUntil(this.#send(writable.getWriter()).catch(() => undefined));
    return readable;
  }

  #tell(known: Known<Snapshot>): void {
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
      await write(`event: progress\ndata: ${JSON.stringify(this.#kind.view(snapshot))}\n\n`);
      if (this.#kind.hasEnded(snapshot)) {
        await write(`event: end\ndata: ${JSON.stringify(this.#kind.ending(snapshot))}\n\n`);
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
