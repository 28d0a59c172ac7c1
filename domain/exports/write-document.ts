import type { Context } from '../context.ts';
import type { ChunkReader } from './chunk-reader.ts';
import type { Cell, DocumentColumn, DocumentInput } from './documents/document.ts';
import { chunkKey, storeChunk } from './store-chunk.ts';
import type { ExportColumn, ExportType } from './types/declare.ts';
import type { Run } from './work.ts';

interface Writing {
  type: ExportType;
  reader: ChunkReader;
  expected: number;
}

/**
 * Writes a PDF or XLSX file: one object, made of all rows in one run.
 * @throws DocumentRefused, BrokenChunk, StoreFailed, Superseded
 */
export async function writeDocument(ctx: Context, run: Run, { type, reader, expected }: Writing): Promise<'written'> {
  const { row } = run;
  const input: DocumentInput = {
    title: type.title,
    requestedBy: row.requested_by_email,
    filter: Object.entries(row.parameters as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
    cutoff: `${row.cutoff.replace(' ', 'T')}Z`,
    rows: expected,
    columns: type.columns.map(documentColumn),
    cells: cellsOf(reader, run, type.columns, expected),
  };
  const bytes = await written(ctx, row.file_format, input);
  await run.holdOn();
  // The same rows may be written otherwise by another version: what was left behind is not adopted.
  const key = chunkKey(row.id, row.generation, 0, run.fence);
  const stored = await storeChunk(ctx, key, bytes);
  await run.commit(row, { seq: 0, key, rows: expected, position: null, stored });
  return 'written';
}

/** Their libraries are loaded by the first document: whoever starts the Worker for anything else does not wait for them. */
async function written(ctx: Context, format: string, input: DocumentInput): Promise<Uint8Array<ArrayBuffer>> {
  if (format === 'pdf') return (await import('./documents/pdf.ts')).writePdf(input, ctx.assets);
  return (await import('./documents/xlsx.ts')).writeXlsx(input);
}

/** To a reader of a document an absent value is an empty cell, whatever could have stood there. */
const SHOWN_AS = { 'optional-uuid': 'uuid', 'optional-time': 'time', date: 'word' } as const;

const documentColumn = ({ name, kind }: ExportColumn): DocumentColumn => ({
  name,
  kind: kind === 'optional-uuid' || kind === 'optional-time' || kind === 'date' ? SHOWN_AS[kind] : kind,
});

async function* cellsOf(
  reader: ChunkReader,
  run: Run,
  columns: readonly ExportColumn[],
  expected: number,
): AsyncGenerator<Cell[][]> {
  if (expected === 0) return;
  for (;;) {
    const chunk = await reader.next();
    const { last } = chunk;
    let rows: Cell[][] = [];
    for (const line of linesOf(chunk.bytes)) {
      const row = JSON.parse(line) as Record<string, Cell | Cell[]>;
      rows.push(
        columns.map(({ name }) => {
          const value = row[name] ?? null;
          return Array.isArray(value) ? value.join(' ') : value;
        }),
      );
      if (rows.length < ROWS_AT_ONCE) continue;
      yield rows;
      rows = [];
    }
    yield rows;
    reader.release(chunk);
    await run.holdOn();
    if (last) return;
  }
}

/** A part's rows as JavaScript has them are many times as large as its bytes: few of them live at a time. */
const ROWS_AT_ONCE = 100;

/** A JSON text never holds a line feed, so a line is a row; behind the last one there is nothing. */
function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  let from = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
    yield decoder.decode(bytes.subarray(from, end));
    from = end + 1;
  }
}

const LINE_FEED = 10;
