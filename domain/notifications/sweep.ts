import {
  dueDeliveries,
  removeEndedSecrets,
  removeOldDeliveries,
} from '../../drizzle/repositories/notification-sends.ts';
import type { Context } from '../context.ts';
import { nudgeDeliveries } from './announce.ts';

/** A nudge has this long to arrive before it counts as lost. */
const LATE_MS = 20_000;
const MOST_DUE = 1000;
const MOST_REMOVED = 5000;

/** Queues what is due and was not taken up: the row is the record of work, the queue only a messenger. */
export async function requeueDeliveries(ctx: Context): Promise<number> {
  const due = await ctx.db.api.run(dueDeliveries, { lateMs: LATE_MS, limit: MOST_DUE });
  await nudgeDeliveries(
    ctx,
    due.map(({ id }) => id),
  );
  return due.length;
}

/** Lets go of what is no longer needed: deliveries after 90 days, secrets that sign nothing any more. */
export async function forgetNotifications(ctx: Context): Promise<number> {
  await ctx.db.api.run(removeEndedSecrets, {});
  return (await ctx.db.drainer.run(removeOldDeliveries, { limit: MOST_REMOVED })).length;
}
