import {
  type EndedRow,
  expireOneExport,
  expiringExports,
  failExport,
  noteExpiringTold,
  notePurged,
  purgeableExport,
  stuckExports,
} from '../../drizzle/repositories/export-runs.ts';
import { DRAIN, runExportMessage } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { notify } from '../notifications/notify.ts';
import { derivedId } from '../operations/derived-id.ts';
import { exportPrefix } from './store-chunk.ts';

const MAX_ENDED = 50;
/** How long a failed export's parts are kept for a retry. */
const RETRY_SECONDS = 86_400;

/** Queues every export whose message or consumer was lost: the row is the record of work, the queue only a messenger. */
export async function requeueStuckExports(ctx: Context): Promise<number> {
  const stuck = await ctx.db.api.run(stuckExports, { leaseMs: ctx.settings.exportLeaseMs });
  if (stuck.length > 0)
    await ctx.queues.exports.sendBatch(stuck.map(({ id }) => ({ body: runExportMessage(id, ctx.origin.traceparent) })));
  return stuck.length;
}

/** Ends the files whose time is up, each with its audit record, and deletes their objects. */
export async function expireExports(ctx: Context): Promise<number> {
  for (let count = 0; count < MAX_ENDED; count++) {
    const [gone] = await ctx.db.api.run(expireOneExport, newEvent(ctx, 'export.expire'));
    if (!gone) return count;
    ended(ctx, gone);
    await purge(ctx, gone.id);
  }
  return MAX_ENDED;
}

/** Tells once of each file that is removed soon: under one id, so that what is told twice is sent once. */
export async function tellExpiring(ctx: Context): Promise<number> {
  const expiring = await ctx.db.api.run(expiringExports, { limit: MAX_ENDED });
  for (const row of expiring)
    await notify(
      ctx,
      'export.expiring',
      {
        ...{ exportId: row.id, exportType: row.export_type, name: row.name, requestedBy: row.requested_by },
        ...{ rows: row.rows_done, bytes: row.bytes_done, expiresAt: row.expires_at.toISOString() },
      },
      await derivedId(row.id, 'export.expiring'),
    );
  if (expiring.length > 0) await ctx.db.api.run(noteExpiringTold, { exportIds: expiring.map(({ id }) => id) });
  return expiring.length;
}

/**
 * Looks once more after exports that have ended for good, when no consumer can be at work on them any more: whatever lies under
 * their names goes, also what no manifest lists.
 */
export async function purgeExports(ctx: Context): Promise<number> {
  for (let count = 0; count < MAX_ENDED; count++) {
    const { exportLeaseMs: leaseMs } = ctx.settings;
    const [ended] = await ctx.db.api.run(purgeableExport, { leaseMs, retrySeconds: RETRY_SECONDS });
    if (!ended) return count;
    await purge(ctx, ended.id, true);
  }
  return MAX_ENDED;
}

/** Removes everything that was written for an export, and records how much it was. @param isFinal nothing more can come */
export async function purge(ctx: Context, exportId: string, isFinal = false): Promise<void> {
  const objects = await removeObjects(ctx, exportId);
  if (objects === 0 && !isFinal) return;
  await ctx.db.api.run(notePurged, { ...newEvent(ctx, 'export.purge'), exportId, objects, isFinal });
  if (objects > 0) ctx.later(ctx.queues.auditOutbox.send(DRAIN));
}

/** @returns how many there were */
async function removeObjects({ bucket }: Pick<Context, 'bucket'>, exportId: string): Promise<number> {
  let removed = 0;
  for (;;) {
    // A listing holds at most as many as a deletion takes, 1,000.
    const { objects, truncated } = await bucket.list({ prefix: exportPrefix(exportId) });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    removed += objects.length;
    if (!truncated) return removed;
  }
}

/** Ends an export that cannot go on, with the reason its requester will read. `%s` in it stands for what broke off the last run. */
export async function failExportFor(ctx: Context, exportId: string, reason: string, anew = false): Promise<void> {
  const [failed] = await ctx.db.api.run(failExport, { ...newEvent(ctx, 'export.fail'), exportId, reason, anew });
  if (failed) ended(ctx, failed);
}

/** Tells whoever waits that an export has ended. */
export function ended(ctx: Context, row: EndedRow): void {
  ctx.meter.count('steward_exports_ended_total', { outcome: row.status });
  if (row.status === 'ready') {
    ctx.meter.count('steward_export_rows_total', {}, row.rows_done);
    ctx.meter.count('steward_export_bytes_total', {}, row.bytes_done);
  }
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  ctx.later(
    notify(ctx, `export.${row.status}`, {
      ...{ exportId: row.id, exportType: row.export_type, name: row.name, requestedBy: row.requested_by },
      ...{ rows: row.rows_done, bytes: row.bytes_done, failureReason: row.failure_reason },
    }),
  );
  ctx.exportRuns.report(row.id, {
    ...{ status: row.status, phase: row.status, failureReason: row.failure_reason },
    ...{ rowsExpected: row.rows_expected, rowsDone: row.rows_done, bytesDone: row.bytes_done, activeMs: row.active_ms },
  });
}
