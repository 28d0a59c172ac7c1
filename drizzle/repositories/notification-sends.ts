import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import {
  admins,
  auditOutbox,
  grants,
  notificationChannels,
  notificationDeliveries,
  notificationSecrets,
} from '../schema/index.ts';
import type { SystemEvent } from './export-runs.ts';
import { type ChannelType, channelState, type StoredSecret } from './notification-channels.ts';

const p = sql.placeholder;
const OWNER = sql.raw(`'01900000-0000-7000-8000-000000000001'::uuid`);
const NOBODY = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);
const GIVEN_UP_AFTER = sql.raw(`interval '24 hours'`);

/** A UUIDv7 (RFC 9562 section 5.7) for rows whose number nobody knows before. */
export const NEW_ID = sql.raw(`encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`);

/**
 * `INSERT … RETURNING id`: a delivery for every channel that wants to know, and for every active owner where `to_owners`.
 * @param notes an alias with id, type, occurred_at, payload, to_owners, and in `about` the channel that is left out, or NULL
 */
export const insertDeliveriesOf = (notes: string): SQL => sql`INSERT INTO ${notificationDeliveries}
    (id, channel_id, admin_id, notification_id, type, occurred_at, payload)
  SELECT ${NEW_ID}, who.channel_id, who.admin_id, n.id, n.type, n.occurred_at, n.payload FROM ${sql.raw(notes)} n CROSS JOIN LATERAL (
    SELECT c.id AS channel_id, NULL::uuid AS admin_id FROM ${notificationChannels} c
    WHERE c.enabled AND n.type = ANY (c.events) AND c.id IS DISTINCT FROM n.about
    UNION ALL SELECT NULL, a.id FROM ${admins} a WHERE n.to_owners AND a.status = 'active'
      AND EXISTS (SELECT FROM ${grants} g WHERE g.admin_id = a.id AND g.role_id = ${OWNER} AND g.service_id IS NULL)
  ) who ON CONFLICT DO NOTHING RETURNING id`;

export interface Announced {
  id: string;
  type: string;
  /** RFC 3339. */
  occurredAt: string;
  /** JSON. */
  payload: string;
  toOwners: boolean;
}

/** What has to be sent of a notification; said again it makes no second one. */
export const announceNotification = statement<Announced, { id: string }>(sql`
WITH note AS (
  SELECT ${p('id')}::uuid AS id, ${p('type')}::text AS type, ${p('occurredAt')}::timestamptz AS occurred_at, ${p('payload')}::jsonb AS payload,
    ${p('toOwners')}::boolean AS to_owners, NULL::uuid AS about
), made AS (${insertDeliveriesOf('note')})
SELECT id FROM made UNION ALL SELECT d.id FROM ${notificationDeliveries} d
WHERE d.notification_id = ${p('id')}::uuid AND d.status = 'pending' AND d.replay_of IS NULL`);

export interface TakenRow {
  /** Which try this is; only its own outcome is recorded. */
  attempts: number;
  notification_id: string;
  type: string;
  occurred_at: Date;
  payload: Record<string, unknown>;
  channel_id: string | null;
  channel_type: ChannelType | null;
  channel_enabled: boolean | null;
  recipients: string[] | null;
  secrets: StoredSecret[];
  /** Of the admin it goes to, while active. */
  email: string | null;
}

/** Takes up one that is due: until `leaseMs` have passed nobody else does. No row: it has ended, or is not due yet. */
export const takeDelivery = statement<{ deliveryId: string; leaseMs: number }, TakenRow>(sql`
WITH taken AS (
  UPDATE ${notificationDeliveries} d SET attempts = d.attempts + 1, next_attempt_at = now() + ${p('leaseMs')}::float8 * interval '1 millisecond'
  WHERE d.id = ${p('deliveryId')}::uuid AND d.status = 'pending' AND d.next_attempt_at <= now() RETURNING d.*
)
SELECT taken.attempts, taken.notification_id, taken.type, taken.occurred_at, taken.payload, c.id AS channel_id, c.type AS channel_type,
  c.enabled AS channel_enabled, c.settings->'recipients' AS recipients, a.email,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('use', s.use, 'id', s.id, 'wrapped', s.wrapped, 'wrappedBy', s.wrapped_by)
      ORDER BY s.created_at DESC), '[]') FROM ${notificationSecrets} s
    WHERE s.channel_id = c.id AND (s.ends_at IS NULL OR s.ends_at > now())) AS secrets
FROM taken LEFT JOIN ${notificationChannels} c ON c.id = taken.channel_id
LEFT JOIN ${admins} a ON a.id = taken.admin_id AND a.status = 'active'`);

interface Tried {
  deliveryId: string;
  attempts: number;
  answeredStatus: number | null;
}

const THE_TRY = sql`d.id = ${p('deliveryId')}::uuid AND d.status = 'pending' AND d.attempts = ${p('attempts')}::int`;

/** It arrived; the channel is well. No row: another try has taken over since, or the channel is gone. */
export const noteDelivered = statement<Tried, { id: string }>(sql`
WITH done AS (
  UPDATE ${notificationDeliveries} d SET status = 'delivered', ended_at = now(), last_error = NULL, answered_status = ${p('answeredStatus')}::int
  WHERE ${THE_TRY} RETURNING d.id, d.channel_id
), well AS (
  UPDATE ${notificationChannels} c SET last_delivered_at = now(), failing_since = NULL, last_error = NULL FROM done WHERE c.id = done.channel_id
)
SELECT id FROM done`);

/** Nobody may be sent it any more. */
export const noteDropped = statement<Omit<Tried, 'answeredStatus'> & { error: string }, { id: string }>(sql`
UPDATE ${notificationDeliveries} d SET status = 'dropped', ended_at = now(), last_error = ${p('error')} WHERE ${THE_TRY} RETURNING d.id`);

export interface FailedTry extends Tried, SystemEvent {
  error: string;
  delaySeconds: number;
  /** No other try is made. */
  isLast: boolean;
  /** The receiver wants nothing any more. */
  isGone: boolean;
  /** Whether it counts against the channel. */
  counts: boolean;
  /** Of what is told when the channel is switched off. */
  noteId: string;
  toOwners: boolean;
}

export interface FailedRow {
  status: 'pending' | 'gave_up' | 'dropped';
  /** Until the next try. */
  seconds: number;
  /** Why the channel was switched off now; null: it was not. */
  off: 'gone' | 'failing' | null;
  /** Deliveries that tell of it. */
  told: string[];
}

/**
 * One try failed. A channel to which nothing was delivered for a day, or that wants nothing any more, is switched off in the same
 * statement, with its record and what others are told of it.
 */
export const noteFailed = statement<FailedTry, FailedRow>(sql`
WITH tried AS (
  UPDATE ${notificationDeliveries} d SET last_error = ${p('error')}, answered_status = ${p('answeredStatus')}::int,
    status = CASE WHEN ${p('isGone')}::boolean THEN 'dropped' WHEN ${p('isLast')}::boolean OR now() >= d.created_at + ${GIVEN_UP_AFTER} THEN 'gave_up' ELSE 'pending' END,
    ended_at = CASE WHEN ${p('isGone')}::boolean OR ${p('isLast')}::boolean OR now() >= d.created_at + ${GIVEN_UP_AFTER} THEN now() END,
    next_attempt_at = least(now() + make_interval(secs => ${p('delaySeconds')}::float8), greatest(now(), d.created_at + ${GIVEN_UP_AFTER}))
  WHERE ${THE_TRY} RETURNING d.*
), cur AS (
  SELECT c.*, ${channelState('c')} AS before FROM tried JOIN ${notificationChannels} c ON c.id = tried.channel_id
  WHERE ${p('counts')}::boolean FOR UPDATE OF c
), judged AS (
  SELECT cur.*, CASE WHEN NOT cur.enabled THEN NULL WHEN ${p('isGone')}::boolean THEN 'gone'
    WHEN now() - greatest(coalesce(cur.failing_since, now()), cur.enabled_at) >= ${GIVEN_UP_AFTER} THEN 'failing'
    -- Its whole life long nothing was delivered; the first failure came a moment after that began.
    WHEN tried.status = 'gave_up' AND greatest(cur.last_delivered_at, cur.enabled_at) < tried.created_at THEN 'failing' END AS off
  FROM cur CROSS JOIN tried
), changed AS (
  UPDATE ${notificationChannels} c SET failing_since = coalesce(c.failing_since, now()), last_error = ${p('error')},
    enabled = c.enabled AND judged.off IS NULL, disabled_reason = coalesce(c.disabled_reason, judged.off),
    version = c.version + (judged.off IS NOT NULL)::int,
    updated_at = CASE WHEN judged.off IS NULL THEN c.updated_at ELSE now() END
  FROM judged WHERE c.id = judged.id RETURNING c.*, judged.before, judged.off
), switched_off AS (SELECT * FROM changed WHERE off IS NOT NULL), recorded AS (
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, before_state,
    after_state, reason, ip_address, request_id, trace_id)
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, ${NOBODY}, '', 'system', ${p('action')}, 'notification_channel', s.id::text,
    'success', s.before, ${channelState('s')}, '', '::', ${p('requestId')}, ${p('traceId')} FROM switched_off s
), note AS (
  SELECT ${p('noteId')}::uuid AS id, 'notification.channel_disabled' AS type, ${p('eventTime')}::timestamptz AS occurred_at, ${p('toOwners')}::boolean AS to_owners,
    s.id AS about, jsonb_build_object('channelId', s.id, 'channelName', s.name, 'channelType', s.type, 'reason', s.off) AS payload
  FROM switched_off s
), told AS (${insertDeliveriesOf('note')})
SELECT tried.status, greatest(0, extract(epoch FROM tried.next_attempt_at - now()))::float8 AS seconds,
  (SELECT off FROM switched_off) AS off, ARRAY(SELECT id FROM told) AS told FROM tried`);

/** Those whose nudge must have been lost; the longest due first. */
export const dueDeliveries = statement<{ lateMs: number; limit: number }, { id: string }>(sql`
SELECT d.id FROM ${notificationDeliveries} d WHERE d.status = 'pending' AND d.next_attempt_at < now() - ${p('lateMs')}::float8 * interval '1 millisecond'
ORDER BY d.next_attempt_at LIMIT ${p('limit')}::int`);

/** Secrets that sign nothing any more. */
export const removeEndedSecrets = statement<object, never>(
  sql`DELETE FROM ${notificationSecrets} WHERE ends_at <= now()`,
);

/** For the drainer's role. @returns as many as were removed, at most `limit` */
export const removeOldDeliveries = statement<{ limit: number }, { id: string }>(sql`
DELETE FROM ${notificationDeliveries} WHERE id IN (SELECT d.id FROM ${notificationDeliveries} d
  WHERE d.created_at < now() - interval '90 days' AND d.status <> 'pending' ORDER BY d.created_at LIMIT ${p('limit')}::int) RETURNING id`);
