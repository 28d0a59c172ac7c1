import { type SQL, sql } from 'drizzle-orm';
import {
  adminOperations,
  admins,
  grants,
  roles,
  serviceConfig,
  serviceDomains,
  serviceFeatures,
  services,
  serviceTesterAdmins,
  serviceTesterUsers,
} from '../schema/index.ts';
import type { RowSource } from './export-rows.ts';

/** null = every service. */
interface OfServices {
  services: readonly string[] | null;
}

const all = (...conditions: (SQL | undefined)[]) => {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length > 0 ? sql.join(given, sql` AND `) : sql`true`;
};

/** Times have milliseconds: those of the cutoff's own count as before it, as their rows' are rounded as it is. */
export const madeBy = (column: string, cutoff: string) =>
  sql`${sql.raw(column)} <= (${cutoff}::timestamp AT TIME ZONE 'UTC')::timestamptz(3)`;

const inServices = (column: string, wanted: OfServices['services']) =>
  wanted === null ? undefined : sql`${sql.raw(column)} = ANY (${sql.param([...wanted])}::uuid[])`;

const contains = (columns: readonly string[], search: string | undefined) =>
  search === undefined
    ? undefined
    : sql`(${sql.join(
        columns.map((column) => sql`strpos(lower(${sql.raw(column)}), lower(${search})) > 0`),
        sql` OR `,
      )})`;

const equals = (column: string, value: string | undefined) =>
  value === undefined ? undefined : sql`${sql.raw(column)}::text = ${value}`;

export const ADMINS: RowSource<{ search?: string | undefined; status?: string | undefined }> = {
  order: [{ column: 'id', type: 'uuid' }],
  select: ({ search, status }, cutoff) => sql`
SELECT a.id, a.subject, a.email, a.name, a.status, a.created_at, a.updated_at, a.sessions_not_before,
  ARRAY(SELECT CASE WHEN g.service_id IS NULL THEN r.name ELSE r.name || '@' || s.slug END
    FROM ${grants} g JOIN ${roles} r ON r.id = g.role_id LEFT JOIN ${services} s ON s.id = g.service_id
    WHERE g.admin_id = a.id ORDER BY r.rank, r.name, s.slug) AS roles
FROM ${admins} a WHERE ${all(madeBy('a.created_at', cutoff), contains(['a.name', 'a.email'], search), equals('a.status', status))}`,
};

/** `archived`: which of both; any = all. */
export const SERVICES: RowSource<
  OfServices & { search?: string | undefined; archived?: 'true' | 'false' | 'any' | undefined }
> = {
  order: [{ column: 'id', type: 'uuid' }],
  select: ({ services: wanted, search, archived = 'any' }, cutoff) => sql`
SELECT s.id, s.slug, s.name, s.description, s.created_at, s.updated_at, s.archived_at,
  c.jwt_validation, c.domain_validation, c.ip_whitelist_enabled, c.ip_whitelist, c.rate_limit_enabled, c.rate_limit_requests,
  c.rate_limit_window, c.maintenance_mode, c.maintenance_message, c.audit_level::text AS audit_level,
  c.version AS config_version, c.updated_at AS config_updated_at,
  ARRAY(SELECT d.domain FROM ${serviceDomains} d WHERE d.service_id = s.id ORDER BY d.domain) AS domains
FROM ${services} s LEFT JOIN ${serviceConfig} c ON c.service_id = s.id
WHERE ${all(
    madeBy('s.created_at', cutoff),
    inServices('s.id', wanted),
    contains(['s.name', 's.slug'], search),
    archived === 'any' ? undefined : archived === 'true' ? sql`s.archived_at IS NOT NULL` : sql`s.archived_at IS NULL`,
  )}`,
};

export const FEATURES: RowSource<OfServices> = {
  order: [
    { column: 'service_id', type: 'uuid' },
    { column: 'id', type: 'uuid' },
  ],
  select: ({ services: wanted }, cutoff) => sql`
SELECT f.id, f.service_id, s.slug AS service_slug, f.parent_id, f.code, f.name, f.description, f.category, f.is_active, f.is_default,
  f.display_order, f.created_by, f.created_at, f.updated_at
FROM ${serviceFeatures} f JOIN ${services} s ON s.id = f.service_id
WHERE ${all(madeBy('f.created_at', cutoff), inServices('f.service_id', wanted))}`,
};

export const TESTERS: RowSource<OfServices> = {
  order: [
    { column: 'service_id', type: 'uuid' },
    { column: 'id', type: 'uuid' },
  ],
  select: ({ services: wanted }, cutoff) => sql`
SELECT t.id, t.service_id, s.slug AS service_slug, t.kind, t.tester_id, t.email, t.bypass_domain, t.bypass_ip, t.bypass_rate_limit,
  t.expires_at, t.note, t.created_by, t.created_at
FROM (
  SELECT id, service_id, 'user' AS kind, user_id AS tester_id, NULL AS email, bypass_domain, bypass_ip, bypass_rate_limit,
    expires_at, note, created_by, created_at FROM ${serviceTesterUsers}
  UNION ALL
  SELECT t.id, t.service_id, 'admin', t.admin_id, a.email, NULL, NULL, NULL, t.expires_at, t.note, t.created_by, t.created_at
  FROM ${serviceTesterAdmins} t JOIN ${admins} a ON a.id = t.admin_id
) t JOIN ${services} s ON s.id = t.service_id
WHERE ${all(madeBy('t.created_at', cutoff), inServices('t.service_id', wanted))}`,
};

/** Times are RFC 3339. */
interface OperationFilter {
  type?: string | undefined;
  status?: string | undefined;
  actorId?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export const OPERATIONS: RowSource<OperationFilter> = {
  order: [{ column: 'id', type: 'uuid' }],
  select: ({ type, status, actorId, from, to }, cutoff) => sql`
SELECT o.id, o.type, o.actor_admin_id, a.email AS actor_email, o.target_type, o.target_id, o.parameters, o.status, o.created_at,
  o.started_at, o.finished_at
FROM ${adminOperations} o JOIN ${admins} a ON a.id = o.actor_admin_id
WHERE ${all(
    madeBy('o.created_at', cutoff),
    equals('o.type', type),
    equals('o.status', status),
    equals('o.actor_admin_id', actorId?.toLowerCase()),
    from === undefined ? undefined : sql`o.created_at >= ${from}::timestamptz`,
    to === undefined ? undefined : sql`o.created_at <= ${to}::timestamptz`,
  )}`,
};
