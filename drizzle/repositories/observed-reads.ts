import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { admins, auditOutbox, observedReads } from '../schema/index.ts';

/** Somebody looked. Times are RFC 3339. */
export interface ObservedRead {
  /** UUIDv7 of the look, and of its record if it has one. */
  id: string;
  readAt: string;
  adminId: string;
  actorEmail: string;
  actorRole: string;
  action: string;
  resource: string;
  ipAddress: string;
  requestId: string;
  traceId: string;
  sessionId: string;
}

const p = sql.placeholder;
const COLUMNS =
  sql.raw(`id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state,
  ip_address, request_id, trace_id, session_id`);

/** Notes a look, and records it when it is that admin's first of the hour; said twice, it is one. */
export const noteRead = statement<ObservedRead, { recorded: boolean }>(sql`
WITH looked AS (
  INSERT INTO ${observedReads} (id, admin_id, actor_role, action, resource, read_at, hour)
  VALUES (${p('id')}::uuid, ${p('adminId')}::uuid, ${p('actorRole')}, ${p('action')}, ${p('resource')}, ${p('readAt')}::timestamptz,
    date_trunc('hour', ${p('readAt')}::timestamptz, 'UTC'))
  ON CONFLICT DO NOTHING RETURNING *
), recorded AS (
  INSERT INTO ${auditOutbox} (${COLUMNS})
  SELECT l.id, l.read_at, l.admin_id, ${p('actorEmail')}, l.actor_role, l.action, l.resource, '', 'success', NULL,
    ${p('ipAddress')}, ${p('requestId')}, ${p('traceId')}, ${p('sessionId')}
  FROM looked l
  WHERE NOT EXISTS (SELECT FROM ${observedReads} o WHERE o.hour = l.hour AND o.admin_id = l.admin_id AND o.action = l.action)
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT EXISTS (SELECT FROM recorded) AS recorded`);

/**
 * Ends one admin's hour of one action that is over: its looks go, and what had no record of its own has one together, which says how
 * many looks there were in all, from when to when. Messages that come later begin the hour anew.
 */
export const closeReads = statement<
  { eventId: string; eventTime: string; requestId: string; traceId: string },
  { reads: number }
>(sql`
WITH due AS (
  SELECT o.hour, o.admin_id, o.action FROM ${observedReads} o
  WHERE o.hour < date_trunc('hour', now(), 'UTC') - interval '10 minutes' ORDER BY o.hour, o.admin_id, o.action LIMIT 1
), gone AS (
  DELETE FROM ${observedReads} o USING due WHERE o.hour = due.hour AND o.admin_id = due.admin_id AND o.action = due.action RETURNING o.*
), hour AS (
  SELECT g.admin_id, g.action, min(g.resource) AS resource, min(g.actor_role) AS actor_role, count(*)::int AS reads,
    min(g.read_at) AS first_at, max(g.read_at) AS last_at FROM gone g GROUP BY g.admin_id, g.action
), recorded AS (
  INSERT INTO ${auditOutbox} (${COLUMNS})
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, h.admin_id, coalesce(a.email, ''), h.actor_role, h.action, h.resource, '',
    'success', jsonb_build_object('reads', h.reads, 'from', ${sql.raw(iso('h.first_at'))}, 'to', ${sql.raw(iso('h.last_at'))}),
    '::', ${p('requestId')}, ${p('traceId')}, ''
  FROM hour h LEFT JOIN ${admins} a ON a.id = h.admin_id WHERE h.reads > 1 RETURNING 1
)
SELECT h.reads FROM hour h`);

function iso(instant: string): string {
  return `to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
