import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExports } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import { ASKED_EXPORT, type ExportRow, exportColumns } from './export-requests.ts';

const p = sql.placeholder;

export interface ControlledRow extends Access, ExportRow {
  /** changed | unchanged, or the status that does not allow it. */
  outcome: 'changed' | 'unchanged' | 'refused' | null;
}

/** What an admin does to an export: `to` where it stands `from`; `already` is what it would come to. */
function control({ from, already, to }: { from: string; already: string; to: SQL }) {
  return statement<CallerInput & { exportId: string }, ControlledRow>(sql`
WITH ${accessCte(ASKED_EXPORT)}, found AS (
  SELECT e.*, ${sql.raw(already)} AS already, ${sql.raw(from)} AS may FROM access JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid
  WHERE access.verdict = 'ok' AND (e.requested_by = access.admin_id
    OR (admin_may(access.admin_id, 'exports.download', e.scope) AND admin_may(access.admin_id, e.data_permission, e.scope)))
  FOR UPDATE OF e
), changed AS (
  UPDATE ${adminExports} e SET ${to}, progress_at = now() FROM access, found
  WHERE e.id = found.id AND found.may AND NOT found.already RETURNING e.*
), recorded AS (${insertAudit({
    ...ASKED_EXPORT,
    outcome: sql`CASE WHEN EXISTS (SELECT FROM changed) THEN 'success' WHEN EXISTS (SELECT FROM found) THEN 'failure' ELSE 'denied' END`,
    before: sql`(SELECT jsonb_build_object('status', found.status, 'paused', found.paused_at IS NOT NULL) FROM found)`,
    after: sql`(SELECT jsonb_build_object('status', changed.status, 'paused', changed.paused_at IS NOT NULL) FROM changed)`,
    from: sql`WHERE access.verdict = 'ok' AND NOT EXISTS (SELECT FROM found WHERE found.already)
      AND (EXISTS (SELECT FROM found) OR EXISTS (SELECT FROM ${adminExports} x WHERE x.id = ${p('exportId')}::uuid))`,
  })}), e AS (
  SELECT * FROM changed UNION ALL SELECT x.* FROM ${adminExports} x JOIN found ON found.id = x.id WHERE NOT EXISTS (SELECT FROM changed)
)
SELECT access.verdict, access.admin_id, access.missing, ${exportColumns('e')},
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
