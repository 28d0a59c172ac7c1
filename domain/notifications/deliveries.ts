import {
  type DeliveryItem,
  insertReplay,
  insertTest,
  listDeliveries as listOfAll,
  listChannelDeliveries as listOfChannel,
  readDelivery as readStatement,
} from '../../drizzle/repositories/notification-deliveries.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, NotFound } from '../errors.ts';
import { type Creation, create } from '../resources/create.ts';
import { decodeCursor, encodeCursor, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { nudgeDeliveries } from './announce.ts';
import type { EventType } from './events.ts';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'gave_up', 'dropped'] as const;

export interface DeliveryQuery extends PageQuery {
  status?: (typeof DELIVERY_STATUSES)[number] | undefined;
  type?: EventType | undefined;
}

/** Newest first. @param channelId null: of every channel, and what went to owners @throws NotFound, Malformed */
export async function listDeliveries(
  ctx: CallerContext,
  channelId: string | null,
  { status, type, limit, cursor }: DeliveryQuery,
): Promise<Page<DeliveryItem>> {
  const input = {
    ...callerInput(ctx, 'notification.delivery.list'),
    ...{ status: status ?? null, type: type ?? null, limit },
    after: cursor === undefined ? null : decodeCursor(cursor, ['uuid']),
  };
  const rows =
    channelId === null
      ? await ctx.db.api.run(listOfAll, input)
      : await ctx.db.api.run(listOfChannel, { ...input, channelId });
  const { items, next, channel_found } = assertAllowed(ctx, rows[0]);
  if (!channel_found) throw new NotFound();
  return { items, nextCursor: next && encodeCursor(next) };
}

/** @throws NotFound */
export const readDelivery = (ctx: CallerContext, deliveryId: string): Promise<DeliveryItem> =>
  readOne(ctx, readStatement, { action: 'notification.delivery.read', key: { deliveryId } });

/** A channel's own delivery, by the way all of them go; tried once. @throws NotFound */
export async function testChannel(ctx: CallerContext, channelId: string, o: Creation): Promise<DeliveryItem> {
  const made = await create(ctx, insertTest, {
    action: 'notification.channel.test',
    key: { channelId },
    values: {},
    taken: 'Another delivery has this id; try again.',
    ...o,
  });
  ctx.later(nudgeDeliveries(ctx, [made.id]));
  return made;
}

/** What has ended, once more and under the same notification id. @throws NotFound, DomainError conflict */
export async function replayDelivery(ctx: CallerContext, deliveryId: string, o: Creation): Promise<DeliveryItem> {
  const made = await create(ctx, insertReplay, {
    action: 'notification.delivery.replay',
    key: { deliveryId },
    values: {},
    taken: 'Another delivery has this id; try again.',
    refusals: {
      under_way: () =>
        new DomainError('conflict', 'This delivery is still on its way; it can be replayed once it has ended.'),
      off: () => new DomainError('conflict', 'Its channel is switched off; enable it first.'),
    },
    ...o,
  });
  ctx.later(nudgeDeliveries(ctx, [made.id]));
  return made;
}
