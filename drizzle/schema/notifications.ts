import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { admins } from './access.ts';

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/**
 * Whom Steward tells outside. `settings` holds what anybody who manages channels may see: `origin` of a webhook or Slack, `recipients`
 * of an e-mail channel. `events`: the types it is told of.
 *
 * `failingSince`, `lastError`, `lastDeliveredAt` say how it goes; they are no state of the channel and make no new version. `enabledAt`:
 * what failed before it does not count against the channel.
 */
export const notificationChannels = pgTable(
  'notification_channels',
  {
    id: uuid().primaryKey(),
    type: text().notNull(),
    name: text().notNull(),
    settings: jsonb().notNull(),
    events: text().array().notNull(),
    enabled: boolean().notNull().default(true),
    enabledAt: time('enabled_at').notNull().defaultNow(),
    /** by_admin | gone | failing | no_recipients; null while it is enabled. */
    disabledReason: text('disabled_reason'),
    targetSetAt: time('target_set_at').notNull().defaultNow(),
    /** Of a webhook: since when its newest secret signs, and until when the one before it does too. */
    rotatedAt: time('rotated_at'),
    rotationEndsAt: time('rotation_ends_at'),
    failingSince: time('failing_since'),
    lastError: text('last_error'),
    lastDeliveredAt: time('last_delivered_at'),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    uniqueIndex('notification_channels_by_name').on(t.name),
    check('channel_type', sql`type IN ('webhook', 'slack', 'email')`),
    check('channel_disabled', sql`enabled = (disabled_reason IS NULL)`),
  ],
);

/**
 * What of a channel nobody may read: its address (`target`) and what signs (`signing`), each wrapped for this row alone; see
 * domain/notifications/secrets.ts. `endsAt`: from then on it signs nothing; null: until further notice.
 */
export const notificationSecrets = pgTable(
  'notification_secrets',
  {
    channelId: uuid('channel_id')
      .notNull()
      .references(() => notificationChannels.id, { onDelete: 'cascade' }),
    use: text().notNull(),
    id: uuid().notNull(),
    wrapped: text().notNull(),
    wrappedBy: text('wrapped_by').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    endsAt: time('ends_at'),
  },
  (t) => [
    primaryKey({ columns: [t.channelId, t.use, t.id] }),
    uniqueIndex('notification_secrets_current').on(t.channelId, t.use).where(sql`ends_at IS NULL`),
    index('notification_secrets_ending').on(t.endsAt).where(sql`ends_at IS NOT NULL`),
    check('secret_use', sql`use IN ('target', 'signing')`),
  ],
);

/**
 * One notification on its way to one channel, or as e-mail to one admin. This row is the truth, queue messages are nudges:
 * `nextAttemptAt` is when it is due, and while somebody is at it when another one may take it up.
 */
export const notificationDeliveries = pgTable(
  'notification_deliveries',
  {
    id: uuid().primaryKey(),
    channelId: uuid('channel_id').references(() => notificationChannels.id, { onDelete: 'cascade' }),
    adminId: uuid('admin_id').references(() => admins.id),
    /** The same for every try and every channel. */
    notificationId: uuid('notification_id').notNull(),
    type: text().notNull(),
    occurredAt: time('occurred_at').notNull(),
    payload: jsonb().notNull(),
    status: text().notNull().default('pending'),
    attempts: integer().notNull().default(0),
    nextAttemptAt: time('next_attempt_at').notNull().defaultNow(),
    /** In our own words; see domain/notifications/not-delivered.ts. */
    lastError: text('last_error'),
    answeredStatus: integer('answered_status'),
    createdAt: time('created_at').notNull().defaultNow(),
    endedAt: time('ended_at'),
    replayOf: uuid('replay_of'),
  },
  (t) => [
    uniqueIndex('notification_deliveries_once')
      .on(t.notificationId, t.channelId)
      .where(sql`replay_of IS NULL AND channel_id IS NOT NULL`),
    uniqueIndex('notification_deliveries_once_an_admin')
      .on(t.notificationId, t.adminId)
      .where(sql`replay_of IS NULL AND admin_id IS NOT NULL`),
    index('notification_deliveries_due').on(t.nextAttemptAt).where(sql`status = 'pending'`),
    index('notification_deliveries_of_channel').on(t.channelId, t.id),
    index('notification_deliveries_of_admin').on(t.adminId).where(sql`admin_id IS NOT NULL`),
    index('notification_deliveries_by_age').on(t.createdAt),
    check('delivery_status', sql`status IN ('pending', 'delivered', 'gave_up', 'dropped')`),
    check('delivery_to_whom', sql`num_nonnulls(channel_id, admin_id) = 1`),
    check('delivery_ended', sql`(status = 'pending') = (ended_at IS NULL)`),
  ],
);
