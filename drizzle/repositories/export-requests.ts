import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExportChunks, adminExports, admins, idempotencyKeys } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';

const p = sql.placeholder;

/** What a caller may know of an export. */
export interface ExportRow {
  id: string | null;
  requested_by: string;
  export_type: string;
  parameters: unknown;
  file_format: string;
  status: 'queued' | 'processing' | 'ready' | 'expired' | 'failed';
  scope: string[] | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  expires_at: Date | null;
  cutoff: string;
  rows_expected: number | null;
  rows_done: number;
  bytes_done: number;
  failure_reason: string | null;
}

const columns = (e: string): SQL =>
  sql.raw(`${e}.id, ${e}.requested_by, ${e}.export_type, ${e}.parameters, ${e}.file_format, ${e}.status, ${e}.scope,
  ${e}.created_at, ${e}.started_at, ${e}.finished_at, ${e}.expires_at,
  to_char(${e}.cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cutoff,
  ${e}.rows_expected::float8, ${e}.rows_done::float8, ${e}.bytes_done::float8, ${e}.failure_reason`);

export interface NewExport {
  exportId: string;
  exportType: string;
  parameters: string;
  fileFormat: string;
  /** The permission on the underlying data. */
  dataPermission: string;
  /** The one service asked for, or null for all the caller may see. */
  serviceId: string | null;
  route: string;
  idempotencyKey: string | null;
  requestHash: string;
}

export interface RequestedRow extends Access, ExportRow {
  prior_id: string | null;
  prior_hash: string | null;
}

const REQUESTED = {
  resource: 'export',
  resourceId: sql`${p('exportId')}`,
  serviceId: sql`${p('serviceId')}::uuid`,
  attempted: sql`jsonb_build_object('exportType', ${p('exportType')}::text, 'fileFormat', ${p('fileFormat')}::text,
    'parameters', ${p('parameters')}::jsonb)`,
};

/**
 * Job row, idempotency key and audit record in one statement.
 *
 * `cutoff` is the statement's start; a record accepted by then has an xid below `cutoff_xid`, because audit_outbox reads the
 * clock only after its xid is assigned.
 */
export const insertExport = statement<CallerInput & NewExport, RequestedRow>(sql`
WITH ${accessCte(REQUESTED)}, prior AS (
  SELECT k.resource_id, k.request_hash FROM access JOIN ${idempotencyKeys} k
    ON k.admin_id = access.admin_id AND k.route = ${p('route')} AND k.key = ${p('idempotencyKey')}
  WHERE access.verdict = 'ok'
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id)
  SELECT access.admin_id, ${p('route')}, ${p('idempotencyKey')}, ${p('requestHash')}, ${p('exportId')}::uuid FROM access
  WHERE access.verdict = 'ok' AND ${p('idempotencyKey')}::text IS NOT NULL AND NOT EXISTS (SELECT FROM prior)
  ON CONFLICT DO NOTHING RETURNING 1
), made AS (
  INSERT INTO ${adminExports} (id, requested_by, export_type, parameters, file_format, scope, data_permission, cutoff, cutoff_xid)
  SELECT ${p('exportId')}::uuid, access.admin_id, ${p('exportType')}, ${p('parameters')}::jsonb,
    ${p('fileFormat')}::export_format,
    CASE WHEN ${p('serviceId')}::uuid IS NULL THEN access.scope ELSE ARRAY[${p('serviceId')}::uuid] END,
    ${p('dataPermission')}, now(), pg_snapshot_xmax(pg_current_snapshot())::text
  FROM access WHERE access.verdict = 'ok' AND (${p('idempotencyKey')}::text IS NULL OR EXISTS (SELECT FROM keyed))
  RETURNING *
), recorded AS (${insertAudit({
  ...REQUESTED,
  outcome: sql`'success'`,
  after: sql`${REQUESTED.attempted} || jsonb_build_object('status', made.status)`,
  from: sql`CROSS JOIN made`,
})}), shown AS (
  SELECT * FROM made UNION ALL SELECT e.* FROM ${adminExports} e JOIN prior ON prior.resource_id = e.id
)
SELECT access.verdict, access.admin_id, access.missing, ${columns('e')},
  prior.resource_id AS prior_id, prior.request_hash AS prior_hash
FROM access LEFT JOIN shown e ON true LEFT JOIN prior ON true`);

export interface ReadExportRow extends Access, ExportRow {
  may_download: boolean | null;
}

const FOUND = { resource: 'export', resourceId: sql`${p('exportId')}` };

/** An export is its requester's, and theirs who may download it and read the data in it. Anybody else's is absent. */
export const readExport = statement<CallerInput & { exportId: string }, ReadExportRow>(sql`
WITH ${accessCte(FOUND)}, found AS (
  SELECT e.*, admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope)
    AS may_download
  FROM access JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid WHERE access.verdict = 'ok'
), e AS (SELECT found.* FROM found, access WHERE found.requested_by = access.admin_id OR found.may_download),
denied AS (${insertAudit({
  ...FOUND,
  outcome: sql`'denied'`,
  from: sql`WHERE NOT EXISTS (SELECT FROM e) AND EXISTS (SELECT FROM found)`,
})})
SELECT access.verdict, access.admin_id, access.missing, ${columns('e')}, e.may_download FROM access LEFT JOIN e ON true`);

export interface DownloadInput {
  exportId: string;
  /** The admin the link was made for, as its signature vouches. */
  adminId: string;
  /** When the link was made, seconds. */
  issuedAt: number;
  /** `sub` of the token the request carried, if any: it must be the link's admin's. */
  presenterSubject: string | null;
  eventId: string;
  eventTime: string;
  action: string;
  reason: string;
  ipAddress: string;
  requestId: string;
  traceId: string;
  sessionId: string;
}

export interface DownloadRow {
  verdict: 'ok' | 'not_found' | 'forbidden' | 'gone' | 'not_ready';
  export_type: string;
  file_format: string;
  created_at: Date;
  rows: number;
  chunks: { key: string; bytes: number; sha256: string }[];
}

/** Authorises the link's admin afresh, records the download (or the refusal) and answers the manifest. */
export const openDownload = statement<DownloadInput, DownloadRow>(sql`
WITH e AS (SELECT * FROM ${adminExports} WHERE id = ${p('exportId')}::uuid),
access AS (
  SELECT a.id AS admin_id, coalesce(a.email, '') AS email, coalesce(
      (SELECT r.name FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = a.id ORDER BY r.rank LIMIT 1), 'none') AS role,
    CASE WHEN e.id IS NULL THEN 'not_found'
      WHEN a.id IS NULL OR a.subject <> coalesce(${p('presenterSubject')}, a.subject) OR a.status <> 'active'
        OR to_timestamp(${p('issuedAt')}::float8) < date_trunc('second', a.sessions_not_before)
        OR NOT admin_may(a.id, 'exports.download', e.scope) OR NOT admin_may(a.id, e.data_permission, e.scope) THEN 'forbidden'
      WHEN e.status = 'expired' OR (e.status = 'ready' AND e.expires_at <= now()) THEN 'gone'
      WHEN e.status <> 'ready' THEN 'not_ready' ELSE 'ok' END AS verdict
  FROM (SELECT 1) AS one LEFT JOIN e ON true LEFT JOIN ${admins} a ON a.id = ${p('adminId')}::uuid
), recorded AS (${insertAudit({
  resource: 'export',
  resourceId: sql`${p('exportId')}`,
  outcome: sql`CASE access.verdict WHEN 'ok' THEN 'success' WHEN 'forbidden' THEN 'denied' ELSE 'failure' END`,
  from: sql``,
})})
SELECT access.verdict, e.export_type, e.file_format, e.created_at, e.rows_done::float8 AS rows,
  CASE WHEN access.verdict = 'ok' THEN (SELECT coalesce(jsonb_agg(jsonb_build_object(
    'key', c.object_key, 'bytes', c.bytes, 'sha256', c.sha256) ORDER BY c.seq), '[]')
    FROM ${adminExportChunks} c WHERE c.export_id = e.id) ELSE '[]' END AS chunks
FROM access LEFT JOIN e ON true`);
