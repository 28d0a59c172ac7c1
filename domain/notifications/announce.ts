import { announceNotification } from '../../drizzle/repositories/notification-sends.ts';
import { type AnnounceMessage, sendNotificationMessage } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { EVENTS, type EventType } from './events.ts';

/** What one batch of a queue takes: https://developers.cloudflare.com/queues/platform/limits/ */
const MOST_MESSAGES = 100;

/** Writes down what has to be sent of a notification, and sends it on its way. Said twice it is the same. */
export async function announce(
  ctx: Context,
  { id, type, occurredAt, data }: AnnounceMessage['notification'] & { type: EventType },
): Promise<void> {
  const toOwners = EVENTS[type].toOwners && ctx.mail !== null;
  const made = await ctx.db.api.run(announceNotification, {
    ...{ id, type, occurredAt, payload: JSON.stringify(data), toOwners },
  });
  await nudgeDeliveries(
    ctx,
    made.map((delivery) => delivery.id),
  );
}

/** Queues deliveries that are due. One that is lost on its way is found by the sweep. */
export async function nudgeDeliveries(ctx: Pick<Context, 'queues'>, ids: readonly string[]): Promise<void> {
  for (let first = 0; first < ids.length; first += MOST_MESSAGES) {
    const some = ids.slice(first, first + MOST_MESSAGES);
    await ctx.queues.notifications.sendBatch(some.map((id) => ({ body: sendNotificationMessage(id) })));
  }
}
