import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import {
  adminOperationApprovals,
  adminOperationChunks,
  adminOperationItems,
  adminOperations,
} from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';

const p = sql.placeholder;

/** What a caller may know of an operation. */
export interface OperationRow {
  id: string | null;
  type: string;
  actor_admin_id: string;
  target_type: string;
  target_id: string | null;
  parameters: Record<string, unknown>;
  status: 'pending' | 'running' | 'completed' | 'failed';
  phase: string;
  risk: string;
  reason: string;
  scope: string[] | null;
  plan_hash: string;
  plan: Record<string, unknown>;
  items_total: number;
  items_done: number;
  items_failed: number;
  items_skipped: number;
  items_undone: number;
  items_left: number;
  next_seq: number;
  round: number;
  undo_seq: number;
  locks: string[];
  approvals_needed: number;
  approver_roles: string[];
  approve_by: Date | null;
  started_by: string | null;
  break_glass_by: string | null;
  reviewed_by: string | null;
  reviewed_at: Date | null;
  active_ms: number;
  last_error: string | null;
  failure_reason: string | null;
  schedule_id: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  approvals: { adminId: string; email: string; decision: 'approve' | 'reject'; reason: string; createdAt: string }[];
  /** Who has its locks now: this or another operation. */
  held_by: { lock: string; operationId: string; type: string; email: string; since: string }[];
}

const time = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What `OperationRow` has, of the table or CTE `o`. @param decisions what a statement has just written is not in the table yet */
export const operationColumns = (o: string, decisions = 'admin_operation_approvals'): SQL =>
  sql.raw(`${[
    'id type actor_admin_id target_type target_id parameters status phase risk reason scope plan_hash plan items_total items_done items_failed',
    'items_skipped items_undone items_left next_seq round undo_seq locks approvals_needed approver_roles approve_by started_by break_glass_by',
    'reviewed_by reviewed_at last_error failure_reason schedule_id created_at started_at finished_at',
  ]
    .join(' ')
    .split(' ')
    .map((column) => `${o}.${column}`)
    .join(', ')}, ${o}.active_ms::float8,
  (SELECT coalesce(json_agg(json_build_object('adminId', d.admin_id, 'email', a.email, 'decision', d.decision, 'reason', d.reason,
    'createdAt', ${time('d.created_at')}) ORDER BY d.created_at, d.admin_id), '[]')
    FROM ${decisions} d JOIN admins a ON a.id = d.admin_id WHERE d.operation_id = ${o}.id) AS approvals,
  (SELECT coalesce(json_agg(json_build_object('lock', l.name, 'operationId', h.id, 'type', h.type, 'email', a.email,
    'since', ${time('l.claimed_at')}) ORDER BY l.name), '[]')
    FROM operation_locks l JOIN admin_operations h ON h.id = l.operation_id JOIN admins a ON a.id = coalesce(h.started_by, h.actor_admin_id)
    WHERE l.name = ANY (${o}.locks) AND h.phase IN ('running', 'cancelling', 'undoing') AND ${o}.phase IN ('queued', 'running', 'cancelling', 'undoing')
  ) AS held_by`);

/** The one operation that a request names. */
export const ASKED_OPERATION = { resource: 'operation', resourceId: sql`${p('operationId')}` };

/** An operation is its requester's, and theirs who may run or approve operations for all it is about. Anybody else's is absent. */
export const mayKnow = (o: string) =>
  sql.raw(`(${o}.actor_admin_id = access.admin_id
    OR admin_may(access.admin_id, 'operations.execute', ${o}.scope) OR admin_may(access.admin_id, 'operations.approve', ${o}.scope))`);

export interface ReadOperationRow extends Access, OperationRow {}

export const readOperation = statement<CallerInput & { operationId: string }, ReadOperationRow>(sql`
WITH ${accessCte(ASKED_OPERATION)}, found AS (
  SELECT o.* FROM access JOIN ${adminOperations} o ON o.id = ${p('operationId')}::uuid WHERE access.verdict = 'ok'
), o AS (SELECT found.* FROM found, access WHERE ${mayKnow('found')}), denied AS (${insertAudit({
  ...ASKED_OPERATION,
  outcome: sql`'denied'`,
  from: sql`WHERE NOT EXISTS (SELECT FROM o) AND EXISTS (SELECT FROM found)`,
})})
SELECT access.verdict, access.admin_id, access.missing, ${operationColumns('o')} FROM access LEFT JOIN o ON true`);

export interface OperationFilter {
  type: string | null;
  status: string | null;
  phase: string | null;
  actorId: string | null;
  scheduleId: string | null;
  /** Those that wait for the caller's word. */
  forMe: boolean;
  /** Those started without the others' word that nobody has looked at. */
  toReview: boolean;
}

/** Newest first. One row more than `limit` when more follow. */
export const listOperations = statement<
  CallerInput & OperationFilter & { after: string | null; limit: number },
  ReadOperationRow
>(sql`
WITH ${accessCte({ resource: 'operation', resourceId: sql`''` })}, o AS (
  SELECT o.* FROM access JOIN ${adminOperations} o ON ${mayKnow('o')}
  WHERE access.verdict = 'ok' AND (${p('after')}::uuid IS NULL OR o.id < ${p('after')}::uuid)
    AND (${p('type')}::text IS NULL OR o.type = ${p('type')}) AND (${p('status')}::text IS NULL OR o.status::text = ${p('status')})
    AND (${p('phase')}::text IS NULL OR o.phase = ${p('phase')}) AND (${p('actorId')}::uuid IS NULL OR o.actor_admin_id = ${p('actorId')}::uuid)
    AND (${p('scheduleId')}::uuid IS NULL OR o.schedule_id = ${p('scheduleId')}::uuid)
    AND (NOT ${p('toReview')}::boolean OR (o.break_glass_by IS NOT NULL AND o.reviewed_at IS NULL))
    AND (NOT ${p('forMe')}::boolean OR (o.phase = 'awaiting_approval' AND o.actor_admin_id <> access.admin_id AND o.approve_by > now()
      AND admin_may(access.admin_id, 'operations.approve', o.scope)
      AND NOT EXISTS (SELECT FROM ${adminOperationApprovals} d WHERE d.operation_id = o.id AND d.admin_id = access.admin_id)))
  ORDER BY o.id DESC LIMIT ${p('limit')}::int + 1
)
SELECT access.verdict, access.admin_id, access.missing, ${operationColumns('o')} FROM access LEFT JOIN o ON true ORDER BY o.id DESC`);

export interface OperationItem {
  seq: number;
  kind: string;
  targetId: string;
  label: string;
  outcome: 'pending' | 'succeeded' | 'skipped' | 'failed';
  error: string | null;
  /** null too for whoever lacks the permission on what it is about. */
  before: unknown;
  after: unknown;
  doneAt: string | null;
  undoOutcome: 'undone' | 'left' | 'failed' | null;
  undoError: string | null;
}

export interface ItemsRow extends Access {
  found: boolean;
  items: OperationItem[];
}

/**
 * Places of a page of targets. Only as many as it shows are looked at where all are asked for, or those to come: in the first round these
 * are all from where the operation stands. Of a later round that broke off, each target is looked for.
 */
const PLACES = sql`
  SELECT n.seq FROM o CROSS JOIN LATERAL generate_series(${p('after')}::int, least(${p('after')}::int + ${p('limit')}::int, o.items_total - 1)) AS n (seq)
  WHERE ${p('outcome')}::text IS NULL AND ${p('undoOutcome')}::text IS NULL
  UNION ALL
  (SELECT i.seq FROM o JOIN ${adminOperationItems} i ON i.operation_id = o.id AND i.seq >= ${p('after')}::int
  WHERE coalesce(${p('outcome')}::text, ${p('undoOutcome')}::text) IS NOT NULL AND (${p('outcome')}::text IS NULL OR i.outcome = ${p('outcome')})
    AND (${p('undoOutcome')}::text IS NULL OR i.undo_outcome = ${p('undoOutcome')}) ORDER BY i.seq LIMIT ${p('limit')}::int + 1)
  UNION ALL
  (SELECT n.seq FROM o CROSS JOIN LATERAL (SELECT greatest(${p('after')}::int, CASE o.round WHEN 0 THEN o.next_seq ELSE 0 END) AS low) ahead
    CROSS JOIN LATERAL generate_series(ahead.low, CASE o.round WHEN 0 THEN least(ahead.low + ${p('limit')}::int, o.items_total - 1) ELSE o.items_total - 1 END) AS n (seq)
  WHERE ${p('outcome')}::text = 'pending' AND ${p('undoOutcome')}::text IS NULL AND o.items_done < o.items_total
    AND NOT EXISTS (SELECT FROM ${adminOperationItems} i WHERE i.operation_id = o.id AND i.seq = n.seq) ORDER BY n.seq LIMIT ${p('limit')}::int + 1)`;

/** Targets in the order of the plan with what became of them, from `after` (a seq) on; one more than `limit` when more follow. */
export const listItems = statement<
  CallerInput & {
    operationId: string;
    after: number;
    limit: number;
    outcome: string | null;
    undoOutcome: string | null;
  },
  ItemsRow
>(sql`
WITH ${accessCte(ASKED_OPERATION)}, o AS (
  SELECT o.*, admin_may(access.admin_id, o.permission, o.scope) AS may_see FROM access JOIN ${adminOperations} o ON o.id = ${p('operationId')}::uuid
  WHERE access.verdict = 'ok' AND ${mayKnow('o')}
), wanted AS MATERIALIZED (${PLACES}), chunk AS (
  SELECT c.* FROM o JOIN ${adminOperationChunks} c ON c.operation_id = o.id AND c.seq_from IN (
    SELECT (SELECT max(b.seq_from) FROM ${adminOperationChunks} b WHERE b.operation_id = o.id AND b.seq_from <= wanted.seq) FROM wanted)
), found AS (
  SELECT wanted.seq, chunk.kind, u.id AS target_id, u.label, i.outcome, i.error, i.before, i.after, i.done_at, i.undo_outcome, i.undo_error, o.may_see
  FROM o CROSS JOIN chunk CROSS JOIN LATERAL unnest(chunk.ids, chunk.labels) WITH ORDINALITY AS u (id, label, nr)
    JOIN wanted ON wanted.seq = chunk.seq_from + u.nr - 1 LEFT JOIN ${adminOperationItems} i ON i.operation_id = o.id AND i.seq = wanted.seq
  ORDER BY seq LIMIT ${p('limit')}::int + 1
)
SELECT access.verdict, access.admin_id, access.missing, EXISTS (SELECT FROM o) AS found,
  (SELECT coalesce(json_agg(json_build_object('seq', seq, 'kind', kind, 'targetId', target_id, 'label', label,
    'outcome', coalesce(outcome, 'pending'), 'error', error, 'before', CASE WHEN may_see THEN before END,
    'after', CASE WHEN may_see THEN after END, 'doneAt', ${sql.raw(time('done_at'))}, 'undoOutcome', undo_outcome, 'undoError', undo_error)
    ORDER BY seq), '[]') FROM found) AS items
FROM access`);
