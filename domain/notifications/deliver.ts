import type { NotificationMessage } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { NotDelivered } from './channel.ts';

/** Gives a notification to its channel. @throws NotDelivered */
export async function deliver(ctx: Context, { channel: name, notification }: NotificationMessage): Promise<void> {
  const channel = ctx.channels.find((each) => each.name === name);
  if (!channel) throw new NotDelivered(`there is no channel ${name} any more`, { isFinal: true });
  await channel.send(notification, AbortSignal.timeout(ctx.settings.notifyTimeoutMs));
}
