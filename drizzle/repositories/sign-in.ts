import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminSessions, admins, grants, roles } from '../schema/index.ts';
import { insertAudit } from './access.ts';

/** What a sign-in's or sign-out's audit record says of the request. */
export interface SessionEvent {
  eventId: string;
  eventTime: string;
  action: string;
  reason: string;
  requestId: string;
  traceId: string;
  /** Anonymised already. */
  ipAddress: string;
  /** `sub` of the admin. */
  subject: string;
  sessionId: string;
}

export interface SignInRow {
  verdict: 'ok' | 'unknown_admin' | 'locked';
}

const p = sql.placeholder;

const ABOUT = { resource: 'session', resourceId: sql`${p('sessionId')}` };

const strongestRole = sql`coalesce((SELECT r.name FROM ${grants} g JOIN ${roles} r ON r.id = g.role_id WHERE g.admin_id = a.id
    ORDER BY r.rank, r.name LIMIT 1), 'none')`;

const state = (alias: string) =>
  sql.raw(`jsonb_build_object('kind', ${alias}.kind, 'ipAddress', ${alias}.ip_address, 'userAgent', ${alias}.user_agent,
    'revokedAt', to_char(${alias}.revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`);

/** Lists a browser's session when an active admin has the subject, and records the sign-in or its refusal. One row always. */
export const signIn = statement<SessionEvent & { userAgent: string; expiresAt: string }, SignInRow>(sql`
WITH access AS MATERIALIZED (
  SELECT a.id AS admin_id, coalesce(a.email, '') AS email, ${strongestRole} AS role,
    CASE a.status WHEN 'active' THEN 'ok' WHEN 'locked' THEN 'locked' ELSE 'unknown_admin' END AS verdict
  FROM (SELECT) AS always LEFT JOIN ${admins} a ON a.subject = ${p('subject')}
), made AS (
  INSERT INTO ${adminSessions} (id, admin_id, kind, ip_address, user_agent)
  SELECT ${p('sessionId')}, access.admin_id, 'browser', ${p('ipAddress')}, ${p('userAgent')} FROM access
  WHERE access.verdict = 'ok' RETURNING *
), recorded AS (${insertAudit({
  ...ABOUT,
  outcome: sql`CASE WHEN made.id IS NULL THEN 'denied' ELSE 'success' END`,
  after: sql`CASE WHEN made.id IS NULL THEN jsonb_build_object('subject', ${p('subject')}::text)
    ELSE ${state('made')} || jsonb_build_object('expiresAt', ${p('expiresAt')}::text) END`,
  from: sql`LEFT JOIN made ON true`,
})})
SELECT access.verdict FROM access`);

/** Ends the session for good and records that; a session that has ended already, or is somebody else's, stays as it is. */
export const signOut = statement<SessionEvent, { ended: boolean }>(sql`
WITH access AS MATERIALIZED (
  SELECT a.id AS admin_id, a.email, ${strongestRole} AS role FROM ${admins} a WHERE a.subject = ${p('subject')}
), cur AS (
  SELECT s.* FROM access JOIN ${adminSessions} s ON s.id = ${p('sessionId')} AND s.admin_id = access.admin_id
  WHERE s.revoked_at IS NULL FOR UPDATE OF s
), gone AS (
  UPDATE ${adminSessions} s SET revoked_at = ${p('eventTime')}::timestamptz FROM cur WHERE s.id = cur.id RETURNING s.*
), recorded AS (${insertAudit({
  ...ABOUT,
  outcome: sql`'success'`,
  before: state('cur'),
  after: state('gone'),
  from: sql`CROSS JOIN gone CROSS JOIN cur`,
})})
SELECT gone.id IS NOT NULL AS ended FROM access LEFT JOIN gone ON true`);
