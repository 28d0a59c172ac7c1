import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminOperations, admins, auditOutbox, operationLocks } from '../schema/index.ts';
import type { SystemEvent } from './export-runs.ts';
import { type Hold, MOVED, type MovedRow, NEXT_CHUNK } from './operation-batches.ts';

const p = sql.placeholder;

/** JSON of which phase follows which, with its status; see domain/operations/phases.ts. */
export interface Moves {
  moves: string;
}

const mayMove = sql`${p('moves')}::jsonb ? o.phase`;
const MOVE_PHASE = sql`phase = ${p('moves')}::jsonb->o.phase->>'phase', status = (${p('moves')}::jsonb->o.phase->>'status')::operation_status,
    progress_at = now()`;

/**
 * Another operation has begun under one of its locks and has not ended. Between two runs of that one nobody holds the lock; it is
 * not free for all that. A paused one lets others pass.
 */
const WAITS = sql`EXISTS (SELECT FROM ${operationLocks} l JOIN ${adminOperations} other ON other.id = l.operation_id
  WHERE l.name = ANY (o.locks) AND other.id <> o.id AND other.phase IN ('running', 'cancelling', 'undoing'))`;

/** Which locks an operation needs, when there is something to do, and whether it has to wait for another one's end. */
export const workableOperation = statement<
  { operationId: string } & Moves,
  { locks: string[]; type: string; waits: boolean }
>(sql`
SELECT o.locks, o.type, ${WAITS} AS waits FROM ${adminOperations} o WHERE o.id = ${p('operationId')}::uuid AND ${mayMove}`);

export interface RunRow extends MovedRow {
  id: string;
  type: string;
  phase: 'running' | 'cancelled' | 'undoing';
  actor_admin_id: string;
  failure_reason: string | null;
  round: number;
  started_by: string;
  reason: string;
  target: Record<string, unknown>;
  parameters: Record<string, unknown>;
  started_at: Date;
  /** Why whoever started it may not go on; null: nothing keeps it. */
  refused: string | null;
}

/**
 * Takes an operation up under its locks: from here on nothing counts that is written under older tokens of any of them. No row:
 * it has ended, is paused, or another one holds a newer token.
 */
export const claimOperation = statement<Hold & Moves, RunRow>(sql`
WITH o AS (SELECT o.* FROM ${adminOperations} o WHERE o.id = ${p('operationId')}::uuid AND ${mayMove} AND NOT ${WAITS} FOR UPDATE),
claimed AS (
  INSERT INTO ${operationLocks} AS l (name, token, operation_id)
  SELECT mine.name, mine.token, o.id FROM o CROSS JOIN unnest(${p('locks')}::text[], ${p('tokens')}::bigint[]) AS mine (name, token) ORDER BY mine.name
  ON CONFLICT (name) DO UPDATE SET token = excluded.token, operation_id = excluded.operation_id, claimed_at = now() WHERE l.token < excluded.token
  RETURNING l.name
), moved AS (
  UPDATE ${adminOperations} x SET phase = ${p('moves')}::jsonb->o.phase->>'phase',
    status = (${p('moves')}::jsonb->o.phase->>'status')::operation_status, progress_at = now(), started_at = coalesce(x.started_at, now()),
    finished_at = CASE WHEN ${p('moves')}::jsonb->o.phase->>'phase' = 'cancelled' THEN now() END
  FROM o WHERE x.id = o.id AND o.locks <@ ARRAY(SELECT claimed.name FROM claimed) RETURNING x.*
)
SELECT o.id, o.type, o.phase, o.actor_admin_id, o.failure_reason, o.round, o.started_by, o.reason, o.plan->'target' AS target, o.parameters, o.started_at, ${MOVED}, CASE
    WHEN o.phase = 'cancelled' THEN NULL
    WHEN a.status <> 'active' THEN a.email || ', who started it, is ' || a.status || '.'
    WHEN admin_may(a.id, 'operations.execute', o.scope) IS NOT TRUE THEN a.email || ', who started it, lacks operations.execute now.'
    WHEN admin_may(a.id, o.permission, o.scope) IS NOT TRUE THEN a.email || ', who started it, lacks ' || o.permission || ' now.' END AS refused
FROM moved o JOIN ${admins} a ON a.id = o.started_by ${NEXT_CHUNK}`);

/** An operation as it ended. */
export interface EndedRow {
  id: string;
  type: string;
  phase: string;
  actor_admin_id: string;
  items_total: number;
  items_done: number;
  items_failed: number;
  items_skipped: number;
  items_undone: number;
  items_left: number;
  active_ms: number;
  failure_reason: string | null;
}

const ENDED =
  sql.raw(`o.id, o.type, o.phase, o.actor_admin_id, o.items_total, o.items_done, o.items_failed, o.items_skipped,
  o.items_undone, o.items_left, o.active_ms::float8, o.failure_reason`);

/** The record of what became of an operation; of whoever started it, or asked for it. */
const recordOf = (outcome: SQL): SQL => sql`INSERT INTO ${auditOutbox}
  (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome, after_state, reason, ip_address,
   request_id, trace_id)
SELECT ${p('eventId')}::uuid, ${p('eventTime')}::timestamptz, a.id, a.email, 'system', ${p('action')}, 'operation', o.id::text,
  CASE WHEN cardinality(o.scope) = 1 THEN o.scope[1] END, ${outcome},
  jsonb_build_object('type', o.type, 'phase', o.phase, 'status', o.status, 'planHash', o.plan_hash, 'itemsTotal', o.items_total,
    'itemsDone', o.items_done, 'itemsFailed', o.items_failed, 'itemsSkipped', o.items_skipped, 'itemsUndone', o.items_undone,
    'itemsLeft', o.items_left), coalesce(o.failure_reason, ''), '::', ${p('requestId')}, o.trace_id
FROM moved o JOIN ${admins} a ON a.id = coalesce(o.started_by, o.actor_admin_id)`;

/** Ends an apply every target of which has had its turn. */
export const completeOperation = statement<
  SystemEvent & { operationId: string } & Moves & { isFailed: boolean },
  EndedRow
>(sql`
WITH moved AS (
  UPDATE ${adminOperations} o SET ${MOVE_PHASE}, finished_at = now(), last_error = NULL,
    failure_reason = CASE WHEN o.items_failed > 0 THEN format('%s of %s items failed.', o.items_failed, o.items_total) END
  WHERE o.id = ${p('operationId')}::uuid AND ${mayMove} AND o.next_seq >= o.items_total AND (o.items_failed > 0) = ${p('isFailed')}::boolean RETURNING o.*
), recorded AS (${recordOf(sql`CASE WHEN o.items_failed > 0 THEN 'failure' ELSE 'success' END`)})
SELECT ${ENDED} FROM moved o`);

export const completeUndo = statement<SystemEvent & { operationId: string } & Moves, EndedRow>(sql`
WITH moved AS (
  UPDATE ${adminOperations} o SET ${MOVE_PHASE}, finished_at = now(), last_error = NULL,
    failure_reason = CASE WHEN o.items_left > 0 THEN format('%s items were left as they are; each says why.', o.items_left) END
  WHERE o.id = ${p('operationId')}::uuid AND ${mayMove} AND o.undo_seq <= 0 RETURNING o.*
), recorded AS (${recordOf(sql`CASE WHEN o.items_left > 0 THEN 'failure' ELSE 'success' END`)})
SELECT ${ENDED} FROM moved o`);

/** Ends an operation that cannot go on. `%s` in the reason stands for what broke off its last run, where that was kept. */
export const failOperation = statement<SystemEvent & { operationId: string; reason: string } & Moves, EndedRow>(sql`
WITH moved AS (
  UPDATE ${adminOperations} o SET ${MOVE_PHASE}, finished_at = now(),
    failure_reason = replace(${p('reason')}, '%s', coalesce(o.last_error, 'nobody took it up'))
  WHERE o.id = ${p('operationId')}::uuid AND ${mayMove} RETURNING o.*
), recorded AS (${recordOf(sql`'failure'`)})
SELECT ${ENDED} FROM moved o`);

/** One plan nobody agreed to, or started, in time. */
export const expireOneOperation = statement<SystemEvent & Moves, EndedRow>(sql`
WITH moved AS (
  UPDATE ${adminOperations} o SET ${MOVE_PHASE}, finished_at = now(), failure_reason = 'Nobody agreed to it and started it in time.'
  WHERE o.id = (SELECT x.id FROM ${adminOperations} x WHERE x.phase IN ('awaiting_approval', 'approved') AND x.approve_by <= now()
    LIMIT 1 FOR UPDATE SKIP LOCKED) AND ${mayMove} RETURNING o.*
), recorded AS (${recordOf(sql`'failure'`)})
SELECT ${ENDED} FROM moved o`);

/** It waits for its locks and is not forgotten: the sweep need not queue it again. */
export const noteWaiting = statement<{ operationId: string }, { id: string }>(sql`
UPDATE ${adminOperations} o SET progress_at = now() WHERE o.id = ${p('operationId')}::uuid
  AND o.phase IN ('queued', 'running', 'cancelling', 'undoing') RETURNING o.id`);

/** Keeps why a run broke off, for whoever waits. */
export const noteOperationError = statement<{ operationId: string; error: string }, { id: string }>(sql`
UPDATE ${adminOperations} o SET last_error = ${p('error')} WHERE o.id = ${p('operationId')}::uuid
  AND o.phase IN ('queued', 'running', 'cancelling', 'undoing') RETURNING o.id`);

/** Operations nobody has moved for a whole lease: their message or their consumer was lost. */
export const stuckOperations = statement<{ leaseMs: number }, { id: string }>(sql`
SELECT o.id FROM ${adminOperations} o WHERE o.phase IN ('queued', 'running', 'cancelling', 'undoing')
  AND o.progress_at < now() - ${p('leaseMs')}::float8 * interval '1 millisecond' ORDER BY o.progress_at LIMIT 100`);
