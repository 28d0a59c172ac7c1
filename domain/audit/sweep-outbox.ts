import { countUnsent, purgeIdempotencyKeys, purgeSent } from '../../drizzle/repositories/audit-outbox.ts';
import { DRAIN } from '../../queues/messages.ts';
import type { Context } from '../context.ts';

/** Makes up for nudges that were lost, and lets go of what is no longer needed. */
export async function sweepOutbox(ctx: Context): Promise<number> {
  const [row] = await ctx.db.drainer.run(countUnsent, {});
  const unsent = row?.unsent ?? 0;
  if (unsent > 0) await ctx.queues.auditOutbox.send(DRAIN);
  await ctx.db.drainer.run(purgeSent, {});
  await ctx.db.drainer.run(purgeIdempotencyKeys, {});
  return unsent;
}
