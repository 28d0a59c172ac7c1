import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExportChunks, adminExports, admins } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import { ASKED_EXPORT, type ExportRow } from './export-requests.ts';

const p = sql.placeholder;

/** A link is a credential: who made which one is recorded. */
export const recordLink = statement<
  CallerInput & { exportId: string; link: string },
  Access & { id: string | null; status: string; expires_at: Date | null }
>(sql`
WITH ${accessCte(ASKED_EXPORT)}, e AS (
  SELECT e.* FROM access JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid WHERE access.verdict = 'ok'
    AND admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope)
), recorded AS (${insertAudit({
  ...ASKED_EXPORT,
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
  file_format: ExportRow['file_format'];
  compression: ExportRow['compression'];
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
