import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { notificationChannels, notificationDeliveries } from '../schema/index.ts';
import { accessCte } from './access.ts';
import { type ListInput, type PageRow, resource } from './resource.ts';

export interface DeliveryItem {
  id: string;
  /** null: it goes to an admin by e-mail. */
  channelId: string | null;
  adminId: string | null;
  notificationId: string;
  type: string;
  occurredAt: string;
  payload: Record<string, unknown>;
  status: 'pending' | 'delivered' | 'gave_up' | 'dropped';
  attempts: number;
  nextAttemptAt: string;
  lastError: string | null;
  answeredStatus: number | null;
  createdAt: string;
  endedAt: string | null;
  replayOf: string | null;
}

const p = sql.placeholder;
const EVERYWHERE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);

const delivery = resource<DeliveryItem, { deliveryId: string }>({
  name: 'notification_delivery',
  table: notificationDeliveries,
  fields: [],
  key: { deliveryId: notificationDeliveries.id },
  about: 'everywhere',
});

export const readDelivery = delivery.read();

const NOW = sql`${p('eventTime')}::timestamptz`;
const FRESH = { status: sql`'pending'`, attempts: sql`0`, nextAttemptAt: NOW, occurredAt: NOW };

/** A delivery of its own that tells the channel it works; a channel that is off has it, too. */
export const insertTest = delivery.insert<{ channelId: string }>({
  guards: {
    absent: sql`NOT EXISTS (SELECT FROM ${notificationChannels} c WHERE c.id = ${p('channelId')}::uuid)`,
  },
  set: {
    ...FRESH,
    channelId: sql`${p('channelId')}::uuid`,
    notificationId: sql`${p('newId')}::uuid`,
    type: sql`'notification.test'`,
    payload: sql`jsonb_build_object('channelId', ${p('channelId')}::uuid)`,
  },
});

const replayed = (column: string): SQL =>
  sql`(SELECT d.${sql.raw(column)} FROM ${notificationDeliveries} d WHERE d.id = ${p('deliveryId')}::uuid)`;

/** What has ended once more, under the same notification id: a receiver that has had it can tell. */
export const insertReplay = delivery.insert<{ deliveryId: string }>({
  guards: {
    absent: sql`NOT EXISTS (SELECT FROM ${notificationDeliveries} d WHERE d.id = ${p('deliveryId')}::uuid)`,
    under_way: sql`${replayed('status')} = 'pending'`,
    off: sql`EXISTS (SELECT FROM ${notificationChannels} c WHERE c.id = ${replayed('channel_id')} AND NOT c.enabled)`,
  },
  set: {
    ...FRESH,
    channelId: replayed('channel_id'),
    adminId: replayed('admin_id'),
    notificationId: replayed('notification_id'),
    type: replayed('type'),
    occurredAt: replayed('occurred_at'),
    payload: replayed('payload'),
    replayOf: sql`${p('deliveryId')}::uuid`,
  },
});

export interface DeliveryPageRow extends PageRow<DeliveryItem> {
  channel_found: boolean;
}

const item = delivery.item('t');

interface DeliveryFilter {
  status: string | null;
  type: string | null;
}

/** Newest first. `whose`: SQL over `t`. `about`: what a refusal's record names. `found`: SQL boolean, whether there is such a log at all. */
const deliveriesOf = <Own extends object>(o: { whose: SQL; about: SQL; found: SQL }) =>
  statement<ListInput & DeliveryFilter & Own, DeliveryPageRow>(sql`
WITH ${accessCte({ resource: 'notification_delivery', resourceId: o.about, serviceId: EVERYWHERE })}, found AS (
  SELECT row_number() OVER (ORDER BY t.id DESC) AS nr, ${item} AS item, json_build_array(t.id::text) AS position
  FROM access JOIN ${notificationDeliveries} t ON ${o.whose}
  WHERE access.verdict = 'ok' AND (${p('status')}::text IS NULL OR t.status = ${p('status')}::text)
    AND (${p('type')}::text IS NULL OR t.type = ${p('type')}::text)
    AND (${p('after')}::text IS NULL OR t.id < (${p('after')}::jsonb->>0)::uuid)
  ORDER BY t.id DESC LIMIT ${p('limit')}::int + 1
)
SELECT access.verdict, access.admin_id, access.missing, ${o.found} AS channel_found,
  coalesce((SELECT json_agg(item ORDER BY nr) FROM found WHERE nr <= ${p('limit')}::int), '[]') AS items,
  (SELECT position FROM found WHERE nr = ${p('limit')}::int AND EXISTS (SELECT FROM found WHERE nr > ${p('limit')}::int)) AS next
FROM access`);

export const listChannelDeliveries = deliveriesOf<{ channelId: string }>({
  whose: sql`t.channel_id = ${p('channelId')}::uuid`,
  about: sql`${p('channelId')}`,
  found: sql`EXISTS (SELECT FROM ${notificationChannels} c WHERE c.id = ${p('channelId')}::uuid)`,
});

/** Those to owners, too. */
export const listDeliveries = deliveriesOf<object>({ whose: sql`true`, about: sql`''`, found: sql`true` });
