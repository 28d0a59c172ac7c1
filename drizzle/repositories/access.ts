import { type SQL, sql } from 'drizzle-orm';
import { adminSessions, admins, auditOutbox, grants, roles, services } from '../schema/index.ts';

/** Who asks, as the verified token and the request say. Every statement that authorises takes these. */
export interface CallerInput {
  /** `sub` of the token. */
  subject: string;
  /** `sid` of the token. */
  sessionId: string;
  /** `iat` of the token, seconds. */
  issuedAt: number;
  /** All of them are needed. */
  permissions: readonly string[];
  /** Anonymised already. */
  ipAddress: string;
  userAgent: string;
  requestId: string;
  traceId: string;
  /** UUIDv7 of the audit record this call may write, and its milliseconds as RFC 3339. */
  eventId: string;
  eventTime: string;
  action: string;
  reason: string;
}

/** Why a caller may or may not go on. `ok` is the only one that lets the rest of a statement do anything. */
export type Verdict = 'ok' | 'unknown_admin' | 'locked' | 'session_ended' | 'not_found' | 'forbidden';

/** What every authorising statement answers beside its own columns. */
export interface Access {
  verdict: Verdict;
  admin_id: string | null;
  /** The permission a `forbidden` caller lacks. */
  missing: string | null;
}

const p = sql.placeholder;

/**
 * CTEs `who`, `sess`, `mine`, `access`: identity, session and permissions of the caller in the same statement as the work.
 *
 * `sess` lists a bearer session the first time it is seen and costs nothing afterwards. `access` has one row:
 * verdict, missing (the first permission lacked), admin_id, email, role, and services (null = every service, else those
 * for which all the permissions are held).
 * @param service SQL for the service the call is about (its value may be NULL), or null for calls about none; a caller without any grant that
 *   reaches that service is told `not_found`, as if it did not exist
 */
export function accessCtes(service: SQL | null): SQL {
  const reaches = service ? sql`(${service} IS NULL OR g.service_id IS NULL OR g.service_id = ${service})` : sql`true`;
  const exists = service
    ? sql`(${service} IS NULL OR EXISTS (SELECT FROM ${services} s WHERE s.id = ${service}))`
    : sql`true`;
  const needed = sql`unnest(${p('permissions')}::text[]) AS needed (permission)`;
  return sql`who AS (
  SELECT a.id, a.email, a.status, s.id IS NOT NULL AS listed,
    (s.revoked_at IS NOT NULL OR s.admin_id <> a.id
      OR to_timestamp(${p('issuedAt')}::float8) < date_trunc('second', a.sessions_not_before)) IS TRUE AS ended
  FROM ${admins} a LEFT JOIN ${adminSessions} s ON s.id = ${p('sessionId')} WHERE a.subject = ${p('subject')}
), sess AS (
  INSERT INTO ${adminSessions} (id, admin_id, ip_address, user_agent)
  SELECT ${p('sessionId')}, who.id, ${p('ipAddress')}, ${p('userAgent')} FROM who
  WHERE NOT listed AND NOT ended AND status = 'active' ON CONFLICT DO NOTHING
), mine AS (
  SELECT g.service_id, r.name, r.rank, r.permissions, ${reaches} AS reaches
  FROM who JOIN ${grants} g ON g.admin_id = who.id JOIN ${roles} r ON r.id = g.role_id
), judged AS (
  SELECT EXISTS (SELECT FROM mine WHERE reaches) AS any_grant,
    (SELECT needed.permission FROM ${needed} WHERE NOT EXISTS
      (SELECT FROM mine WHERE reaches AND needed.permission = ANY (mine.permissions)) LIMIT 1) AS missing,
    NOT EXISTS (SELECT FROM ${needed} WHERE NOT EXISTS
      (SELECT FROM mine WHERE service_id IS NULL AND needed.permission = ANY (mine.permissions))) AS everywhere,
    ARRAY(SELECT DISTINCT m.service_id FROM mine m WHERE m.service_id IS NOT NULL AND NOT EXISTS
      (SELECT FROM ${needed} WHERE NOT EXISTS (SELECT FROM mine x WHERE (x.service_id IS NULL OR x.service_id = m.service_id)
        AND needed.permission = ANY (x.permissions)))) AS services,
    (SELECT name FROM mine WHERE reaches ORDER BY (${p('permissions')}::text[] && mine.permissions) DESC, rank LIMIT 1) AS role
), access AS (
  SELECT who.id AS admin_id, coalesce(who.email, '') AS email, coalesce(judged.role, 'none') AS role, judged.missing,
    CASE WHEN judged.everywhere THEN NULL ELSE judged.services END AS services,
    CASE WHEN who.id IS NULL THEN 'unknown_admin' WHEN who.status = 'locked' THEN 'locked'
      WHEN who.ended THEN 'session_ended' WHEN NOT ${exists} OR NOT judged.any_grant THEN 'not_found'
      WHEN judged.missing IS NOT NULL THEN 'forbidden' ELSE 'ok' END AS verdict
  FROM judged LEFT JOIN who ON true
)`;
}

const OUTBOX_COLUMNS = sql.raw(
  [
    auditOutbox.id,
    auditOutbox.occurredAt,
    auditOutbox.actorId,
    auditOutbox.actorEmail,
    auditOutbox.actorRole,
    auditOutbox.action,
    auditOutbox.resource,
    auditOutbox.resourceId,
    auditOutbox.serviceId,
    auditOutbox.outcome,
    auditOutbox.beforeState,
    auditOutbox.afterState,
    auditOutbox.reason,
    auditOutbox.ipAddress,
    auditOutbox.requestId,
    auditOutbox.traceId,
    auditOutbox.sessionId,
  ]
    .map((column) => `"${column.name}"`)
    .join(', '),
);

const NOBODY = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);

export interface AuditedThing {
  resource: string;
  resourceId: SQL;
  serviceId?: SQL;
  outcome: SQL;
  before?: SQL;
  after?: SQL;
  /** FROM and WHERE that yield one row when there is something to record; `access` is joined already. */
  from: SQL;
}

/** `INSERT INTO audit_outbox … SELECT` for the caller of this statement: the record commits with the change or not at all. */
export function insertAudit(thing: AuditedThing): SQL {
  return sql`INSERT INTO ${auditOutbox} (${OUTBOX_COLUMNS})
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, coalesce(access.admin_id, ${NOBODY}), access.email, access.role,
    ${p('action')}, ${sql.raw(`'${thing.resource}'`)}, ${thing.resourceId}, ${thing.serviceId ?? sql`NULL`}, ${thing.outcome},
    ${thing.before ?? sql`NULL`}, ${thing.after ?? sql`NULL`}, ${p('reason')}, ${p('ipAddress')}, ${p('requestId')}, ${p('traceId')},
    ${p('sessionId')}
  FROM access ${thing.from}`;
}
