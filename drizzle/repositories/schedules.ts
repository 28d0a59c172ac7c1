import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { type Call, call, statement } from '../client.ts';
import { admins, auditOutbox, grants, roles, services } from '../schema/index.ts';

/** What schedules have in common, whatever they make. Aliases: `t` the table, `access` the caller, `cur` the locked schedule. */

const p = sql.placeholder;
const NOWHERE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);

/** What an admin may have of each kind. */
export const MAX_SCHEDULES = 50;

/** Whose, and what they are about: a service, none (null), or everywhere (the nil UUID). */
export interface ScheduleReach {
  serviceId: string | null;
  /** Everybody's, not the caller's own alone. */
  all: boolean;
}

export const reach = sql`(t.owner_id = access.admin_id OR ${p('all')}::boolean)`;

const lock = statement<{ name: string }, unknown>(
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${p('name')}::text, 0))`,
);

/** First in a transaction that counts an admin's schedules: two of them one after the other. */
export const lockSchedules = (kind: 'export' | 'operation', subject: string): Call =>
  call(lock, { name: `${kind} schedules ${subject}` });

/** Guard of an insert, after lockSchedules. */
export const full = (table: PgTable): SQL =>
  sql`(SELECT count(*) FROM ${table} s WHERE s.owner_id = draft.owner_id) >= ${sql.raw(String(MAX_SCHEDULES))}`;

/** `nextRunAt` replaces the row's, which a run may have moved since it was read. */
export interface Rescheduling {
  reschedule: boolean;
  nextRunAt: string | null;
}

/** Of an update that has `Rescheduling`. */
export const rescheduled = {
  nextRunAt: sql`CASE WHEN ${p('reschedule')}::boolean THEN ${p('nextRunAt')}::text ELSE cur.before->>'nextRunAt' END`,
  lastError: sql`CASE WHEN ${p('reschedule')}::boolean THEN NULL ELSE cur.last_error END`,
};

/**
 * CTEs from `held` to `access`: what the function authorise decides for a caller, for the owner of the schedule `cur`, who has no
 * session then. `access` has admin_id, email, role, scope (null = every service), `refused` (why there is no run, or null), and verdict.
 *
 * `needed`: SQL text[] of permissions. `what`: the owner needs them for this, in words. `refusal`: SQL text of what keeps the run from being
 * made, whoever its owner is. The placeholder serviceId: a service, none (null), or everywhere (the nil UUID).
 */
export const ownerCte = ({ needed, what, refusal }: { needed: SQL; what: string; refusal?: SQL }): SQL => sql`held AS (
  SELECT g.service_id, r.permissions FROM cur JOIN ${grants} g ON g.admin_id = cur.owner_id JOIN ${roles} r ON r.id = g.role_id
), needs AS (
  SELECT ${needed} AS needed, nullif(${p('serviceId')}::uuid, ${NOWHERE}) AS service_id,
    ARRAY(SELECT h.permission FROM held, unnest(held.permissions) AS h (permission) WHERE held.service_id IS NULL) AS everywhere
), owner AS (
  SELECT a.id AS admin_id, a.email, a.status, needs.*, CASE
    WHEN needs.service_id IS NOT NULL THEN ARRAY[needs.service_id]
    WHEN ${p('serviceId')}::uuid IS NULL AND NOT needs.needed <@ needs.everywhere THEN ARRAY(
      SELECT held.service_id FROM held CROSS JOIN LATERAL unnest(held.permissions) AS h (permission)
      WHERE held.service_id IS NOT NULL GROUP BY held.service_id
      HAVING needs.needed <@ (array_agg(h.permission) || needs.everywhere) ORDER BY held.service_id) END AS scope
  FROM cur JOIN ${admins} a ON a.id = cur.owner_id CROSS JOIN needs
), judged AS (
  SELECT owner.admin_id, owner.email, 'system' AS role, owner.scope, CASE
    ${refusal ? sql`WHEN ${refusal} IS NOT NULL THEN ${refusal}` : sql``}
    WHEN owner.status = 'locked' THEN 'Its owner is locked.'
    WHEN owner.status <> 'active' THEN 'Its owner is no admin any more.'
    WHEN owner.service_id IS NOT NULL AND NOT EXISTS (SELECT FROM ${services} x WHERE x.id = owner.service_id)
      THEN 'The service it is about does not exist any more.'
    WHEN lacks.permission IS NOT NULL THEN format('Its owner does not hold the permission %s for ${sql.raw(what)} any more.', lacks.permission)
  END AS refused
  FROM owner LEFT JOIN LATERAL (SELECT n.permission FROM unnest(owner.needed) WITH ORDINALITY AS n (permission, nr)
    WHERE admin_may(owner.admin_id, n.permission, owner.scope) IS NOT TRUE
    ORDER BY EXISTS (SELECT FROM held WHERE n.permission = ANY (held.permissions)), n.nr LIMIT 1) AS lacks ON true
), access AS (SELECT judged.*, CASE WHEN judged.refused IS NULL THEN 'ok' ELSE 'forbidden' END AS verdict FROM judged)`;

/** The record of what came of a schedule's time: its owner's, though nobody asked. `why`: SQL text besides the schedule's id. */
export const insertRunRecord = (o: {
  id: SQL;
  time: SQL;
  action: SQL;
  /** `resource, resource_id`. */
  resource: SQL;
  /** SQL uuid; the nil UUID is recorded as none. */
  serviceId: SQL;
  outcome: SQL;
  before?: SQL;
  after: SQL;
  why: SQL;
  /** Joined to `cur` and `access`. */
  from: SQL;
}): SQL => sql`
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome,
    before_state, after_state, reason, ip_address, request_id, trace_id)
  SELECT ${o.id}::uuid, ${o.time}::timestamptz, access.admin_id, access.email, access.role, ${o.action}, ${o.resource},
    nullif(${o.serviceId}, ${NOWHERE}), ${o.outcome}, ${o.before ?? sql`NULL`}, ${o.after},
    concat_ws(': ', 'schedule ' || cur.id, ${o.why}), '::', ${p('requestId')}, ${p('traceId')}
  FROM cur CROSS JOIN access ${o.from}`;
