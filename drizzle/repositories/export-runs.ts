import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExportChunks, adminExports, admins, auditOutbox } from '../schema/index.ts';

const p = sql.placeholder;

/** The last committed row's sort key and how much lies before it: the export goes on after it. */
export interface Position {
  day: string;
  resource: string;
  id: string;
  size: number;
}

export interface RunRow {
  id: string;
  export_type: string;
  parameters: unknown;
  scope: string[] | null;
  cutoff: string;
  cutoff_xid: string;
  rows_expected: number | null;
  rows_done: number;
  next_seq: number;
  position: Position | null;
}

/** Takes the run under a newer fencing token; no row means it is finished, gone, or held under a newer token. */
export const claimExport = statement<{ exportId: string; fence: number }, RunRow>(sql`
UPDATE ${adminExports} e SET status = 'processing', fence = ${p('fence')}::bigint, started_at = coalesce(started_at, now()),
  progress_at = now()
WHERE e.id = ${p('exportId')}::uuid AND e.status IN ('queued', 'processing') AND e.fence < ${p('fence')}::bigint
RETURNING e.id, e.export_type, e.parameters, e.scope, to_char(e.cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS cutoff,
  e.cutoff_xid, e.rows_expected::float8, e.rows_done::float8, e.next_seq, e.position`);

/** True once every record accepted by the cutoff is in ClickHouse. For the exporter's role. */
export const cutoffSettled = statement<{ cutoff: string; cutoffXid: string }, { settled: boolean }>(sql`
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= ${p('cutoffXid')}::xid8 AND NOT EXISTS (
  SELECT FROM ${auditOutbox} WHERE sent_at IS NULL AND accepted_at <= (${p('cutoff')}::timestamp AT TIME ZONE 'UTC')) AS settled`);

export const setExpected = statement<{ exportId: string; fence: number; rowsExpected: number }, { id: string }>(sql`
UPDATE ${adminExports} SET rows_expected = ${p('rowsExpected')}::bigint, progress_at = now()
WHERE id = ${p('exportId')}::uuid AND fence = ${p('fence')}::bigint AND status = 'processing' RETURNING id`);

export interface CommitChunkInput {
  exportId: string;
  fence: number;
  seq: number;
  objectKey: string;
  rows: number;
  bytes: number;
  sha256: string;
  position: string | null;
}

/** Manifest row and position move together, and only for the holder of the fence at exactly this chunk. */
export const commitChunk = statement<CommitChunkInput, { next_seq: number }>(sql`
WITH moved AS (
  UPDATE ${adminExports} SET next_seq = next_seq + 1, rows_done = rows_done + ${p('rows')}::bigint,
    bytes_done = bytes_done + ${p('bytes')}::bigint, position = ${p('position')}::jsonb, progress_at = now()
  WHERE id = ${p('exportId')}::uuid AND fence = ${p('fence')}::bigint AND status = 'processing' AND next_seq = ${p('seq')}::int
  RETURNING id, next_seq
), listed AS (
  INSERT INTO ${adminExportChunks} (export_id, seq, object_key, rows, bytes, sha256)
  SELECT id, ${p('seq')}::int, ${p('objectKey')}, ${p('rows')}::bigint, ${p('bytes')}::bigint, ${p('sha256')} FROM moved
)
SELECT next_seq FROM moved`);

export interface SystemEvent {
  eventId: string;
  eventTime: string;
  action: string;
  requestId: string;
  traceId: string;
}

const recordFor = (changed: string, outcome: SQL) => sql`INSERT INTO ${auditOutbox}
  (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state, reason, ip_address,
   request_id, trace_id)
SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, a.id, a.email, 'system', ${p('action')}, 'export', c.id::text,
  ${outcome}, jsonb_build_object('status', c.status, 'rowsExpected', c.rows_expected, 'rowsDone', c.rows_done,
  'bytesDone', c.bytes_done, 'chunks', c.next_seq), coalesce(c.failure_reason, ''), '::', ${p('requestId')}, ${p('traceId')}
FROM ${sql.raw(changed)} c JOIN ${admins} a ON a.id = c.requested_by`;

/** Ready only when what was written is what was expected; otherwise failed, with both counts in the reason. */
export const finishExport = statement<
  SystemEvent & { exportId: string; fence: number; fileLocation: string; ttlSeconds: number },
  { status: 'ready' | 'failed' }
>(sql`
WITH done AS (
  UPDATE ${adminExports} SET status = CASE WHEN rows_done = rows_expected THEN 'ready' ELSE 'failed' END::export_status,
    failure_reason = CASE WHEN rows_done <> rows_expected
      THEN format('%s rows were expected and %s were written; request the export again', rows_expected, rows_done) END,
    file_location = ${p('fileLocation')}, finished_at = now(), progress_at = now(),
    expires_at = now() + ${p('ttlSeconds')}::float8 * interval '1 second'
  WHERE id = ${p('exportId')}::uuid AND fence = ${p('fence')}::bigint AND status = 'processing' RETURNING *
), recorded AS (${recordFor('done', sql`CASE WHEN c.status = 'ready' THEN 'success' ELSE 'failure' END`)})
SELECT status FROM done`);

/** Ends an export with its reason, whoever holds it; one already finished stays as it is. */
export const failExport = statement<SystemEvent & { exportId: string; reason: string }, { id: string }>(sql`
WITH failed AS (
  UPDATE ${adminExports} SET status = 'failed', failure_reason = ${p('reason')}, finished_at = now(), progress_at = now()
  WHERE id = ${p('exportId')}::uuid AND status IN ('queued', 'processing') RETURNING *
), recorded AS (${recordFor('failed', sql`'failure'`)})
SELECT id FROM failed`);

/** Exports nobody has moved for a whole lease: their message or their consumer was lost. */
export const stuckExports = statement<{ leaseMs: number }, { id: string }>(sql`
SELECT id FROM ${adminExports} WHERE status IN ('queued', 'processing') AND progress_at < now() - ${p('leaseMs')}::float8 * interval '1 millisecond'
ORDER BY progress_at LIMIT 100`);

/** One file past its time: the status changes before its objects go, so that no download starts on what is being deleted. */
export const expireOneExport = statement<SystemEvent, { id: string; chunks: string[] }>(sql`
WITH gone AS (
  UPDATE ${adminExports} SET status = 'expired' WHERE id = (
    SELECT id FROM ${adminExports} WHERE status = 'ready' AND expires_at <= now() LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING *
), recorded AS (${recordFor('gone', sql`'success'`)})
SELECT gone.id, ARRAY(SELECT object_key FROM ${adminExportChunks} WHERE export_id = gone.id) AS chunks FROM gone`);
