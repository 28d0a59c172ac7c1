import { type AuditSelection, countAuditLogs } from '../../clickhouse/queries/export-audit-logs.ts';
import {
  type CommitChunkInput,
  claimExport,
  commitChunk,
  cutoffSettled,
  finishExport,
  type RunRow,
  setExpected,
} from '../../drizzle/repositories/export-runs.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import { drainOutbox } from '../audit/drain-outbox.ts';
import type { Context } from '../context.ts';
import { ChunkSource, headerAlone } from './chunk-source.ts';
import { filterOf } from './schema.ts';
import { chunkKey, storeChunk } from './store-chunk.ts';

/** `waiting`: audit records of before the cutoff are still on their way. `superseded`: another run holds this export. */
export type RunResult = 'finished' | 'more' | 'waiting' | 'superseded';

/** A run broke off. Chunks it had written are kept, so a next run starts further on. */
export class ExportInterrupted extends Error {
  override name = 'ExportInterrupted';
  readonly chunksWritten: number;

  constructor(cause: unknown, chunksWritten: number) {
    super('the export was interrupted', { cause });
    this.chunksWritten = chunksWritten;
  }
}

/** Somebody else holds the fence now: whatever this run still has in hand must not be written. */
class Superseded extends Error {}

/**
 * Takes an export a bounded number of chunks further, from wherever it stands.
 *
 * Every step may be repeated or done twice at once: chunks are create-only objects whose bytes depend on the position alone,
 * and a commit counts only under the newest fencing token and for exactly the next chunk.
 * @throws ExportInterrupted
 */
export async function runExport(ctx: Context, exportId: string): Promise<RunResult> {
  const lock = `export:${exportId}`;
  let written = 0;
  const lease = await ctx.locks.acquire(lock, ctx.origin.requestId, ctx.settings.exportLeaseMs);
  if (!lease) return 'superseded';
  try {
    const [run] = await ctx.db.api.run(claimExport, { exportId, fence: lease.token });
    if (!run) return 'superseded';
    const selection = selectionOf(run);
    const expected = run.rows_expected ?? (await fixExpected(ctx, run, selection, lease.token));
    if (expected === null) return 'waiting';
    let heldUntil = lease.expiresAt;
    const afterChunk = async () => {
      written++;
      if (ctx.now() < heldUntil - ctx.settings.exportLeaseMs / 2) return;
      if (!(await ctx.locks.renew(lock, lease.token, ctx.settings.exportLeaseMs))) throw new Superseded();
      heldUntil = ctx.now() + ctx.settings.exportLeaseMs;
    };
    const all = run.rows_done === expected && run.next_seq > 0;
    if (!all && !(await writeChunks(ctx, run, selection, { expected, fence: lease.token, afterChunk }))) return 'more';
    await finish(ctx, exportId, lease.token);
    return 'finished';
  } catch (error) {
    if (error instanceof Superseded) return 'superseded';
    throw new ExportInterrupted(error, written);
  } finally {
    await ctx.locks.release(lock, lease.token);
  }
}

function selectionOf(run: RunRow): AuditSelection {
  return { filter: { ...filterOf(run.parameters), services: run.scope }, cutoff: run.cutoff };
}

/** Counts the rows once nothing accepted by the cutoff is missing in ClickHouse; null while something is. */
async function fixExpected(
  ctx: Context,
  run: RunRow,
  selection: AuditSelection,
  fence: number,
): Promise<number | null> {
  if (!(await settled(ctx, run))) {
    // The request's own record is hardly ever through by now: sending it on here saves a small export most of its time.
    await drainOutbox(ctx).catch((error) => ctx.log.error('audit records wait in the outbox', { error }));
    if (!(await settled(ctx, run))) {
      await ctx.queues.auditOutbox.send(DRAIN);
      return null;
    }
  }
  const rowsExpected = await countAuditLogs(ctx.clickhouse.reader, selection);
  const [row] = await ctx.db.api.run(setExpected, { exportId: run.id, fence, rowsExpected });
  if (!row) throw new Superseded();
  return rowsExpected;
}

async function settled(ctx: Context, { cutoff, cutoff_xid: cutoffXid }: RunRow): Promise<boolean> {
  const [state] = await ctx.db.exporter.run(cutoffSettled, { cutoff, cutoffXid });
  return state?.settled === true;
}

interface Progress {
  expected: number;
  fence: number;
  afterChunk(): Promise<void>;
}

/** Writes as many chunks as a run may. True when none is left. */
async function writeChunks(ctx: Context, run: RunRow, selection: AuditSelection, progress: Progress): Promise<boolean> {
  const source = new ChunkSource(ctx, selection, run.position);
  try {
    return await writeFrom(ctx, run, source, progress);
  } finally {
    await source.close();
  }
}

/** One chunk is stored while the next one is read and the one before it committed. */
async function writeFrom(ctx: Context, run: RunRow, source: ChunkSource, progress: Progress): Promise<boolean> {
  const { expected, fence, afterChunk } = progress;
  const end = run.next_seq + ctx.settings.chunksPerRun;
  let coming = expected === 0 ? headerAlone() : source.next();
  // A commit runs beside the next chunk's put, never beside another commit. If it fails, that put is adopted by a later run.
  let committed = Promise.resolve();
  for (let seq = run.next_seq; seq < end; seq++) {
    const chunk = await coming;
    if (!chunk.last && seq + 1 < end) coming = source.next();
    coming.catch(() => undefined);
    const key = chunkKey(run.id, seq);
    await Promise.all([storeChunk(ctx, key, chunk), committed]);
    const { rows, bytes, sha256, last } = chunk;
    const position = chunk.position && JSON.stringify(chunk.position);
    const entry = { exportId: run.id, fence, seq, objectKey: key, rows, bytes: bytes.length, sha256, position };
    source.release(chunk);
    committed = commit(ctx, entry).then(afterChunk);
    committed.catch(() => undefined);
    if (!last) continue;
    await committed;
    return true;
  }
  await committed;
  return false;
}

async function commit(ctx: Context, entry: CommitChunkInput): Promise<void> {
  const [moved] = await ctx.db.api.run(commitChunk, entry);
  if (!moved) throw new Superseded();
}

async function finish(ctx: Context, exportId: string, fence: number): Promise<void> {
  const [row] = await ctx.db.api.run(finishExport, {
    ...newEvent(ctx, 'export.complete'),
    exportId,
    fence,
    fileLocation: `exports/${exportId}/`,
    ttlSeconds: ctx.settings.exportTtlSeconds,
  });
  if (!row) throw new Superseded();
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  ctx.log.info('export finished', { exportId, status: row.status });
}
