import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExportChunks, adminExports, admins, auditOutbox } from '../schema/index.ts';

const p = sql.placeholder;

/** The last committed row's place in the file's order, and how much lies before it: the export goes on after it. */
export interface Position {
  keys: string[];
  size: number;
}

export interface RunRow {
  id: string;
  requested_by: string;
  requested_by_email: string;
  export_type: string;
  file_format: string;
  compression: 'none' | 'gzip';
  parameters: unknown;
  scope: string[] | null;
  cutoff: string;
  cutoff_xid: string;
  rows_expected: number | null;
  rows_done: number;
  bytes_done: number;
  active_ms: number;
  generation: number;
  next_seq: number;
  position: Position | null;
}

const RUN =
  sql.raw(`e.id, e.requested_by, (SELECT a.email FROM admins a WHERE a.id = e.requested_by) AS requested_by_email,
  e.export_type, e.file_format, e.compression, e.parameters, e.scope,
  to_char(e.cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS cutoff, e.cutoff_xid, e.rows_expected::float8,
  e.rows_done::float8, e.bytes_done::float8, e.active_ms::float8, e.generation, e.next_seq, e.position`);

const WORKABLE = sql.raw(`e.status IN ('queued', 'processing') AND e.paused_at IS NULL`);
const BEGUN_ANEW =
  sql.raw(`generation = generation + 1, next_seq = 0, rows_done = 0, bytes_done = 0, rows_expected = NULL,
  position = NULL, begin_anew = false`);

/** Whose export it is, while there is something to be done for it. */
export const workableExport = statement<{ exportId: string }, { requested_by: string }>(sql`
SELECT e.requested_by FROM ${adminExports} e WHERE e.id = ${p('exportId')}::uuid AND ${WORKABLE}`);

/** Takes the run under a newer fencing token; no row means it is finished, paused, gone, or held under a newer token. */
export const claimExport = statement<{ exportId: string; fence: number }, RunRow>(sql`
UPDATE ${adminExports} e SET status = 'processing', fence = ${p('fence')}::bigint, started_at = coalesce(started_at, now()),
  progress_at = now()
WHERE e.id = ${p('exportId')}::uuid AND ${WORKABLE} AND e.fence < ${p('fence')}::bigint
RETURNING ${RUN}`);

/** Leaves behind what is written: its parts stay in the store under another generation's names until the file is removed. */
export const beginAnew = statement<{ exportId: string; fence: number }, RunRow>(sql`
UPDATE ${adminExports} e SET ${BEGUN_ANEW}, progress_at = now()
WHERE e.id = ${p('exportId')}::uuid AND e.fence = ${p('fence')}::bigint AND ${WORKABLE}
RETURNING ${RUN}`);

/** True once every record accepted by the cutoff is in ClickHouse. For the exporter's role. */
export const cutoffSettled = statement<{ cutoff: string; cutoffXid: string }, { settled: boolean }>(sql`
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= ${p('cutoffXid')}::xid8 AND NOT EXISTS (
  SELECT FROM ${auditOutbox} WHERE sent_at IS NULL AND accepted_at <= (${p('cutoff')}::timestamp AT TIME ZONE 'UTC')) AS settled`);

/** True once every transaction that may have made a row by the cutoff has ended. For the exporter's role. */
export const transactionsEnded = statement<{ cutoffXid: string }, { settled: boolean }>(sql`
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= ${p('cutoffXid')}::xid8 AS settled`);

export const setExpected = statement<{ exportId: string; fence: number; rowsExpected: number }, { id: string }>(sql`
UPDATE ${adminExports} e SET rows_expected = ${p('rowsExpected')}::bigint, progress_at = now()
WHERE e.id = ${p('exportId')}::uuid AND e.fence = ${p('fence')}::bigint AND ${WORKABLE} RETURNING e.id`);

export interface CommitChunkInput {
  exportId: string;
  fence: number;
  generation: number;
  seq: number;
  objectKey: string;
  rows: number;
  bytes: number;
  sha256: string;
  crc32: number;
  position: string | null;
  /** Milliseconds of work since the last commit. */
  activeMs: number;
}

/** Manifest row and position move together, and only for the holder of the fence at exactly this chunk. */
export const commitChunk = statement<CommitChunkInput, { next_seq: number }>(sql`
WITH moved AS (
  UPDATE ${adminExports} e SET next_seq = next_seq + 1, rows_done = rows_done + ${p('rows')}::bigint,
    bytes_done = bytes_done + ${p('bytes')}::bigint, position = ${p('position')}::jsonb, progress_at = now(),
    active_ms = active_ms + ${p('activeMs')}::bigint, last_error = NULL
  WHERE e.id = ${p('exportId')}::uuid AND e.fence = ${p('fence')}::bigint AND ${WORKABLE}
    AND e.generation = ${p('generation')}::int AND e.next_seq = ${p('seq')}::int
  RETURNING e.id, e.next_seq
), listed AS (
  INSERT INTO ${adminExportChunks} (export_id, generation, seq, object_key, rows, bytes, sha256, crc32)
  SELECT id, ${p('generation')}::int, ${p('seq')}::int, ${p('objectKey')}, ${p('rows')}::bigint, ${p('bytes')}::bigint,
    ${p('sha256')}, ${p('crc32')}::bigint FROM moved
)
SELECT next_seq FROM moved`);

/** Keeps why a run broke off, for whoever waits and for the record should no try help. */
export const noteError = statement<{ exportId: string; fence: number; error: string }, { id: string }>(sql`
UPDATE ${adminExports} e SET last_error = ${p('error')} WHERE e.id = ${p('exportId')}::uuid AND e.fence = ${p('fence')}::bigint
  AND ${WORKABLE} RETURNING e.id`);

export interface ManifestRow {
  key: string;
  rows: number;
  bytes: number;
  sha256: string;
  crc32: number;
}

/** The parts of the file, in order. */
export const listChunks = statement<{ exportId: string; generation: number }, ManifestRow>(sql`
SELECT object_key AS key, rows::float8, bytes::float8, sha256, crc32::float8 FROM ${adminExportChunks}
WHERE export_id = ${p('exportId')}::uuid AND generation = ${p('generation')}::int ORDER BY seq`);

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
  'bytesDone', c.bytes_done, 'chunks', c.next_seq, 'sha256', c.sha256), coalesce(c.failure_reason, ''), '::', ${p('requestId')},
  ${p('traceId')}
FROM ${sql.raw(changed)} c JOIN ${admins} a ON a.id = c.requested_by`;

/** An export as it ended. */
export interface EndedRow {
  id: string;
  requested_by: string;
  export_type: string;
  name: string | null;
  status: 'ready' | 'failed' | 'expired';
  rows_expected: number | null;
  rows_done: number;
  bytes_done: number;
  active_ms: number;
  failure_reason: string | null;
}

const ENDED =
  sql.raw(`id, requested_by, export_type, name, status, rows_expected::float8, rows_done::float8, bytes_done::float8,
  active_ms::float8, failure_reason`);

export interface FinishInput extends SystemEvent {
  exportId: string;
  fence: number;
  fileLocation: string;
  ttlSeconds: number;
  sha256: string;
  crc32: number;
  activeMs: number;
}

/** Ready only when what was written is what was expected; otherwise failed, with both counts in the reason. */
export const finishExport = statement<FinishInput, EndedRow>(sql`
WITH done AS (
  UPDATE ${adminExports} e SET status = CASE WHEN rows_done = rows_expected THEN 'ready' ELSE 'failed' END::export_status,
    failure_reason = CASE WHEN rows_done <> rows_expected
      THEN format('%s rows were expected and %s were written: rows were removed meanwhile, or more arrived late. Retry it; it begins anew.',
        rows_expected, rows_done) END,
    begin_anew = rows_done <> rows_expected,
    sha256 = ${p('sha256')}, crc32 = ${p('crc32')}::bigint, active_ms = active_ms + ${p('activeMs')}::bigint, last_error = NULL,
    file_location = ${p('fileLocation')}, finished_at = now(), progress_at = now(),
    expires_at = now() + ${p('ttlSeconds')}::float8 * interval '1 second'
  WHERE e.id = ${p('exportId')}::uuid AND e.fence = ${p('fence')}::bigint AND ${WORKABLE} RETURNING *
), recorded AS (${recordFor('done', sql`CASE WHEN c.status = 'ready' THEN 'success' ELSE 'failure' END`)})
SELECT ${ENDED} FROM done`);

export interface FailInput extends SystemEvent {
  exportId: string;
  /** `%s` stands for the last error, where one was kept. */
  reason: string;
  anew: boolean;
}

/** Ends an export with its reason, whoever holds it; one already finished stays as it is, and a paused one until it is resumed. */
export const failExport = statement<FailInput, EndedRow>(sql`
WITH failed AS (
  UPDATE ${adminExports} e SET status = 'failed', finished_at = now(), progress_at = now(),
    failure_reason = replace(${p('reason')}, '%s', coalesce(last_error, 'nobody took it up')),
    begin_anew = begin_anew OR ${p('anew')}::boolean
  WHERE e.id = ${p('exportId')}::uuid AND ${WORKABLE} RETURNING *
), recorded AS (${recordFor('failed', sql`'failure'`)})
SELECT ${ENDED} FROM failed`);

/** Exports nobody has moved for a whole lease: their message or their consumer was lost. */
export const stuckExports = statement<{ leaseMs: number }, { id: string }>(sql`
SELECT e.id FROM ${adminExports} e WHERE ${WORKABLE} AND e.progress_at < now() - ${p('leaseMs')}::float8 * interval '1 millisecond'
ORDER BY e.progress_at LIMIT 100`);

/** One file past its time: the status changes before its objects go, so that no download starts on what is being deleted. */
export const expireOneExport = statement<SystemEvent, EndedRow>(sql`
WITH gone AS (
  UPDATE ${adminExports} SET status = 'expired' WHERE id = (
    SELECT id FROM ${adminExports} WHERE status = 'ready' AND expires_at <= now() LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING *
), recorded AS (${recordFor('gone', sql`'success'`)})
SELECT ${ENDED} FROM gone`);

/** An export whose file is removed soon. */
export interface ExpiringRow {
  id: string;
  requested_by: string;
  export_type: string;
  name: string | null;
  rows_done: number;
  bytes_done: number;
  expires_at: Date;
}

/** Files that nobody was told of whose last day has begun, or the last quarter of a life of less than four; the first to go first. */
export const expiringExports = statement<{ limit: number }, ExpiringRow>(sql`
SELECT e.id, e.requested_by, e.export_type, e.name, e.rows_done::float8, e.bytes_done::float8, e.expires_at FROM ${adminExports} e
WHERE e.status = 'ready' AND e.expiring_told_at IS NULL AND e.expires_at > now() AND e.expires_at <= now() + interval '1 day'
  AND e.expires_at <= now() + (e.expires_at - e.finished_at) / 4 ORDER BY e.expires_at LIMIT ${p('limit')}::int`);

export const noteExpiringTold = statement<{ exportIds: readonly string[] }, never>(sql`
UPDATE ${adminExports} SET expiring_told_at = now() WHERE id = ANY (${p('exportIds')}::uuid[]) AND expiring_told_at IS NULL`);

/**
 * An export that has ended for good and whose objects may still be there. A failed one can be retried until its time is up; a
 * consumer that was at work when it ended has given up by `leaseMs` later.
 */
export const purgeableExport = statement<{ leaseMs: number; retrySeconds: number }, { id: string }>(sql`
SELECT id FROM ${adminExports} WHERE purged_at IS NULL AND (
  (status = 'expired' AND expires_at < now() - ${p('leaseMs')}::float8 * interval '1 millisecond')
  OR (status = 'failed' AND cancelled_at IS NOT NULL AND finished_at < now() - ${p('leaseMs')}::float8 * interval '1 millisecond')
  OR (status = 'failed' AND finished_at < now() - greatest(${p('retrySeconds')}::float8, ${p('leaseMs')}::float8 / 1000) * interval '1 second'))
ORDER BY finished_at LIMIT 1`);

/** `objects`: how many were removed; none is not recorded. `isFinal`: nobody looks again. */
export const notePurged = statement<
  SystemEvent & { exportId: string; objects: number; isFinal: boolean },
  { id: string }
>(sql`
WITH purged AS (
  UPDATE ${adminExports} SET purged_at = CASE WHEN ${p('isFinal')}::boolean THEN now() END WHERE id = ${p('exportId')}::uuid AND purged_at IS NULL
    AND status IN ('expired', 'failed') RETURNING *
), recorded AS (INSERT INTO ${auditOutbox}
  (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state, reason, ip_address,
   request_id, trace_id)
SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, a.id, a.email, 'system', ${p('action')}, 'export', c.id::text,
  'success', jsonb_build_object('status', c.status, 'objects', ${p('objects')}::int), '', '::', ${p('requestId')}, ${p('traceId')}
FROM purged c JOIN ${admins} a ON a.id = c.requested_by WHERE ${p('objects')}::int > 0)
SELECT id FROM purged`);
