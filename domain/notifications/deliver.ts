import {
  noteDelivered,
  noteDropped,
  noteFailed,
  type TakenRow,
  takeDelivery,
} from '../../drizzle/repositories/notification-sends.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { nudgeDeliveries } from './announce.ts';
import { EVENTS, type EventType } from './events.ts';
import { NotDelivered } from './not-delivered.ts';
import { sendTaken } from './send-taken.ts';

/** Longer than a try lasts, with what Postgres takes before and after. */
const LEASE_MARGIN_MS = 30_000;

/** When the next try is due; null: there is none. */
export type Delivered = { againInSeconds: number } | null;

/**
 * One try of one delivery, if it is due and nobody else is at it.
 * @param delay seconds until the next try, from how many there were and how long the receiver asks to be left alone
 */
export async function deliver(
  ctx: Context,
  deliveryId: string,
  delay: (attempts: number, afterSeconds: number) => number,
): Promise<Delivered> {
  const leaseMs = ctx.settings.notifyTimeoutMs + LEASE_MARGIN_MS;
  const [taken] = await ctx.db.api.run(takeDelivery, { deliveryId, leaseMs });
  if (!taken) return null;
  const error = unwanted(taken);
  if (error) {
    await ctx.db.api.run(noteDropped, { deliveryId, attempts: taken.attempts, error });
    return null;
  }
  let answeredStatus: number | null;
  try {
    answeredStatus = await sendTaken(ctx, taken);
  } catch (error) {
    if (!(error instanceof NotDelivered)) throw error;
    return failed(ctx, deliveryId, taken, error, delay);
  }
  await ctx.db.api.run(noteDelivered, { deliveryId, attempts: taken.attempts, answeredStatus });
  count(ctx, taken, 'delivered');
  return null;
}

/** An owner's own e-mail belongs to no channel. */
const count = (ctx: Context, { channel_type: channel }: TakenRow, outcome: 'delivered' | 'failed' | 'gave_up') =>
  ctx.meter.count('steward_notification_deliveries_total', { channel: channel ?? 'email', outcome });

/** Of a channel that is off only its test is sent. */
function unwanted({ type, channel_id, channel_enabled, email }: TakenRow): 'channel_off' | 'recipient_gone' | null {
  if (channel_id === null) return email === null ? 'recipient_gone' : null;
  return channel_enabled || type === 'notification.test' ? null : 'channel_off';
}

async function failed(
  ctx: Context,
  deliveryId: string,
  taken: TakenRow,
  { code, answeredStatus, afterSeconds, countsAgainstChannel }: NotDelivered,
  delay: (attempts: number, afterSeconds: number) => number,
): Promise<Delivered> {
  const { attempts, type, channel_id: channelId } = taken;
  // Who tests a channel waits for the outcome, and its failure is no news.
  const isTest = type === ('notification.test' satisfies EventType);
  const [row] = await ctx.db.api.run(noteFailed, {
    ...newEvent(ctx, 'notification.channel.disable'),
    ...{ deliveryId, attempts, answeredStatus, error: code },
    ...{ delaySeconds: delay(attempts, afterSeconds), isLast: isTest, isGone: code === 'gone' },
    ...{ counts: countsAgainstChannel && (!isTest || code === 'gone'), noteId: ctx.newId() },
    toOwners: EVENTS['notification.channel_disabled'].toOwners && ctx.mail !== null,
  });
  if (!row) return null;
  const { status, off, seconds, told } = row;
  count(ctx, taken, status === 'pending' ? 'failed' : 'gave_up');
  ctx.log.error('notification was not delivered', {
    deliveryId,
    channelId,
    reason: code,
    answeredStatus,
    attempts,
    status,
  });
  if (off) {
    ctx.meter.count('steward_notification_channels_disabled_total', { channel: taken.channel_type ?? 'email' });
    ctx.log.error('notification channel is switched off', { channelId, reason: off });
    ctx.later(ctx.queues.auditOutbox.send(DRAIN));
    ctx.later(nudgeDeliveries(ctx, told));
  }
  return status === 'pending' ? { againInSeconds: seconds } : null;
}
