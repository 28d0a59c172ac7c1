import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminSessions, admins } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import type { ListInput, PageRow } from './resource.ts';

export interface SessionItem {
  id: string;
  adminId: string;
  email: string;
  kind: 'token' | 'browser';
  /** Anonymised. */
  ipAddress: string;
  userAgent: string;
  createdAt: string;
  revokedAt: string | null;
}

const p = sql.placeholder;
const EVERYWHERE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);
/** About no service: a grant for any one lets an admin look after its own sessions. */
const NONE = sql.raw('NULL');
const OWN = sql.raw('s.admin_id = access.admin_id');
const time = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const item = (alias: string) =>
  sql.raw(`json_build_object('id', ${alias}.id, 'adminId', ${alias}.admin_id, 'email', a.email, 'kind', ${alias}.kind,
    'ipAddress', ${alias}.ip_address, 'userAgent', ${alias}.user_agent, 'createdAt', ${time(`${alias}.created_at`)},
    'revokedAt', ${time(`${alias}.revoked_at`)})`);

/** Newest first. `alive`: true = those that were not revoked. `whose`: SQL over `s` and `access`. */
const pageOf = (serviceId: SQL, whose: SQL) => sql`
WITH ${accessCte({ resource: 'session', resourceId: sql`''`, serviceId })}, found AS (
  SELECT row_number() OVER (ORDER BY s.created_at DESC, s.id DESC) AS nr, ${item('s')} AS item,
    json_build_array(${sql.raw(time('s.created_at'))}, s.id) AS position
  FROM access JOIN ${adminSessions} s ON true JOIN ${admins} a ON a.id = s.admin_id
  WHERE access.verdict = 'ok' AND ${whose}
    AND (${p('alive')}::boolean IS NULL OR (s.revoked_at IS NULL) = ${p('alive')}::boolean)
    AND (${p('after')}::text IS NULL OR (s.created_at, s.id) < ((${p('after')}::jsonb->>0)::timestamptz, ${p('after')}::jsonb->>1))
  ORDER BY s.created_at DESC, s.id DESC LIMIT ${p('limit')}::int + 1
)
SELECT access.verdict, access.admin_id, access.missing,
  coalesce((SELECT json_agg(item ORDER BY nr) FROM found WHERE nr <= ${p('limit')}::int), '[]') AS items,
  (SELECT position FROM found WHERE nr = ${p('limit')}::int AND EXISTS (SELECT FROM found WHERE nr > ${p('limit')}::int)) AS next
FROM access`;

export const listSessions = statement<
  ListInput & { adminId: string | null; alive: boolean | null },
  PageRow<SessionItem>
>(pageOf(EVERYWHERE, sql`(${p('adminId')}::uuid IS NULL OR s.admin_id = ${p('adminId')}::uuid)`));

/** The caller's own. */
export const listOwnSessions = statement<ListInput & { alive: boolean | null }, PageRow<SessionItem>>(
  pageOf(NONE, OWN),
);

export interface RevokedRow extends Access {
  item: SessionItem | null;
  revoked: boolean;
}

/** Ends a session. One that has ended already stays as it is and leaves no second record. */
const endOf = (serviceId: SQL, whose: SQL) => sql`
WITH ${accessCte({ resource: 'session', resourceId: sql`${p('targetId')}`, serviceId })}, cur AS (
  SELECT s.*, ${item('s')} AS item FROM access JOIN ${adminSessions} s ON s.id = ${p('targetId')} JOIN ${admins} a ON a.id = s.admin_id
  WHERE access.verdict = 'ok' AND ${whose} FOR UPDATE OF s
), upd AS (
  UPDATE ${adminSessions} s SET revoked_at = ${p('eventTime')}::timestamptz FROM cur
  WHERE s.id = cur.id AND cur.revoked_at IS NULL RETURNING s.*
), recorded AS (${insertAudit({
  resource: 'session',
  resourceId: sql`${p('targetId')}`,
  outcome: sql`'success'`,
  before: sql`cur.item::jsonb`,
  after: sql`cur.item::jsonb || jsonb_build_object('revokedAt', ${sql.raw(time('upd.revoked_at'))})`,
  from: sql`CROSS JOIN upd JOIN cur ON cur.id = upd.id`,
})})
SELECT access.verdict, access.admin_id, access.missing, upd.id IS NOT NULL AS revoked,
  CASE WHEN upd.id IS NOT NULL THEN ${item('upd')} WHEN cur.id IS NOT NULL THEN cur.item END AS item
FROM access LEFT JOIN cur ON true LEFT JOIN upd ON true LEFT JOIN ${admins} a ON a.id = coalesce(upd.admin_id, cur.admin_id)`;

export const revokeSession = statement<CallerInput & { targetId: string }, RevokedRow>(endOf(EVERYWHERE, sql`true`));

/** One of the caller's own. */
export const revokeOwnSession = statement<CallerInput & { targetId: string }, RevokedRow>(endOf(NONE, OWN));

export interface SignedOutRow extends Access {
  /** Sessions that were alive. */
  ended: number;
  /** What began before is refused. */
  since: string;
}

/** A UUIDv7 of the call's own millisecond, as its event's id is. */
const anotherEvent = sql`(left(${p('eventId')}::text, 15) || substr(gen_random_uuid()::text, 16))`;

/**
 * Ends all sessions of the caller: those that are listed, each with its record, and, by `sessions_not_before`, those of tokens that nobody
 * has shown yet.
 */
export const signOutEverywhere = statement<CallerInput, SignedOutRow>(sql`
WITH ${accessCte({ resource: 'admin', resourceId: sql`''`, serviceId: NONE })}, cur AS (
  SELECT a.* FROM access JOIN ${admins} a ON a.id = access.admin_id WHERE access.verdict = 'ok' FOR UPDATE OF a
), live AS (
  SELECT s.id, ${item('s')} AS item FROM cur a JOIN ${adminSessions} s ON s.admin_id = a.id WHERE s.revoked_at IS NULL FOR UPDATE OF s
), ended AS (
  UPDATE ${adminSessions} s SET revoked_at = ${p('eventTime')}::timestamptz FROM live WHERE s.id = live.id
  RETURNING s.id, live.item, s.revoked_at
), upd AS (
  UPDATE ${admins} a SET sessions_not_before = greatest(a.sessions_not_before, ${p('eventTime')}::timestamptz),
    updated_at = now(), version = a.version + 1 FROM cur WHERE a.id = cur.id RETURNING a.*
), recorded AS (${insertAudit({
  resource: 'admin',
  resourceId: sql`upd.id::text`,
  outcome: sql`'success'`,
  before: sql`jsonb_build_object('sessionsNotBefore', ${sql.raw(time('cur.sessions_not_before'))})`,
  after: sql`jsonb_build_object('sessionsNotBefore', ${sql.raw(time('upd.sessions_not_before'))})`,
  from: sql`CROSS JOIN upd CROSS JOIN cur`,
})}), each_recorded AS (${insertAudit({
  action: sql`'session.revoke'`,
  resource: 'session',
  resourceId: sql`ended.id`,
  outcome: sql`'success'`,
  before: sql`ended.item::jsonb`,
  after: sql`ended.item::jsonb || jsonb_build_object('revokedAt', ${sql.raw(time('ended.revoked_at'))})`,
  event: { id: anotherEvent, time: sql`${p('eventTime')}` },
  from: sql`CROSS JOIN ended`,
})})
SELECT access.verdict, access.admin_id, access.missing, (SELECT count(*)::int FROM ended) AS ended,
  ${sql.raw(time('upd.sessions_not_before'))} AS since
FROM access LEFT JOIN upd ON true`);

/** `sub` of a session's admin. */
export const subjectOfSession = statement<{ sessionId: string }, { subject: string }>(
  sql`SELECT a.subject FROM ${adminSessions} s JOIN ${admins} a ON a.id = s.admin_id WHERE s.id = ${p('sessionId')}`,
);
