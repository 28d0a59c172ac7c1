import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExports, adminOperations, admins, auditOutbox } from '../schema/index.ts';
import type { SystemEvent } from './export-runs.ts';

const p = sql.placeholder;

export interface OperationExport extends SystemEvent {
  exportId: string;
  operationId: string;
  exportType: string;
  parameters: string;
  fileFormat: string;
  compression: string;
  /** The permission on the underlying data. */
  dataPermission: string;
}

export interface OperationExportRow {
  /** Why whoever started the operation may not have it; null: nothing keeps it. */
  refused: string | null;
  requested_by: string;
  status: string | null;
}

/**
 * An export that an operation makes, as whoever started it, of everything: row, cutoff (see insertExport) and audit record. Said
 * again it is the same one, with no second record. No row: the operation has ended.
 */
export const requestForOperation = statement<OperationExport, OperationExportRow>(sql`
WITH asker AS (
  SELECT o.id AS operation_id, o.reason, o.actor_role, o.trace_id, a.id, a.email, CASE
    WHEN a.status <> 'active' THEN a.email || ', who started it, is ' || a.status || '.'
    ELSE a.email || ', who started it, lacks ' || (SELECT n.permission FROM unnest(ARRAY['exports.request', ${p('dataPermission')}::text]) AS n (permission)
      WHERE admin_may(a.id, n.permission, NULL) IS NOT TRUE LIMIT 1) || ' now.' END AS refused
  FROM ${adminOperations} o JOIN ${admins} a ON a.id = o.started_by
  WHERE o.id = ${p('operationId')}::uuid AND o.phase IN ('running', 'paused', 'cancelling')
), made AS (
  INSERT INTO ${adminExports} (id, requested_by, export_type, parameters, file_format, compression, data_permission, cutoff, cutoff_xid)
  SELECT ${p('exportId')}::uuid, asker.id, ${p('exportType')}, ${p('parameters')}::jsonb, ${p('fileFormat')}::export_format,
    ${p('compression')}::export_compression, ${p('dataPermission')}, now(), pg_snapshot_xmax(pg_current_snapshot())::text
  FROM asker WHERE asker.refused IS NULL ON CONFLICT (id) DO NOTHING RETURNING *
), recorded AS (
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state, reason,
    ip_address, request_id, trace_id)
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, asker.id, asker.email, asker.actor_role, ${p('action')}, 'export', ${p('exportId')},
    CASE WHEN asker.refused IS NULL THEN 'success' ELSE 'denied' END,
    jsonb_build_object('exportType', ${p('exportType')}::text, 'fileFormat', ${p('fileFormat')}::text, 'compression', ${p('compression')}::text,
      'name', NULL, 'parameters', ${p('parameters')}::jsonb) || CASE WHEN made.id IS NULL THEN '{}' ELSE jsonb_build_object('status', made.status) END,
    left(concat_ws(': ', 'operation ' || asker.operation_id, coalesce(asker.refused, nullif(asker.reason, ''))), 1100),
    '::', ${p('requestId')}, asker.trace_id
  FROM asker LEFT JOIN made ON true WHERE made.id IS NOT NULL OR asker.refused IS NOT NULL
)
SELECT asker.refused, asker.id AS requested_by, coalesce(made.status, e.status) AS status
FROM asker LEFT JOIN made ON true LEFT JOIN ${adminExports} e ON e.id = ${p('exportId')}::uuid`);
