import { commitChunk, type RunRow } from '../../drizzle/repositories/export-runs.ts';
import type { Context } from '../context.ts';
import type { Lease } from '../operations/lease.ts';
import type { Rows } from './chunk-reader.ts';
import type { StoredChunk } from './store-chunk.ts';

/** Somebody else holds the fence now, or the export was paused or cancelled: what this run still has in hand must not be written. */
export class Superseded extends Error {}

/** One run's hold on an export. */
export interface Work {
  fence: number;
  /** Chunks committed by this run. */
  written(): number;
  /** Milliseconds since it was last asked; the first time, since the run began. */
  sinceLast(): number;
  /** Renews the lease when half of it is over. @throws Superseded */
  holdOn(): Promise<void>;
  /** Whether to go on; false: others wait for the place this run has. */
  mayGoOn(): Promise<boolean>;
  /** @throws Superseded */
  commit(row: RunRow, chunk: CommittedChunk): Promise<void>;
}

export interface Run extends Work {
  row: RunRow;
}

export interface CommittedChunk {
  seq: number;
  key: string;
  rows: number;
  position: Rows['position'];
  stored: StoredChunk;
}

export function workOn(ctx: Context, exportId: string, adminId: string, lease: Lease): Work {
  const { exportLeaseMs, exportTurns } = ctx.settings;
  const fence = lease.token;
  const done = { rows: 0, bytes: 0, ms: 0 };
  let [written, heldUntil, last] = [0, lease.expiresAt, ctx.now()];
  const sinceLast = () => {
    const elapsed = ctx.now() - last;
    last += elapsed;
    return elapsed;
  };
  const holdOn = async () => {
    if (ctx.now() < heldUntil - exportLeaseMs / 2) return;
    if (!(await ctx.locks.renew(`export:${exportId}`, fence, exportLeaseMs))) throw new Superseded();
    heldUntil = ctx.now() + exportLeaseMs;
  };
  return {
    fence,
    written: () => written,
    sinceLast,
    holdOn,
    mayGoOn: async () => {
      try {
        return !(await ctx.exportTurns.goOn(exportId, adminId, exportTurns, exportLeaseMs)).yield;
      } catch (error) {
        ctx.log.error('an export goes on without asking for its turn', { error, exportId });
        return true;
      }
    },
    commit: async (row, { seq, key, rows, position, stored }) => {
      const { generation } = row;
      const activeMs = sinceLast();
      const [moved] = await ctx.db.api.run(commitChunk, {
        ...{ exportId, fence, generation, seq, objectKey: key, rows, ...stored },
        position: position && JSON.stringify(position),
        activeMs,
      });
      if (!moved) throw new Superseded();
      written++;
      done.rows += rows;
      done.bytes += stored.bytes;
      done.ms += activeMs;
      ctx.exportRuns.progress(exportId, {
        ...{ status: 'processing', phase: 'running', rowsExpected: row.rows_expected, failureReason: null },
        ...{
          rowsDone: row.rows_done + done.rows,
          bytesDone: row.bytes_done + done.bytes,
          activeMs: row.active_ms + done.ms,
        },
      });
      await holdOn();
    },
  };
}
