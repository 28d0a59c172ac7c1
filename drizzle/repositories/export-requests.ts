import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExports, idempotencyKeys } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';

const p = sql.placeholder;

/** What a caller may know of an export. */
export interface ExportRow {
  id: string | null;
  requested_by: string;
  export_type: string;
  parameters: unknown;
  file_format: string;
  compression: 'none' | 'gzip';
  name: string | null;
  schedule_id: string | null;
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
  active_ms: number;
  paused_at: Date | null;
  cancelled_at: Date | null;
  sha256: string | null;
  last_error: string | null;
  failure_reason: string | null;
}

/** What `ExportRow` has, of the table or CTE `e`. */
export const exportColumns = (e: string): SQL =>
  sql.raw(`${e}.id, ${e}.requested_by, ${e}.export_type, ${e}.parameters, ${e}.file_format, ${e}.compression, ${e}.name,
  ${e}.schedule_id, ${e}.status, ${e}.scope, ${e}.active_ms::float8, ${e}.paused_at, ${e}.cancelled_at, ${e}.sha256, ${e}.last_error,
  ${e}.created_at, ${e}.started_at, ${e}.finished_at, ${e}.expires_at,
  to_char(${e}.cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cutoff,
  ${e}.rows_expected::float8, ${e}.rows_done::float8, ${e}.bytes_done::float8, ${e}.failure_reason`);

export interface NewExport {
  exportId: string;
  exportType: string;
  parameters: string;
  fileFormat: string;
  compression: string;
  name: string | null;
  /** The permission on the underlying data. */
  dataPermission: string;
  /** The one service asked for, or null for all the caller may see; the nil UUID: only grants that hold everywhere count. */
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
    'compression', ${p('compression')}::text, 'name', ${p('name')}::text, 'parameters', ${p('parameters')}::jsonb)`,
};

/** One permission for some services and the other one for others: none has both, so the file could hold nothing. */
const nowhere = sql`cardinality(asked.scope) = 0 AND ${p('serviceId')}::uuid IS NULL`;

/**
 * Job row, idempotency key and audit record in one statement.
 *
 * `cutoff` is the statement's start; a record accepted by then has an xid below `cutoff_xid`, because audit_outbox reads the
 * clock only after its xid is assigned.
 */
export const insertExport = statement<CallerInput & NewExport, RequestedRow>(sql`
WITH ${accessCte(REQUESTED, 'asked')}, access AS MATERIALIZED (
  SELECT CASE WHEN asked.verdict = 'ok' AND ${nowhere} THEN 'forbidden' ELSE asked.verdict END AS verdict,
    CASE WHEN asked.verdict = 'ok' AND ${nowhere} THEN ${p('dataPermission')} ELSE asked.missing END AS missing,
    asked.admin_id, asked.email, asked.role, asked.scope
  FROM asked
), refused AS (${insertAudit({
  ...REQUESTED,
  outcome: sql`'denied'`,
  after: REQUESTED.attempted,
  from: sql`JOIN asked ON asked.verdict = 'ok' WHERE access.verdict = 'forbidden'`,
})}), prior AS (
  SELECT k.resource_id, k.request_hash FROM access JOIN ${idempotencyKeys} k
    ON k.admin_id = access.admin_id AND k.route = ${p('route')} AND k.key = ${p('idempotencyKey')}
  WHERE access.verdict = 'ok'
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id)
  SELECT access.admin_id, ${p('route')}, ${p('idempotencyKey')}, ${p('requestHash')}, ${p('exportId')}::uuid FROM access
  WHERE access.verdict = 'ok' AND ${p('idempotencyKey')}::text IS NOT NULL AND NOT EXISTS (SELECT FROM prior)
  ON CONFLICT DO NOTHING RETURNING 1
), made AS (
  INSERT INTO ${adminExports} (id, requested_by, export_type, parameters, file_format, compression, name, scope, data_permission,
    cutoff, cutoff_xid)
  SELECT ${p('exportId')}::uuid, access.admin_id, ${p('exportType')}, ${p('parameters')}::jsonb,
    ${p('fileFormat')}::export_format, ${p('compression')}::export_compression, ${p('name')},
    CASE WHEN nullif(${p('serviceId')}::uuid, '00000000-0000-0000-0000-000000000000') IS NULL THEN access.scope
      ELSE ARRAY[${p('serviceId')}::uuid] END,
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
SELECT access.verdict, access.admin_id, access.missing, ${exportColumns('e')},
  prior.resource_id AS prior_id, prior.request_hash AS prior_hash
FROM access LEFT JOIN shown e ON true LEFT JOIN prior ON true`);

export interface ReadExportRow extends Access, ExportRow {
  may_download: boolean | null;
}

/** The one export that a request names. */
export const ASKED_EXPORT = { resource: 'export', resourceId: sql`${p('exportId')}` };

/** An export is its requester's, and theirs who may download it and read the data in it. Anybody else's is absent. */
export const readExport = statement<CallerInput & { exportId: string }, ReadExportRow>(sql`
WITH ${accessCte(ASKED_EXPORT)}, found AS (
  SELECT e.*, admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope)
    AS may_download
  FROM access JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid WHERE access.verdict = 'ok'
), e AS (SELECT found.* FROM found, access WHERE found.requested_by = access.admin_id OR found.may_download),
denied AS (${insertAudit({
  ...ASKED_EXPORT,
  outcome: sql`'denied'`,
  from: sql`WHERE NOT EXISTS (SELECT FROM e) AND EXISTS (SELECT FROM found)`,
})})
SELECT access.verdict, access.admin_id, access.missing, ${exportColumns('e')}, e.may_download FROM access LEFT JOIN e ON true`);

export interface ListedRow extends Access, ExportRow {}

/** Newest first: the caller's own, or also those of others that the caller may download. One row more than `limit` when more follow. */
export const listExports = statement<
  CallerInput & {
    anybodys: boolean;
    status: string | null;
    exportType: string | null;
    scheduleId: string | null;
    after: string | null;
    limit: number;
  },
  ListedRow
>(sql`
WITH ${accessCte({ resource: 'export', resourceId: sql`''` })}, e AS (
  SELECT e.* FROM access JOIN ${adminExports} e ON e.requested_by = access.admin_id OR (${p('anybodys')}::boolean
    AND admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope))
  WHERE access.verdict = 'ok' AND (${p('after')}::uuid IS NULL OR e.id < ${p('after')}::uuid)
    AND (${p('status')}::text IS NULL OR e.status::text = ${p('status')})
    AND (${p('exportType')}::text IS NULL OR e.export_type = ${p('exportType')})
    AND (${p('scheduleId')}::uuid IS NULL OR e.schedule_id = ${p('scheduleId')}::uuid)
  ORDER BY e.id DESC LIMIT ${p('limit')}::int + 1
)
SELECT access.verdict, access.admin_id, access.missing, ${exportColumns('e')} FROM access LEFT JOIN e ON true ORDER BY e.id DESC`);
