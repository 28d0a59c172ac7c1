import {
  AUDIT_LOG_HEADER,
  type AuditPosition,
  type AuditSelection,
  openAuditLogs,
} from '../../clickhouse/queries/export-audit-logs.ts';
import type { Context } from '../context.ts';
import { BrokenChunk, SealedReader } from './sealed-reader.ts';

/** A finished part of the file: small enough to hold, hashed, and known to be whole. */
export interface Chunk {
  rows: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** Where the next one begins; null in a file without rows. */
  position: AuditPosition | null;
  /** No row follows it. */
  last: boolean;
}

type Seal = [rows: string, size: string, day: string, resource: string, id: string, last: number];

const STALL_MS = 30_000;
const header = () => Uint8Array.from(new TextEncoder().encode(AUDIT_LOG_HEADER));

/** The file's only chunk when there is no row. */
export async function headerAlone(): Promise<Chunk> {
  const bytes = header();
  return { rows: 0, bytes, sha256: await sha256(bytes), position: null, last: true };
}

/**
 * The chunks of a file from a position on, out of one query that goes on for as long as they are asked for.
 *
 * Two buffers are enough for ever: one is being stored, the other one filled. Garbage of this size would pile up faster than
 * the collector looks.
 */
export class ChunkSource {
  readonly #ctx: Pick<Context, 'clickhouse' | 'settings'>;
  readonly #selection: AuditSelection;
  readonly #start: AuditPosition | null;
  readonly #spares: ArrayBuffer[] = [];
  #opened: Promise<SealedReader> | undefined;
  #rows = 0;

  /** @param start null = the file's beginning, header line included */
  constructor(ctx: Pick<Context, 'clickhouse' | 'settings'>, selection: AuditSelection, start: AuditPosition | null) {
    this.#ctx = ctx;
    this.#selection = selection;
    this.#start = start;
  }

  /** Not to be called while an earlier call is under way, nor after the last chunk. @throws BrokenChunk */
  async next(): Promise<Chunk> {
    this.#opened ??= this.#open();
    const reader = await this.#opened;
    const { bytes, seal } = await reader.next(this.#buffer());
    const [rowsSoFar, size, day, resource, id, last] = seal as Seal;
    if (last === 1) await reader.end();
    const rows = Number(rowsSoFar) - this.#rows;
    if (rows < 1) throw new BrokenChunk(`ClickHouse sealed a chunk of ${rows} rows`);
    this.#rows += rows;
    const position = { day, resource, id, size: Number(size) };
    return { rows, bytes, sha256: await sha256(bytes), position, last: last === 1 };
  }

  /** Gives a chunk's memory back; its bytes are not to be read any more. */
  release(chunk: Chunk): void {
    this.#spares.push(chunk.bytes.buffer);
  }

  /** Ends the query and gives all memory back at once: the collector would let several runs' worth pile up. */
  async close(): Promise<void> {
    for (const spare of this.#spares) spare.transfer(0);
    this.#spares.length = 0;
    await this.#opened?.then(
      (reader) => reader.close(),
      () => undefined,
    );
  }

  async #open(): Promise<SealedReader> {
    const { clickhouse, settings } = this.#ctx;
    const word = crypto.randomUUID();
    const stream = await openAuditLogs(clickhouse.reader, this.#selection, this.#start, settings.chunkBytes, word);
    const start = this.#start ? new Uint8Array() : header();
    return new SealedReader(stream, word, { buffer: this.#buffer(), start, stallMs: STALL_MS });
  }

  /** Room for a chunk, its last row and what arrives with it; one that needs more grows. */
  #buffer(): ArrayBuffer {
    return this.#spares.pop() ?? new ArrayBuffer(this.#ctx.settings.chunkBytes * 1.25 + 256 * 1024);
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();
}
