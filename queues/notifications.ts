import type { Context } from '../domain/context.ts';
import { announce } from '../domain/notifications/announce.ts';
import { deliver } from '../domain/notifications/deliver.ts';
import { EVENTS, isEventType } from '../domain/notifications/events.ts';
import { type NotificationMessage, sendNotificationMessage } from './messages.ts';
import { ack, backoff, dead, type Outcome } from './outcome.ts';

/** Between two tries; a receiver that is well again hears of it within the hour. */
const LONGEST_WAIT_SECONDS = 3600;
/** https://developers.cloudflare.com/queues/platform/limits/ */
const LONGEST_DELAY_SECONDS = 43_200;

/** Tries are counted and due in Postgres; a message of the queue only says that it is time to look. */
export async function consumeNotification(ctx: Context, message: NotificationMessage): Promise<Outcome> {
  if (message.kind === 'notification.announce') {
    const { type } = message.notification;
    if (!isEventType(type) || !isKnownNotification(message)) return dead('not an event that is known');
    await announce(ctx, { ...message.notification, type });
    return ack;
  }
  const { deliveryId } = message;
  const next = await deliver(ctx, deliveryId, (attempts, afterSeconds) =>
    Math.max(backoff(attempts, Math.random(), LONGEST_WAIT_SECONDS), afterSeconds),
  );
  if (next) {
    // Never before it is due; what waits longer than the queue keeps it is found by the sweep.
    const delaySeconds = Math.min(Math.ceil(next.againInSeconds), LONGEST_DELAY_SECONDS);
    await ctx.queues.notifications.send(sendNotificationMessage(deliveryId), { delaySeconds });
  }
  return ack;
}

/** Whether what it says is ours: it holds nothing then that may not be kept. */
export function isKnownNotification(message: NotificationMessage): boolean {
  if (message.kind === 'notification.send') return true;
  const { type, data } = message.notification;
  return isEventType(type) && EVENTS[type].data.safeParse(data).success;
}
