import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import {
  adminExports,
  adminOperationItems,
  adminOperations,
  admins,
  auditHolds,
  auditOutbox,
  deadLetters,
} from '../schema/index.ts';
import type { EndedRow, SystemEvent } from './export-runs.ts';

const p = sql.placeholder;
const OPERATION = sql`${p('operationId')}::uuid`;
const PERSON = sql`${p('personId')}::uuid`;
/** As of what other operations ask for; the step's own record comes with its outcome. */
const BECAUSE = sql`left('operation ' || o.id || ': ' || o.reason, 1100)`;

export interface ErasedAccount {
  /** Why nothing was done. */
  refused: string | null;
  /** How many rows of which table. */
  done: Record<string, number>;
  /** Services whose gate must hear of it. */
  service_ids: string[];
}

/** Account, grants, sessions and what makes somebody a tester, with the record of it; see migration 0016. */
export const eraseAccount = statement<SystemEvent & { operationId: string }, ErasedAccount>(sql`
WITH erased AS MATERIALIZED (SELECT * FROM erase_account(${OPERATION})), recorded AS (
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state,
    reason, ip_address, request_id, trace_id)
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, a.id, a.email, o.actor_role, ${p('action')}, o.target_type, o.target_id,
    'success', erased.done, ${BECAUSE}, '::', ${p('requestId')}, o.trace_id
  FROM erased JOIN ${adminOperations} o ON o.id = ${OPERATION} JOIN ${admins} a ON a.id = o.started_by
  WHERE erased.refused IS NULL AND erased.is_first AND EXISTS (SELECT FROM jsonb_each_text(erased.done) AS d WHERE d.value::bigint > 0)
)
SELECT refused, coalesce(done, '{}') AS done, coalesce(service_ids, '{}') AS service_ids FROM erased`);

/** What an erasure under way looks for. */
export interface Sought {
  /** E-mail addresses and `sub`s. */
  names: string[];
  /** Milliseconds since the epoch: nothing new is written under them since. */
  since: number;
}

/** `more`: names that were found elsewhere. `names` NULL: the account was not erased yet. */
export const soughtNames = statement<{ operationId: string; more: readonly string[] }, Sought | { names: null }>(sql`
SELECT names, (extract(epoch FROM since) * 1000)::float8 AS since FROM erased_names(${OPERATION}, ${p('more')}::text[])`);

/** One that has to be done again before the last one. */
export const failedSteps = statement<{ operationId: string }, { kind: string }>(sql`
SELECT i.kind FROM ${adminOperationItems} i WHERE i.operation_id = ${OPERATION} AND i.outcome = 'failed' AND i.kind <> 'erased_copies' LIMIT 1`);

/** Tables in which people wrote things down, or were shown them. */
export const COPIES = [
  ...['admin_operations', 'admin_operation_chunks', 'admin_operation_items', 'admin_operation_approvals'],
  ...['admin_exports', 'export_schedules', 'operation_schedules'],
  ...[
    'service_tester_users',
    'service_tester_admins',
    'service_countries',
    'notification_channels',
    'notification_deliveries',
    'dead_letters',
  ],
] as const;

export const eraseCopies = statement<{ operationId: string; store: string }, { rows: number }>(
  sql`SELECT erase_copies(${OPERATION}, ${p('store')})::float8 AS rows`,
);

export const eraseNames = statement<{ operationId: string }, { done: boolean }>(
  sql`SELECT erase_names(${OPERATION}) AS done`,
);

const OF_PERSON = sql`(e.requested_by = ${PERSON} OR strpos(e.parameters::text, ${PERSON}::text) > 0
    OR EXISTS (SELECT FROM unnest(${p('names')}::text[]) AS x WHERE strpos(lower(e.parameters::text), lower(x)) > 0))`;

/** One export by or about the person that has not ended, or whose file is there: it ends, with its record. */
export const endExportOf = statement<
  SystemEvent & { operationId: string; personId: string; names: readonly string[] },
  EndedRow
>(sql`
WITH gone AS (
  UPDATE ${adminExports} x SET status = CASE x.status WHEN 'ready' THEN 'expired' ELSE 'failed' END::export_status, expires_at = now(),
    finished_at = coalesce(x.finished_at, now()), progress_at = now(), cancelled_at = CASE WHEN x.status <> 'ready' THEN now() END,
    failure_reason = CASE WHEN x.status <> 'ready' THEN 'A person’s data was erased.' END
  WHERE x.id = (SELECT e.id FROM ${adminExports} e WHERE e.status IN ('queued', 'processing', 'ready') AND ${OF_PERSON} LIMIT 1 FOR UPDATE)
  RETURNING x.*
), recorded AS (
  INSERT INTO ${auditOutbox} (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state,
    reason, ip_address, request_id, trace_id)
  SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, a.id, a.email, o.actor_role, 'subject.erase', 'export', gone.id::text, 'success',
    jsonb_build_object('status', gone.status, 'exportType', gone.export_type), ${BECAUSE}, '::', ${p('requestId')}, o.trace_id
  FROM gone CROSS JOIN ${adminOperations} o JOIN ${admins} a ON a.id = o.started_by WHERE o.id = ${OPERATION}
)
SELECT id, requested_by, export_type, name, status, rows_expected::float8, rows_done::float8, bytes_done::float8, active_ms::float8,
  failure_reason FROM gone`);

/** Exports by or about the person under whose names something may lie still. */
export const exportsOf = statement<{ personId: string; names: readonly string[] }, { id: string }>(sql`
SELECT e.id FROM ${adminExports} e WHERE e.purged_at IS NULL AND e.status IN ('expired', 'failed') AND ${OF_PERSON}`);

/** Files of others that may have rows of theirs in them: they are not opened. */
export const otherFiles = statement<object, { files: number }>(
  sql`SELECT count(*)::int AS files FROM ${adminExports} e WHERE e.status IN ('ready', 'processing')`,
);

/** Messages that nobody could deliver and nobody has put back, and the words of legal holds: they are left as they are. */
export const leftNames = statement<
  { names: readonly string[]; personId: string },
  { letters: number; holds: number }
>(sql`
SELECT (SELECT count(*)::int FROM ${deadLetters} d WHERE d.replayed_at IS NULL AND (strpos(d.body::text, ${PERSON}::text) > 0
    OR EXISTS (SELECT FROM unnest(${p('names')}::text[]) AS x WHERE strpos(lower(d.body::text), lower(x)) > 0))) AS letters,
  (SELECT count(*)::int FROM ${auditHolds} h WHERE EXISTS (SELECT FROM unnest(${p('names')}::text[]) AS x
    WHERE strpos(lower(concat_ws(' ', h.reason, h.release_reason)), lower(x)) > 0)) AS holds`);

/**
 * Records that are in ClickHouse and are kept here for a week besides. For the drainer's role, which may remove what was sent and
 * nothing else.
 */
export const removeSent = statement<{ personId: string; names: readonly string[] }, { id: string }>(sql`
DELETE FROM ${auditOutbox} o WHERE o.sent_at IS NOT NULL AND o.action <> 'subject.erase' AND (
  o.actor_id = ${PERSON} OR (o.resource IN ('admin', 'service_tester_user', 'service_tester_admin') AND o.resource_id = ${PERSON}::text)
  OR ${PERSON}::text IN (o.before_state->>'adminId', o.after_state->>'adminId', o.before_state->>'userId', o.after_state->>'userId')
  OR EXISTS (SELECT FROM unnest(${p('names')}::text[]) AS x
    WHERE strpos(lower(concat_ws(' ', o.actor_email, o.before_state, o.after_state, o.reason)), lower(x)) > 0))
RETURNING o.id`);

/** How many of those there are that wait. */
export const unsentOf = statement<{ names: readonly string[] }, { rows: number }>(sql`
SELECT count(*)::int AS rows FROM ${auditOutbox} o WHERE o.sent_at IS NULL AND EXISTS (SELECT FROM unnest(${p('names')}::text[]) AS x
  WHERE strpos(lower(concat_ws(' ', o.actor_email, o.before_state, o.after_state, o.reason)), lower(x)) > 0)`);
