import { expireOneExport, failExport, stuckExports } from '../../drizzle/repositories/export-runs.ts';
import { runExportMessage } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';

const MAX_EXPIRED = 50;
const R2_DELETE_LIMIT = 1000;

/** Queues every export whose message or consumer was lost: the row is the record of work, the queue only a messenger. */
export async function requeueStuckExports(ctx: Context): Promise<number> {
  const stuck = await ctx.db.api.run(stuckExports, { leaseMs: ctx.settings.exportLeaseMs });
  if (stuck.length > 0) await ctx.queues.exports.sendBatch(stuck.map(({ id }) => ({ body: runExportMessage(id) })));
  return stuck.length;
}

/** Ends the files whose time is up, each with its audit record, and deletes their objects. */
export async function expireExports(ctx: Context): Promise<number> {
  for (let count = 0; count < MAX_EXPIRED; count++) {
    const [gone] = await ctx.db.api.run(expireOneExport, newEvent(ctx, 'export.expire'));
    if (!gone) return count;
    for (let i = 0; i < gone.chunks.length; i += R2_DELETE_LIMIT)
      await ctx.bucket.delete(gone.chunks.slice(i, i + R2_DELETE_LIMIT));
  }
  return MAX_EXPIRED;
}

/** Ends an export that cannot go on, with the reason its requester will read. */
export async function failExportFor(ctx: Context, exportId: string, reason: string): Promise<void> {
  await ctx.db.api.run(failExport, { ...newEvent(ctx, 'export.fail'), exportId, reason });
}
