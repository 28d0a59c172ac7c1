import type { ApiLogRow } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { inTime } from '../gate/patience.ts';
import { acceptEvents } from './accept-events.ts';

type Sending = Pick<Context, 'queues' | 'newId' | 'now' | 'log' | 'later'>;

interface Batch {
  rows: ApiLogRow[];
  bytes: number;
  openedAt: number;
}

/** Rows of calls that come within this time share a message. */
const GATHER_MS = 200;
const MAX_ROWS = 100;
const MAX_BYTES = 100_000;
/** The request that opened a batch is gone when it has not sent it by then; the next one does. */
const OVERDUE_MS = 2_000;
/** What comes after an answer may take 30 s; a part of that is left for the last attempt's end. */
const GIVE_UP_MS = 25_000;
const PAUSE_MS = 500;
/** An isolate has 128 MB. While the queue takes nothing, so much waits. */
const MAX_WAITING_BYTES = 16_000_000;

/**
 * API logs of one isolate on their way to the queue.
 *
 * They are made after the answer, so they cannot be promised: what the queue does not take within 25 s, and what waits in an
 * isolate that ends, is lost. Losses that can be seen are counted and logged. Audit records of changes do not come this way:
 * they are in Postgres with the change and lose nothing.
 */
export class ApiLogBuffer {
  #open: Batch | undefined;
  #waitingBytes = 0;
  #lost: (rows: number) => void;

  /** @param lost told of every loss */
  constructor(lost: (rows: number) => void) {
    this.#lost = lost;
  }

  /**
   * Only a row passes from one request to another, never a promise or a connection: the runtime ends those with their request.
   * So whoever opens a batch waits for it, and whoever fills it sends it.
   */
  add(ctx: Sending, row: ApiLogRow): void {
    const batch = this.#open ?? this.#begin(ctx);
    batch.rows.push(row);
    batch.bytes += sizeOf(row);
    const isFull = batch.rows.length >= MAX_ROWS || batch.bytes >= MAX_BYTES;
    if (isFull || ctx.now() - batch.openedAt >= OVERDUE_MS) this.#send(ctx, batch);
  }

  #begin(ctx: Sending): Batch {
    const batch: Batch = { rows: [], bytes: 0, openedAt: ctx.now() };
    this.#open = batch;
    ctx.later(pause(GATHER_MS).then(() => this.#send(ctx, batch)));
    return batch;
  }

  #send(ctx: Sending, batch: Batch): void {
    if (this.#open !== batch) return;
    this.#open = undefined;
    if (this.#waitingBytes + batch.bytes > MAX_WAITING_BYTES) {
      this.#giveUp(ctx, batch, 'too many are waiting already');
      return;
    }
    this.#waitingBytes += batch.bytes;
    ctx.later(
      this.#deliver(ctx, batch).finally(() => {
        this.#waitingBytes -= batch.bytes;
      }),
    );
  }

  async #deliver(ctx: Sending, batch: Batch): Promise<void> {
    const began = ctx.now();
    const again = sameIds(ctx.newId);
    for (let attempt = 0; ; attempt++) {
      const left = GIVE_UP_MS - (ctx.now() - began);
      try {
        await inTime(acceptEvents({ ...ctx, newId: again() }, { apiLogs: batch.rows }), left);
        return;
      } catch (error) {
        const wait = PAUSE_MS * 2 ** attempt;
        if (ctx.now() - began + wait >= GIVE_UP_MS) {
          this.#giveUp(ctx, batch, error);
          return;
        }
        await pause(wait);
      }
    }
  }

  #giveUp(ctx: Sending, { rows }: Batch, error: unknown): void {
    this.#lost(rows.length);
    ctx.log.error('API logs are lost', { rows: rows.length, error });
  }
}

/**
 * An attempt that failed may have sent a part. The same rows pack into the same messages, and with the same ids these are
 * known again.
 */
function sameIds(newId: () => string): () => () => string {
  const ids: string[] = [];
  return () => {
    let next = 0;
    return () => {
      const id = ids[next] ?? newId();
      ids[next++] = id;
      return id;
    };
  };
}

/** About as many bytes as JSON: the fields beside the bodies are short. */
const sizeOf = ({ request_body, response_body }: ApiLogRow) => 700 + request_body.length + response_body.length;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
