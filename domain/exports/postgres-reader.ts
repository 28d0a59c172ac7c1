import { type RowPage, type RowSelection, readRowPage } from '../../drizzle/repositories/export-rows.ts';
import type { Context } from '../context.ts';
import { type ChunkReader, joined, type Place, type Rows } from './chunk-reader.ts';
import { BrokenChunk } from './sealed-reader.ts';

/** A page is one answer over HTTP, held twice while it is read; Neon refuses answers of 64 MB. */
const PAGE_BYTES = 2 * 1024 * 1024;
const FIRST_ROWS = 2_000;
const MOST_ROWS = 20_000;

/**
 * The parts of a file, each one page of its own transaction. A row is in it as it was when its page was read; the number of rows
 * is that of the first page's snapshot, so a row that is removed before its page comes is noticed.
 */
export class PostgresReader<Filter> implements ChunkReader {
  readonly #ctx: Pick<Context, 'db' | 'settings'>;
  readonly #selection: RowSelection<Filter>;
  readonly #place: Place;
  #after: Place['after'];
  /** Postgres writes every row it is asked for, also those that no longer fit: a page asks for little more than the last one held. */
  #rows = FIRST_ROWS;
  #first: Promise<RowPage> | undefined;

  constructor(ctx: Pick<Context, 'db' | 'settings'>, selection: RowSelection<Filter>, place: Place) {
    this.#ctx = ctx;
    this.#selection = selection;
    this.#place = place;
    this.#after = place.after;
  }

  async expected(): Promise<number> {
    this.#first = this.#page();
    const { expected } = await this.#first;
    if (expected === null) throw new BrokenChunk('Postgres gave no number of rows with the first page');
    return expected;
  }

  async next(): Promise<Rows> {
    const page = await (this.#first ?? this.#page());
    this.#first = undefined;
    if (page.keys === null || page.body === null) throw new BrokenChunk('Postgres gave a page without rows');
    const text = new TextEncoder().encode(page.body) as Uint8Array<ArrayBuffer>;
    const start = this.#after === null ? this.#place.header : new Uint8Array();
    const end = page.more ? new Uint8Array() : this.#place.footer;
    const bytes = start.length + end.length > 0 ? joined(start, text, end) : text;
    const position = { keys: page.keys, size: (this.#after?.size ?? 0) + text.length };
    this.#after = position;
    this.#rows = Math.min(MOST_ROWS, Math.ceil((1.1 * page.rows * this.#bytes()) / Math.max(1, text.length)) + 1);
    return { rows: page.rows, bytes, position, last: !page.more };
  }

  release(): void {}

  async close(): Promise<void> {}

  #page(): Promise<RowPage> {
    const after = this.#after?.keys ?? null;
    return readRowPage(this.#ctx.db.exporter, this.#selection, { after, bytes: this.#bytes(), rows: this.#rows });
  }

  #bytes(): number {
    return Math.min(this.#ctx.settings.chunkBytes, PAGE_BYTES);
  }
}
