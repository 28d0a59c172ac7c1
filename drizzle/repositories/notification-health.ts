import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { notificationChannels, notificationDeliveries } from '../schema/index.ts';
import type { ChannelType } from './notification-channels.ts';

export interface ChannelHealth {
  id: string;
  name: string;
  type: ChannelType;
  enabled: boolean;
  /** Why it was switched off by itself. */
  disabled_reason: string | null;
  failing_since: Date | null;
  /** One of domain/notifications/not-delivered.ts. */
  last_error: string | null;
  last_delivered_at: Date | null;
}

/** How every channel does. */
export const channelHealth = statement<object, ChannelHealth>(sql`
SELECT c.id, c.name, c.type, c.enabled, c.disabled_reason, c.failing_since, c.last_error, c.last_delivered_at FROM ${notificationChannels} c ORDER BY c.name`);

/** What is on its way; `oldest` null: nothing is. */
export const deliveryBacklog = statement<object, { pending: number; oldest: Date | null }>(sql`
SELECT count(*)::int AS pending, min(d.created_at) AS oldest FROM ${notificationDeliveries} d WHERE d.status = 'pending'`);
