import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExportChunks, adminExports, admins, idempotencyKeys } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';

const p = sql.placeholder;
const raw = sql.raw;

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

const columns = (e: string): SQL =>
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
SELECT access.verdict, access.admin_id, access.missing, ${columns('e')} FROM access LEFT JOIN e ON true ORDER BY e.id DESC`);

export interface ControlledRow extends Access, ExportRow {
  /** changed | unchanged, or the status that does not allow it. */
  outcome: 'changed' | 'unchanged' | 'refused' | null;
}

/** What an admin does to an export: `to` where it stands `from`; `already` is what it would come to. */
function control({ from, already, to }: { from: string; already: string; to: SQL }) {
  return statement<CallerInput & { exportId: string }, ControlledRow>(sql`
WITH ${accessCte(FOUND)}, found AS (
  SELECT e.*, ${raw(already)} AS already, ${raw(from)} AS may FROM access JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid
  WHERE access.verdict = 'ok' AND (e.requested_by = access.admin_id
    OR (admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope)))
  FOR UPDATE OF e
), changed AS (
  UPDATE ${adminExports} e SET ${to}, progress_at = now() FROM access, found
  WHERE e.id = found.id AND found.may AND NOT found.already RETURNING e.*
), recorded AS (${insertAudit({
    ...FOUND,
    outcome: sql`CASE WHEN EXISTS (SELECT FROM changed) THEN 'success' WHEN EXISTS (SELECT FROM found) THEN 'failure' ELSE 'denied' END`,
    before: sql`(SELECT jsonb_build_object('status', found.status, 'paused', found.paused_at IS NOT NULL) FROM found)`,
    after: sql`(SELECT jsonb_build_object('status', changed.status, 'paused', changed.paused_at IS NOT NULL) FROM changed)`,
    from: sql`WHERE access.verdict = 'ok' AND NOT EXISTS (SELECT FROM found WHERE found.already)
      AND (EXISTS (SELECT FROM found) OR EXISTS (SELECT FROM ${adminExports} x WHERE x.id = ${p('exportId')}::uuid))`,
  })}), e AS (
  SELECT * FROM changed UNION ALL SELECT x.* FROM ${adminExports} x JOIN found ON found.id = x.id WHERE NOT EXISTS (SELECT FROM changed)
)
SELECT access.verdict, access.admin_id, access.missing, ${columns('e')},
  CASE WHEN EXISTS (SELECT FROM changed) THEN 'changed' WHEN found.already THEN 'unchanged' WHEN found.id IS NOT NULL THEN 'refused' END AS outcome
FROM access LEFT JOIN e ON true LEFT JOIN found ON true`);
}

const UNFINISHED = `e.status IN ('queued', 'processing')`;

export const pauseExport = control({
  from: UNFINISHED,
  already: `(${UNFINISHED} AND e.paused_at IS NOT NULL)`,
  to: sql`paused_at = now()`,
});

export const resumeExport = control({
  from: `(${UNFINISHED} AND e.paused_at IS NOT NULL)`,
  already: `(${UNFINISHED} AND e.paused_at IS NULL)`,
  to: sql`paused_at = NULL`,
});

export const cancelExport = control({
  from: UNFINISHED,
  already: `(e.cancelled_at IS NOT NULL)`,
  to: sql`status = 'failed', cancelled_at = now(), finished_at = now(), paused_at = NULL,
    failure_reason = 'Cancelled by ' || access.email || '.'`,
});

/** Goes on after the last part that was committed, unless that cannot become the file. */
export const retryExport = control({
  from: `(e.status = 'failed' AND e.cancelled_at IS NULL AND e.purged_at IS NULL)`,
  already: UNFINISHED,
  to: sql`status = 'queued', finished_at = NULL, expires_at = NULL, file_location = NULL, failure_reason = NULL, last_error = NULL,
    sha256 = NULL, crc32 = NULL, begin_anew = false,
    generation = e.generation + e.begin_anew::int, next_seq = CASE WHEN e.begin_anew THEN 0 ELSE e.next_seq END,
    rows_done = CASE WHEN e.begin_anew THEN 0 ELSE e.rows_done END, bytes_done = CASE WHEN e.begin_anew THEN 0 ELSE e.bytes_done END,
    rows_expected = CASE WHEN e.begin_anew THEN NULL ELSE e.rows_expected END,
    position = CASE WHEN e.begin_anew THEN NULL ELSE e.position END`,
});

/** A link is a credential: who made which one is recorded. */
export const recordLink = statement<
  CallerInput & { exportId: string; link: string },
  Access & { id: string | null; status: string; expires_at: Date | null }
>(sql`
WITH ${accessCte(FOUND)}, e AS (
  SELECT e.* FROM access JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid WHERE access.verdict = 'ok'
    AND admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope)
), recorded AS (${insertAudit({
  ...FOUND,
  outcome: sql`CASE WHEN NOT EXISTS (SELECT FROM e) THEN 'denied'
    WHEN EXISTS (SELECT FROM e WHERE e.status = 'ready' AND e.expires_at > now()) THEN 'success' ELSE 'failure' END`,
  after: sql`${p('link')}::jsonb`,
  from: sql`WHERE access.verdict = 'ok' AND EXISTS (SELECT FROM ${adminExports} x WHERE x.id = ${p('exportId')}::uuid)`,
})})
SELECT access.verdict, access.admin_id, access.missing, e.id, e.status, e.expires_at FROM access LEFT JOIN e ON true`);

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
  /** JSON: what of the file, and how. */
  asked: string;
  ipAddress: string;
  requestId: string;
  traceId: string;
  sessionId: string;
}

export interface DownloadRow {
  verdict: 'ok' | 'not_found' | 'forbidden' | 'gone' | 'not_ready';
  export_type: string;
  file_format: FormatColumns['file_format'];
  compression: FormatColumns['compression'];
  name: string | null;
  requested_by: string;
  requested_by_email: string;
  parameters: unknown;
  scope: string[] | null;
  cutoff: string;
  created_at: Date;
  finished_at: Date;
  expires_at: Date;
  rows: number;
  sha256: string;
  crc32: number;
  chunks: { key: string; rows: number; bytes: number; sha256: string }[];
}

type FormatColumns = Pick<ExportRow, 'file_format' | 'compression'>;

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
  after: sql`${p('asked')}::jsonb`,
  from: sql``,
})})
SELECT access.verdict, e.export_type, e.file_format, e.compression, e.name, e.requested_by,
  (SELECT r.email FROM ${admins} r WHERE r.id = e.requested_by) AS requested_by_email, e.parameters, e.scope,
  to_char(e.cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cutoff, e.created_at, e.finished_at, e.expires_at,
  e.rows_done::float8 AS rows, e.sha256, e.crc32::float8,
  CASE WHEN access.verdict = 'ok' THEN (SELECT coalesce(jsonb_agg(jsonb_build_object(
    'key', c.object_key, 'rows', c.rows, 'bytes', c.bytes, 'sha256', c.sha256) ORDER BY c.seq), '[]')
    FROM ${adminExportChunks} c WHERE c.export_id = e.id AND c.generation = e.generation) ELSE '[]' END AS chunks
FROM access LEFT JOIN e ON true`);

/** What became of a download: recorded when it has ended, however it has. */
export const recordSent = statement<
  Omit<DownloadInput, 'issuedAt' | 'presenterSubject' | 'asked'> & { outcome: string; sent: string },
  object
>(sql`
WITH access AS (
  SELECT a.id AS admin_id, a.email, coalesce(
      (SELECT r.name FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = a.id ORDER BY r.rank LIMIT 1), 'none') AS role
  FROM ${admins} a WHERE a.id = ${p('adminId')}::uuid
) ${insertAudit({
  resource: 'export',
  resourceId: sql`${p('exportId')}`,
  outcome: sql`${p('outcome')}`,
  after: sql`${p('sent')}::jsonb`,
  from: sql``,
})}`);
