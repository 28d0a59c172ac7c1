import { neon } from '@neondatabase/serverless';

export interface FirstAdmin {
  /** Of the admin, its grant and the audit record; UUIDv7. */
  ids: { admin: string; grant: string; event: string };
  /** RFC 3339, exactly the milliseconds of `ids.event`. */
  at: string;
  subject: string;
  email: string;
  name: string;
  /** Stands for the request id and the trace id: 32 hex digits. */
  traceId: string;
}

export interface FirstAdminRow {
  /** `made`: a new admin · `granted`: one that was there already. The others say why nothing was changed. */
  outcome: 'made' | 'granted' | 'owner_exists' | 'not_active' | 'email_taken';
  /** Of the owner there is: this one, or the one that was there. */
  email: string | null;
}

/**
 * Makes the first owner, once: of two that run together one finds the other's owner. Lock and work are one transaction, and
 * each statement of it sees what was committed before it.
 * @param ownerUrl connection string of the role that owns the tables
 */
export async function makeFirstAdmin(ownerUrl: string, o: FirstAdmin): Promise<FirstAdminRow> {
  const sql = neon(ownerUrl);
  const [, rows] = await sql.transaction([
    sql`LOCK TABLE admins, grants IN SHARE ROW EXCLUSIVE MODE`,
    sql`
WITH given AS (
  SELECT ${o.ids.admin}::uuid AS id, ${o.subject}::text AS subject, ${o.email}::text AS email, ${o.name}::text AS name
), owner AS (
  SELECT a.email FROM grants g JOIN roles r ON r.id = g.role_id JOIN admins a ON a.id = g.admin_id
  WHERE r.name = 'owner' AND g.service_id IS NULL AND a.status = 'active' ORDER BY a.created_at LIMIT 1
), known AS (SELECT a.id, a.email, a.name, a.status FROM admins a JOIN given ON given.subject = a.subject),
chk AS (
  SELECT CASE WHEN EXISTS (SELECT FROM owner) THEN 'owner_exists'
    WHEN known.status <> 'active' THEN 'not_active'
    WHEN known.id IS NOT NULL THEN 'granted'
    WHEN EXISTS (SELECT FROM admins a WHERE a.email = given.email) THEN 'email_taken'
    ELSE 'made' END AS outcome
  FROM given LEFT JOIN known ON true
), made AS (
  INSERT INTO admins (id, subject, email, name) SELECT given.* FROM given, chk WHERE chk.outcome = 'made' RETURNING id, email, name
), who AS (
  SELECT id, email, name FROM made UNION ALL SELECT known.id, known.email, known.name FROM known, chk WHERE chk.outcome = 'granted'
), granted AS (
  INSERT INTO grants (id, admin_id, role_id) SELECT ${o.ids.grant}::uuid, who.id, r.id FROM who, roles r WHERE r.name = 'owner'
  RETURNING id
), recorded AS (
  INSERT INTO audit_outbox (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome,
    after_state, reason, ip_address, request_id, trace_id)
  SELECT ${o.ids.event}::uuid, ${o.at}::timestamptz, who.id, who.email, 'none', 'admin.bootstrap', 'admin', who.id::text, 'success',
    jsonb_build_object('subject', given.subject, 'email', who.email, 'name', who.name, 'role', 'owner'), 'first admin', '::',
    ${o.traceId}, ${o.traceId}
  FROM who CROSS JOIN given CROSS JOIN granted
)
SELECT chk.outcome, coalesce(who.email, (SELECT email FROM owner)) AS email FROM chk LEFT JOIN who ON true`,
  ]);
  return rows?.[0] as FirstAdminRow;
}
