import type { Context } from '../context.ts';
import { type ChunkReader, joined, type Rows } from './chunk-reader.ts';
import type { frameOf } from './file-format.ts';
import { chunkKey, compressed, storeChunk } from './store-chunk.ts';
import type { ExportType } from './types/declare.ts';
import type { Run } from './work.ts';

interface Writing {
  type: ExportType;
  reader: ChunkReader;
  expected: number;
  frame: ReturnType<typeof frameOf>;
}

/**
 * Writes as many chunks as a run may: one is stored while the next one is read and the one before it committed.
 * @returns `written` when none is left
 * @throws BrokenChunk, ChunkConflict, StoreFailed, Superseded
 */
export async function writeChunks(ctx: Context, run: Run, writing: Writing): Promise<'written' | 'more'> {
  const { type, reader, expected, frame } = writing;
  const { row } = run;
  // What cannot go on elsewhere goes on here to its end.
  const end = type.resumable ? row.next_seq + ctx.settings.chunksPerRun : Number.POSITIVE_INFINITY;
  let coming: Promise<Rows> = expected === 0 ? Promise.resolve(nothing(frame)) : reader.next();
  // A commit runs beside the next chunk's put, never beside another commit. If it fails, that put is left behind or adopted.
  let committed = Promise.resolve();
  for (let seq = row.next_seq; seq < end; seq++) {
    const chunk = await coming;
    const { rows, position, last } = chunk;
    if (!last && seq + 1 < end) coming = reader.next();
    coming.catch(() => undefined);
    const key = chunkKey(row.id, row.generation, seq, type.stable ? null : run.fence);
    const [stored] = await Promise.all([store(ctx, row, key, chunk), committed]);
    reader.release(chunk);
    committed = run.commit(row, { seq, key, rows, position: last ? null : position, stored });
    committed.catch(() => undefined);
    if (last) {
      await committed;
      return 'written';
    }
    if (type.resumable && !(await run.mayGoOn())) break;
  }
  await committed;
  return 'more';
}

const store = async (ctx: Context, { compression }: Run['row'], key: string, { bytes }: Rows) =>
  storeChunk(ctx, key, await compressed(bytes, compression));

/** The file's only chunk when there is no row. */
const nothing = ({ header, footer }: Writing['frame']): Rows => ({
  rows: 0,
  bytes: joined(header, footer),
  position: null,
  last: true,
});
