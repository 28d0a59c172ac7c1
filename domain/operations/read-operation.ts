import {
  listItems as listItemRows,
  listOperations as listRows,
  type OperationItem,
  type OperationRow,
  readOperation as readRow,
} from '../../drizzle/repositories/operation-reads.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { decodeCursor, encodeCursor, type Page, type PageQuery } from '../resources/read.ts';
import type { Phase } from './phases.ts';
import { warningsOf } from './plan-operation.ts';
import { type OperationSnapshot, progressOf } from './progress.ts';
import type { OperationStatus, OperationView, PlanView, Risk } from './schema.ts';
import type { Counts, OperationType } from './types/declare.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

/** @throws NotFound, Unauthenticated */
export async function readOperation(ctx: CallerContext, operationId: string): Promise<OperationView> {
  const [row] = await ctx.db.api.run(readRow, {
    ...callerInput(ctx, 'operation.read'),
    operationId: operationId.toLowerCase(),
  });
  const allowed = assertAllowed(ctx, row);
  if (!allowed.id) throw new NotFound();
  return viewOf(allowed);
}

export interface OperationsQuery extends PageQuery {
  type?: OperationTypeName | undefined;
  status?: OperationStatus | undefined;
  phase?: Phase | undefined;
  actorId?: string | undefined;
  scheduleId?: string | undefined;
  forMe?: 'true' | undefined;
  toReview?: 'true' | undefined;
}

/** Newest first. @throws Malformed, Unauthenticated */
export async function listOperations(ctx: CallerContext, query: OperationsQuery): Promise<Page<OperationView>> {
  const { limit, cursor, type = null, status = null, phase = null, actorId = null, scheduleId = null } = query;
  const after = cursor === undefined ? null : (JSON.parse(decodeCursor(cursor, ['uuid'])) as [string])[0];
  const rows = await ctx.db.api.run(listRows, {
    ...callerInput(ctx, 'operation.list'),
    ...{ limit, type, status, phase, actorId, scheduleId, after },
    forMe: query.forMe === 'true',
    toReview: query.toReview === 'true',
  });
  const found = rows.filter((row) => assertAllowed(ctx, row).id !== null);
  const page = found.slice(0, limit);
  const last = page.at(-1)?.id;
  return { items: page.map(viewOf), nextCursor: found.length > limit && last ? encodeCursor([last]) : null };
}

export interface ItemsQuery extends PageQuery {
  outcome?: OperationItem['outcome'] | undefined;
  undoOutcome?: NonNullable<OperationItem['undoOutcome']> | undefined;
}

/** Every target in the order of the plan, with what became of it. @throws NotFound, Malformed, Unauthenticated */
export async function listItems(
  ctx: CallerContext,
  operationId: string,
  { limit, cursor, outcome, undoOutcome }: ItemsQuery,
): Promise<Page<OperationItem>> {
  const after = cursor === undefined ? 0 : Number((JSON.parse(decodeCursor(cursor, ['int'])) as [string])[0]);
  const [row] = await ctx.db.api.run(listItemRows, {
    ...callerInput(ctx, 'operation.read'),
    ...{
      operationId: operationId.toLowerCase(),
      after,
      limit,
      outcome: outcome ?? null,
      undoOutcome: undoOutcome ?? null,
    },
  });
  const { found, items } = assertAllowed(ctx, row);
  if (!found) throw new NotFound();
  const next = items[limit];
  return { items: items.slice(0, limit), nextCursor: next ? encodeCursor([String(next.seq)]) : null };
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

export function viewOf(row: OperationRow): OperationView {
  const { approvals } = row;
  const { itemsDone, itemsTotal, itemsFailed, itemsSkipped, activeMs } = snapshotOfRow(row);
  const phase = row.phase as Phase;
  return {
    id: row.id ?? '',
    type: row.type,
    risk: row.risk as Risk,
    actorAdminId: row.actor_admin_id,
    targetType: row.target_type,
    targetId: row.target_id,
    parameters: row.parameters,
    reason: row.reason,
    status: row.status,
    phase,
    createdAt: row.created_at.toISOString(),
    startedAt: iso(row.started_at),
    finishedAt: iso(row.finished_at),
    plan: {
      hash: row.plan_hash,
      itemsTotal: row.items_total,
      ...plannedOf(row),
    },
    approval: {
      needed: row.approvals_needed,
      roles: row.approver_roles,
      expiresAt: iso(row.approve_by),
      decisions: approvals,
    },
    startedBy: row.started_by,
    breakGlass: row.break_glass_by ? { reviewedBy: row.reviewed_by, reviewedAt: iso(row.reviewed_at) } : null,
    itemsDone,
    itemsFailed,
    itemsSkipped,
    itemsUndone: row.items_undone,
    activeMs,
    progress: progressOf({ phase, itemsDone, itemsTotal, activeMs }),
    heldBy: row.held_by,
    lastError: row.last_error,
    failureReason: row.failure_reason,
    scheduleId: row.schedule_id,
  };
}

/** As it was when it was accepted: what whoever asked is answered, however often. @param start whether a routine one starts at once */
export function acceptedView(row: OperationRow, start: boolean): OperationView {
  const phase = row.approvals_needed > 0 ? 'awaiting_approval' : start ? 'queued' : 'planned';
  return viewOf({
    ...row,
    ...{
      phase,
      status: 'pending',
      started_at: null,
      finished_at: null,
      started_by: phase === 'queued' ? row.actor_admin_id : null,
    },
    ...{ items_done: 0, items_failed: 0, items_skipped: 0, items_undone: 0, undo_seq: 0, active_ms: 0 },
    ...{ break_glass_by: null, approvals: [], held_by: [], last_error: null, failure_reason: null },
  });
}

/** Of a type that is there no longer only what was stored is known. */
function plannedOf({ type, plan, parameters }: OperationRow): Omit<PlanView, 'hash' | 'itemsTotal'> {
  const declared: OperationType | undefined = OPERATION_TYPES[type as OperationTypeName];
  const counts = {
    kinds: {},
    flags: {},
    duplicates: 0,
    sample: [],
    ...(plan as Partial<Counts & Pick<PlanView, 'sample'>>),
  };
  return {
    kinds: counts.kinds ?? {},
    sample: counts.sample,
    // Parameters of a type that has changed since tell nothing any more.
    warnings: declared?.parameters.safeParse(parameters).success ? warningsOf(declared, counts, parameters) : [],
    undo: declared?.undo ?? {},
  };
}

type Counted = Pick<
  OperationRow,
  | 'phase'
  | 'items_total'
  | 'round'
  | 'next_seq'
  | 'items_done'
  | 'items_failed'
  | 'items_skipped'
  | 'undo_seq'
  | 'active_ms'
  | 'failure_reason'
>;

/** In a further round every target is looked at again. */
export const doneOf = (row: { phase: string; round: number; next_seq: number; items_done: number }): number =>
  row.phase === 'running' && row.round > 0 ? row.next_seq : row.items_done;

const UNDO = new Set(['undoing', 'undone']);

/** Of an undo the counts are its own. */
function snapshotOfRow(row: Counted): Omit<OperationSnapshot, 'status'> {
  const isUndo = UNDO.has(row.phase);
  return {
    phase: row.phase as Phase,
    itemsDone: isUndo ? row.items_total - row.undo_seq : doneOf(row),
    itemsTotal: row.items_total,
    itemsFailed: row.items_failed,
    itemsSkipped: row.items_skipped,
    activeMs: row.active_ms,
    failureReason: row.failure_reason,
  };
}

/** What followers of an operation are told. */
export function snapshotOf(view: OperationView): OperationSnapshot {
  const { phase, status, itemsDone, itemsFailed, itemsSkipped, activeMs, failureReason, plan } = view;
  return { phase, status, itemsDone, itemsTotal: plan.itemsTotal, itemsFailed, itemsSkipped, activeMs, failureReason };
}
