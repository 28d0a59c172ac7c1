import {
  beginAnew,
  claimExport,
  finishExport,
  listChunks,
  noteError,
  type RunRow,
  setExpected,
  workableExport,
} from '../../drizzle/repositories/export-runs.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { causeOf } from './causes.ts';
import type { ChunkReader } from './chunk-reader.ts';
import { FILE_FORMATS, type FormatName, frameOf } from './file-format.ts';
import { sealFile } from './seal-file.ts';
import { settled } from './settle.ts';
import { exportPrefix } from './store-chunk.ts';
import { ended, failExportFor } from './sweep-exports.ts';
import type { ExportType } from './types/declare.ts';
import { EXPORT_TYPES, type ExportTypeName } from './types/index.ts';
import { type Run, Superseded, type Work, workOn } from './work.ts';
import { writeChunks } from './write-chunks.ts';
import { writeDocument } from './write-document.ts';

/**
 * `waiting`: what was accepted before the cutoff is still on its way. `no-turn`: others are at work. `superseded`: another run holds
 * this export, or nobody may.
 */
export type RunResult = 'finished' | 'more' | 'waiting' | 'no-turn' | 'superseded';

/** A run broke off. Chunks it had written are kept, so a next run starts further on. */
export class ExportInterrupted extends Error {
  override name = 'ExportInterrupted';
  readonly chunksWritten: number;

  constructor(cause: unknown, chunksWritten: number) {
    super('the export was interrupted', { cause });
    this.chunksWritten = chunksWritten;
  }
}

/**
 * Takes an export a bounded number of chunks further, from wherever it stands.
 *
 * Every step may be repeated or done twice at once: chunks are create-only objects, and a commit counts only under the newest
 * fencing token and for exactly the next chunk.
 * @throws ExportInterrupted
 */
export async function runExport(ctx: Context, exportId: string): Promise<RunResult> {
  const [wanted] = await ctx.db.api.run(workableExport, { exportId });
  if (!wanted) return 'superseded';
  const lock = `export:${exportId}`;
  const lease = await ctx.locks.acquire(lock, ctx.origin.requestId, ctx.settings.exportLeaseMs);
  if (!lease) return 'superseded';
  try {
    return await inTurn(ctx, workOn(ctx, exportId, wanted.requested_by, lease), exportId, wanted.requested_by);
  } finally {
    await ctx.locks.release(lock, lease.token);
  }
}

/** A run that has more to do is in the line again before its next message comes. */
async function inTurn(ctx: Context, work: Work, exportId: string, adminId: string): Promise<RunResult> {
  if (!(await hasTurn(ctx, exportId, adminId))) return 'no-turn';
  let result: RunResult = 'superseded';
  try {
    result = await oneRun(ctx, work, exportId);
    return result;
  } finally {
    await ctx.exportTurns
      .leave(exportId, result === 'waiting' ? 'unserved' : result === 'more')
      .catch((error) => ctx.log.error('an export’s turn ends by itself', { error, exportId }));
  }
}

/** Only fairness depends on turns: when nobody can say whose it is, work goes on. */
async function hasTurn(ctx: Context, exportId: string, adminId: string): Promise<boolean> {
  const { exportTurns, exportLeaseMs } = ctx.settings;
  try {
    return (await ctx.exportTurns.enter(exportId, adminId, exportTurns, exportLeaseMs)).granted;
  } catch (error) {
    ctx.log.error('an export goes on without a turn', { error, exportId });
    return true;
  }
}

async function oneRun(ctx: Context, work: Work, exportId: string): Promise<RunResult> {
  try {
    const [row] = await ctx.db.api.run(claimExport, { exportId, fence: work.fence });
    if (!row) return 'superseded';
    return await proceed(ctx, { ...work, row });
  } catch (error) {
    if (error instanceof Superseded) return 'superseded';
    await ctx.db.api
      .run(noteError, { exportId, fence: work.fence, error: causeOf(error) })
      .catch((failure) => ctx.log.error('why an export broke off could not be kept', { error: failure }));
    throw new ExportInterrupted(error, work.written());
  }
}

async function proceed(ctx: Context, run: Run): Promise<RunResult> {
  const type: ExportType = EXPORT_TYPES[run.row.export_type as ExportTypeName];
  const started = run.row.next_seq > 0 && !type.resumable ? { ...run, row: await anew(ctx, run) } : run;
  const { row } = started;
  if (row.next_seq === 0 && !(await settled(ctx, row, type.awaits))) return 'waiting';
  // The last part leaves no position to go on from.
  if (row.next_seq === 0 || row.position !== null) {
    const outcome = await write(ctx, started, type);
    if (outcome !== 'written') return outcome;
  }
  return finish(ctx, started);
}

async function anew(ctx: Context, { row, fence }: Run): Promise<RunRow> {
  const [begun] = await ctx.db.api.run(beginAnew, { exportId: row.id, fence });
  if (!begun) throw new Superseded();
  return begun;
}

async function write(ctx: Context, run: Run, type: ExportType): Promise<'written' | 'more' | 'finished'> {
  const { row } = run;
  const format = FILE_FORMATS[row.file_format as FormatName];
  const wanted = { parameters: row.parameters, scope: row.scope, cutoff: row.cutoff };
  const frame = frameOf(format.maxRows === null ? format.encoding : 'ndjson', type.columns);
  const reader = type.read(ctx, wanted, format.encoding, { after: row.position, ...frame });
  try {
    const expected = await fixExpected(ctx, run, type, reader);
    const counted = { ...run, row: { ...row, rows_expected: expected } };
    if (format.maxRows !== null && expected > format.maxRows) {
      const reason = `The file would have ${expected} rows; ${row.file_format} files hold at most ${format.maxRows}. Narrow the filter or request csv.`;
      await failExportFor(ctx, row.id, reason, true);
      return 'finished';
    }
    if (format.maxRows !== null) return await writeDocument(ctx, counted, { type, reader, expected });
    return await writeChunks(ctx, counted, { type, reader, expected, frame });
  } finally {
    await reader.close();
  }
}

/** Once for a file; where rows may go before the first of them is kept, anew for each attempt at it. */
async function fixExpected(ctx: Context, { row, fence }: Run, type: ExportType, reader: ChunkReader): Promise<number> {
  if (row.rows_expected !== null && (row.next_seq > 0 || type.stable)) return row.rows_expected;
  const rowsExpected = await reader.expected();
  const [fixed] = await ctx.db.api.run(setExpected, { exportId: row.id, fence, rowsExpected });
  if (!fixed) throw new Superseded();
  return rowsExpected;
}

async function finish(ctx: Context, run: Run): Promise<'finished'> {
  const { id: exportId, generation } = run.row;
  const parts = await ctx.db.api.run(listChunks, { exportId, generation });
  const seal = await sealFile(ctx, parts, run.holdOn);
  const [row] = await ctx.db.api.run(finishExport, {
    ...newEvent(ctx, 'export.complete'),
    exportId,
    fence: run.fence,
    fileLocation: exportPrefix(exportId),
    ttlSeconds: ctx.settings.exportTtlSeconds,
    ...seal,
    activeMs: run.sinceLast(),
  });
  if (!row) throw new Superseded();
  ended(ctx, row);
  ctx.log.info('export finished', { exportId, status: row.status });
  return 'finished';
}
