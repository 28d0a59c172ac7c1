import type { Context } from '../context.ts';
import type { DataOf, EventType } from './events.ts';

/** Failure reasons name admins by their addresses, and people write what they like into names. */
const ADDRESS = /[^\s@<>(),;:"]+@[^\s@<>(),;:"]+[^\s@<>(),;:".]/g;

const withoutAddresses = (data: object) =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replace(ADDRESS, 'an admin') : value,
    ]),
  );

/**
 * Tells whoever wants to know, by way of the queue.
 * @param id the same for what may be told twice
 */
export async function notify<Type extends EventType>(
  ctx: Pick<Context, 'queues' | 'now' | 'newId'>,
  type: Type,
  data: DataOf<Type>,
  id = ctx.newId(),
): Promise<void> {
  const notification = { id, type, occurredAt: new Date(ctx.now()).toISOString(), data: withoutAddresses(data) };
  await ctx.queues.notifications.send({ v: 1, kind: 'notification.announce', notification });
}
