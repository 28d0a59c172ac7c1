import { cutoffSettled, type RunRow, transactionsEnded } from '../../drizzle/repositories/export-runs.ts';
import { DRAIN } from '../../queues/messages.ts';
import { drainOutbox } from '../audit/drain-outbox.ts';
import type { Context } from '../context.ts';
import { EVENTS_LOCK } from '../telemetry/store-events.ts';
import type { Awaited } from './types/declare.ts';

/** From an event's acceptance until the queue has it for certain: tries to send it and their pauses. */
const SENDING_MS = 2000;

/** Whether nothing accepted by the cutoff is missing any more where the rows are read from. Sends on what can be sent on. */
export async function settled(ctx: Context, run: RunRow, awaits: Awaited): Promise<boolean> {
  if (awaits === 'transactions') return transactionsSettled(ctx, run);
  if (!(await outboxSettled(ctx, run))) {
    // The request's own record is hardly ever through by now: sending it on here saves a small export most of its time.
    await drainOutbox(ctx).catch((error) => ctx.log.error('audit records wait in the outbox', { error }));
    if (!(await outboxSettled(ctx, run))) {
      await ctx.queues.auditOutbox.send(DRAIN);
      return false;
    }
  }
  return awaits === 'outbox' || eventsSettled(ctx, run);
}

async function transactionsSettled(ctx: Context, { cutoff_xid: cutoffXid }: RunRow): Promise<boolean> {
  const [state] = await ctx.db.exporter.run(transactionsEnded, { cutoffXid });
  return state?.settled === true;
}

async function outboxSettled(ctx: Context, { cutoff, cutoff_xid: cutoffXid }: RunRow): Promise<boolean> {
  const [state] = await ctx.db.exporter.run(cutoffSettled, { cutoff, cutoffXid });
  return state?.settled === true;
}

/**
 * Events travel in a queue: it says how old its oldest unacknowledged message is, and a message is acknowledged once its rows
 * are stored. The lock tells of one being stored where the queue does not count what is out for delivery, as a simulator may not.
 */
async function eventsSettled(ctx: Context, { cutoff }: RunRow): Promise<boolean> {
  const cutoffMs = Date.parse(`${cutoff.slice(0, 23).replace(' ', 'T')}Z`);
  if (ctx.now() < cutoffMs + SENDING_MS) return false;
  const { backlogCount, oldestMessageTimestamp } = await ctx.queues.auditEvents.metrics();
  const isPast = backlogCount === 0 || (oldestMessageTimestamp?.getTime() ?? 0) > cutoffMs;
  return isPast && !(await ctx.locks.isHeld(EVENTS_LOCK));
}
