import { type Mark, settledMark } from '../../drizzle/repositories/settled-mark.ts';
import { drainOutbox } from '../audit/drain-outbox.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { EVENTS_LOCK } from '../telemetry/store-events.ts';

/** From an event's acceptance until the queue has it for certain: tries to send it and their pauses. */
const SENDING_MS = 2000;
/** Whoever has records in hand for longer than this has trouble: the step fails, and is retried when that is over. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 250;

const LATE =
  'Records or events from before are still on their way to ClickHouse, which may be away. Nothing was erased here; retry it.';

async function markOf(ctx: Context, since?: Mark): Promise<Mark & { settled: boolean }> {
  const [mark] = await ctx.db.drainer.run(settledMark, since ?? { cutoff: null, xid: null });
  if (!mark) throw new Error('the database gave no mark');
  return mark;
}

/**
 * Waits until every record accepted by now is in ClickHouse: what arrives after that was written when the old names were gone.
 * @returns the mark: UTC text with microseconds
 * @throws DomainError conflict when it takes too long
 */
export async function settleRecords(ctx: Context): Promise<string> {
  const { cutoff, xid } = await markOf(ctx);
  await waitUntil(ctx, async () => {
    await drainOutbox(ctx).catch((error) => ctx.log.error('audit records wait in the outbox', { error }));
    return (await markOf(ctx, { cutoff, xid })).settled;
  });
  return cutoff;
}

/** The same of events accepted by then, milliseconds since the epoch. */
export const settleEvents = (ctx: Context, acceptedBy: number): Promise<void> =>
  waitUntil(ctx, () => areEventsIn(ctx, acceptedBy));

async function waitUntil(ctx: Context, isSo: () => Promise<boolean>): Promise<void> {
  const end = ctx.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (ctx.now() > end) throw new DomainError('conflict', LATE);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** As for exports (domain/exports/settle.ts): the queue says how old its oldest message is. */
async function areEventsIn(ctx: Context, acceptedBy: number): Promise<boolean> {
  if (ctx.now() < acceptedBy + SENDING_MS) return false;
  const { backlogCount, oldestMessageTimestamp } = await ctx.queues.auditEvents.metrics();
  const isPast = backlogCount === 0 || (oldestMessageTimestamp?.getTime() ?? 0) > acceptedBy;
  return isPast && !(await ctx.locks.isHeld(EVENTS_LOCK));
}
