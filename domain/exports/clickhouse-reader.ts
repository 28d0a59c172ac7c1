import { countRows, openRows, type RowSelection } from '../../clickhouse/queries/export-rows.ts';
import type { Context } from '../context.ts';
import type { ChunkReader, Place, Rows } from './chunk-reader.ts';
import { BrokenChunk, SealedReader } from './sealed-reader.ts';

type Seal = [rows: number, size: number, total: number, ...keys: string[], last: number];

/** ClickHouse was not there, refused the query or broke it off: its client has no one error for that. */
export class SourceFailed extends Error {
  override name = 'SourceFailed';
}

const failed = (cause: unknown): never => {
  throw cause instanceof BrokenChunk ? cause : new SourceFailed('ClickHouse failed', { cause });
};

/** An answer that stands still for so long is given up. */
const MAX_STALL_MS = 30_000;

/**
 * The parts of a file out of one query that goes on for as long as they are asked for.
 *
 * Two buffers are enough for ever: one is being stored, the other one filled. Garbage of this size would pile up faster than
 * the collector looks.
 */
export class ClickHouseReader<Filter> implements ChunkReader {
  readonly #ctx: Pick<Context, 'clickhouse' | 'settings'>;
  readonly #selection: RowSelection<Filter>;
  readonly #place: Place;
  readonly #spares: ArrayBuffer[] = [];
  #opened: Promise<SealedReader> | undefined;
  #first: Rows | undefined;
  #rows = 0;
  #total = 0;

  constructor(ctx: Pick<Context, 'clickhouse' | 'settings'>, selection: RowSelection<Filter>, place: Place) {
    this.#ctx = ctx;
    this.#selection = selection;
    this.#place = place;
  }

  async expected(): Promise<number> {
    const counted = await countRows(this.#ctx.clickhouse.reader, this.#selection).catch(failed);
    if (!this.#selection.source.changing || counted === 0) return counted;
    this.#first = await this.#read();
    return this.#total;
  }

  async next(): Promise<Rows> {
    const first = this.#first ?? (await this.#read());
    this.#first = undefined;
    return first;
  }

  async #read(): Promise<Rows> {
    this.#opened ??= this.#open();
    const reader = await this.#opened;
    const { bytes, seal } = await reader.next(this.#buffer()).catch(failed);
    const [rowsSoFar, size, total, ...rest] = seal as Seal;
    const last = rest.pop() === 1;
    if (last) await reader.end().catch(failed);
    const rows = Number(rowsSoFar) - this.#rows;
    if (rows < 1) throw new BrokenChunk(`ClickHouse sealed a chunk of ${rows} rows`);
    this.#rows += rows;
    this.#total = Number(total);
    const position = { keys: rest as string[], size: Number(size) };
    return { rows, bytes: last ? this.#ended(bytes) : bytes, position, last };
  }

  release({ bytes }: Rows): void {
    this.#spares.push(bytes.buffer);
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
    const { after, header } = this.#place;
    const seal = crypto.randomUUID();
    const chunkBytes = settings.chunkBytes;
    const stream = await openRows(clickhouse.reader, this.#selection, { after, chunkBytes, seal }).catch(failed);
    const start = after ? new Uint8Array() : header;
    // Before the lease ends: then another run could begin.
    const stallMs = Math.min(MAX_STALL_MS, settings.exportLeaseMs / 2);
    return new SealedReader(stream, seal, { buffer: this.#buffer(), start, stallMs });
  }

  #ended(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const { footer } = this.#place;
    if (footer.length === 0) return bytes;
    const length = bytes.length + footer.length;
    const buffer = bytes.buffer.byteLength < length ? bytes.buffer.transfer(length) : bytes.buffer;
    const whole = new Uint8Array(buffer, 0, length);
    whole.set(footer, bytes.length);
    return whole;
  }

  /** Room for a chunk, its last row and what arrives with it; one that needs more grows. */
  #buffer(): ArrayBuffer {
    return this.#spares.pop() ?? new ArrayBuffer(this.#ctx.settings.chunkBytes * 1.25 + 256 * 1024);
  }
}
