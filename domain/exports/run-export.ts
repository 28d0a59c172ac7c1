import { type AuditKey, type AuditSelection, countAuditLogs } from '../../clickhouse/queries/export-audit-logs.ts';
import {
  claimExport,
  commitChunk,
  cutoffSettled,
  finishExport,
  type RunRow,
  setExpected,
} from '../../drizzle/repositories/export-runs.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { type Chunk, produceChunk } from './produce-chunk.ts';
import { filterOf } from './schema.ts';
import { chunkKey, storeChunk } from './store-chunk.ts';

/** `waiting`: audit records of before the cutoff are still on their way. `superseded`: another run holds this export. */
export type RunResult = 'finished' | 'more' | 'waiting' | 'superseded';

const CHUNKS_PER_RUN = 64;

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
    if (run.rows_expected === null && !(await fixExpected(ctx, run, selection, lease.token))) return 'waiting';
    const afterChunk = async () => {
      written++;
      if (!(await ctx.locks.renew(lock, lease.token, ctx.settings.exportLeaseMs))) throw new Superseded();
    };
    const done = await writeChunks(ctx, run, selection, lease.token, afterChunk);
    if (!done) return 'more';
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

/** Counts the rows once nothing accepted by the cutoff is missing in ClickHouse; false while something is. */
async function fixExpected(ctx: Context, run: RunRow, selection: AuditSelection, fence: number): Promise<boolean> {
  const [state] = await ctx.db.exporter.run(cutoffSettled, { cutoff: run.cutoff, cutoffXid: run.cutoff_xid });
  if (!state?.settled) {
    await ctx.queues.auditOutbox.send(DRAIN);
    return false;
  }
  const rowsExpected = await countAuditLogs(ctx.clickhouse.reader, selection);
  const [row] = await ctx.db.api.run(setExpected, { exportId: run.id, fence, rowsExpected });
  if (!row) throw new Superseded();
  return true;
}

/** Writes up to CHUNKS_PER_RUN chunks, fetching the next one while the last is stored. True when none is left. */
async function writeChunks(
  ctx: Context,
  run: RunRow,
  selection: AuditSelection,
  fence: number,
  afterChunk: () => Promise<void>,
): Promise<boolean> {
  const ahead = (after: AuditKey | null, seq: number) => {
    const chunk = produceChunk(ctx, selection, after, seq === 0);
    chunk.catch(() => undefined);
    return chunk;
  };
  let coming = ahead(run.position, run.next_seq);
  for (let seq = run.next_seq; seq < run.next_seq + CHUNKS_PER_RUN; seq++) {
    const chunk = await coming;
    if (!chunk) return true;
    coming = chunk.last ? ahead(chunk.last, seq + 1) : Promise.resolve(null);
    const key = chunkKey(run.id, seq);
    await storeChunk(ctx, key, chunk);
    await commit(ctx, run.id, fence, seq, key, chunk);
    await afterChunk();
  }
  await coming;
  return false;
}

async function commit(ctx: Context, exportId: string, fence: number, seq: number, objectKey: string, chunk: Chunk) {
  const [moved] = await ctx.db.api.run(commitChunk, {
    exportId,
    fence,
    seq,
    objectKey,
    rows: chunk.rows,
    bytes: chunk.bytes.length,
    sha256: chunk.sha256,
    position: chunk.last && JSON.stringify(chunk.last),
  });
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
