import type { Notification } from '../../queues/messages.ts';
import type { Context } from '../context.ts';

type DataOf<Type, Member = Notification> = Member extends Notification
  ? Type extends Member['type']
    ? Member['data']
    : never
  : never;

/** Tells every channel; without one nothing is sent. What it says leads to the API and holds nothing of the file. */
export async function notify<Type extends Notification['type']>(
  ctx: Context,
  type: Type,
  data: DataOf<Type>,
): Promise<void> {
  const notification = { id: ctx.newId(), type, occurredAt: new Date(ctx.now()).toISOString(), data } as Notification;
  // A message a channel: one that is away holds up no other, nor whatever is told about.
  const messages = ctx.channels.map(({ name }) => ({
    body: { v: 1 as const, kind: 'notification.send' as const, channel: name, notification },
  }));
  if (messages.length > 0) await ctx.queues.notifications.sendBatch(messages);
}
