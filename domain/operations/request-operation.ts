import {
  insertOperation,
  type NewOperationRow,
  type Planned,
  planning,
} from '../../drizzle/repositories/operation-plans.ts';
import { DRAIN, runOperationMessage } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext, Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { hashOf, keptKey } from '../resources/idempotency.ts';
import { notifyOf } from './notify-operation.ts';
import { type Asked, askedOf, assertSound, nothingToDo, planInput } from './plan-operation.ts';
import { acceptedView } from './read-operation.ts';
import type { OperationView } from './schema.ts';
import type { OperationType } from './types/declare.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

const ROUTE = 'POST /v1/admin/operations';
const DAY_SECONDS = 86_400;

export interface OperationRequest {
  type: OperationTypeName;
  target: unknown;
  parameters: unknown;
  reason: string;
  /** False: a routine operation waits for its start too. */
  start: boolean;
}

/**
 * Freezes a plan and accepts the operation. A routine one is on its way at once; others wait for the word of another admin.
 * Plan, operation and audit record commit together, then the queue is told; if telling fails, the sweep does it.
 * @param idempotencyKey the same key with the same request gives the same operation again for 24 hours
 * @throws NotFound, Unauthenticated, Invalid, Unavailable, DomainError forbidden | conflict | idempotency_key_reused | would_lock_out
 */
export async function requestOperation(
  ctx: CallerContext,
  request: OperationRequest,
  idempotencyKey: string | null,
): Promise<OperationView> {
  const asked = askedOf(request);
  const { reason, start } = request;
  const same = JSON.stringify([asked.type, asked.target, asked.parameters, reason, start]);
  const made = await requestAsked(ctx, asked, { reason, start, idempotencyKey, route: ROUTE, same, schedule: null });
  if (!made) throw new Error('an operation asks for a schedule that nobody named');
  return acceptedView(made, start);
}

export interface Asking {
  reason: string;
  start: boolean;
  idempotencyKey: string | null;
  route: string;
  /** What makes two requests with one key the same. */
  same: string;
  /** Beside whose times it is made, as it was read. */
  schedule: { id: string; version: number } | null;
}

/** @returns null when the schedule is not there as it was read @throws as requestOperation */
export async function requestAsked(ctx: CallerContext, asked: Asked, o: Asking): Promise<NewOperationRow | null> {
  const requestHash = await hashOf(o.same);
  const input = {
    ...callerInput(ctx, 'operation.request', o.reason, [asked.declared.permission]),
    ...planInput(asked, ctx.newId(), {
      at: new Date(ctx.now()).toISOString(),
      reason: ctx.redact.text(o.reason),
    }),
    ...termsOf(ctx, asked, { start: o.start, scheduleId: o.schedule?.id ?? null }),
    scheduleVersion: o.schedule?.version ?? null,
    route: o.route,
    idempotencyKey: await keptKey(o.idempotencyKey),
    requestHash,
  };
  const statement = insertOperation[asked.draft.selection];
  let row = await planning(ctx.db.api, statement, input);
  // A request with the same key committed while this one waited for it: now its row can be seen.
  if (row?.verdict === 'ok' && row.id === null && row.prior_id === null && input.idempotencyKey !== null)
    row = await planning(ctx.db.api, statement, input);
  const allowed = assertAllowed(ctx, row);
  if (allowed.prior_hash !== null && allowed.prior_hash !== requestHash)
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; choose a new one.',
    );
  if (allowed.id === null && o.schedule && !allowed.schedule_found) return null;
  if (allowed.id === null) throw refusalOf(asked, allowed);
  if (allowed.prior_id === null) sendOff(ctx, allowed);
  return allowed;
}

/** What it needs before it may start. */
export function termsOf(
  { settings }: Pick<Context, 'settings'>,
  { declared, draft, target }: Asked,
  { start, scheduleId }: { start: boolean; scheduleId: string | null },
) {
  const terms = settings.approvals[declared.risk];
  const waits = declared.risk !== 'routine' && terms.quorum > 0;
  return {
    targetType: target.type,
    targetId: draft.targetId,
    risk: declared.risk,
    permission: declared.permission,
    phase: waits ? 'awaiting_approval' : start ? 'queued' : 'planned',
    locks: declared.locks,
    approvalsNeeded: waits ? terms.quorum : 0,
    approverRoles: waits ? terms.roles : [],
    approveSeconds: DAY_SECONDS,
    scheduleId,
  };
}

/** @throws what is wrong with the plan, where something is */
function refusalOf(asked: Asked, planned: Planned): DomainError {
  assertSound(asked, planned);
  if (planned.total === 0) return nothingToDo();
  return new DomainError('conflict', 'A request with this Idempotency-Key is still running; try again.');
}

/** What follows when an operation has been made. */
export function sendOff(ctx: Context, made: Parameters<typeof notifyOf>[2]): void {
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (made.phase === 'queued') started(ctx, made);
  else if (made.phase === 'awaiting_approval') ctx.later(notifyOf(ctx, 'operation.awaiting_approval', made));
}

/** Sends an operation on its way, and tells of it where its type says so. */
export function started(ctx: Context, row: Parameters<typeof notifyOf>[2]): void {
  takeUp(ctx, row.id ?? '');
  const declared: OperationType = OPERATION_TYPES[row.type as OperationTypeName];
  if (declared.announces) ctx.later(notifyOf(ctx, declared.announces, row));
}

/** Sends an operation on its way. */
export function takeUp(ctx: Pick<Context, 'origin' | 'later' | 'queues'>, operationId: string): void {
  ctx.later(ctx.queues.operations.send(runOperationMessage(operationId, ctx.origin.traceparent)));
}
