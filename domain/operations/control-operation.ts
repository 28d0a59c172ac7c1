import { call, type Statement } from '../../drizzle/client.ts';
import * as rows from '../../drizzle/repositories/operation-controls.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { Action } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, Invalid, NotFound } from '../errors.ts';
import { hashOf, keptKey } from '../resources/idempotency.ts';
import { notifyOf } from './notify-operation.ts';
import { movesOf, PHASES, type Phase, STATUS_OF, verbsAt } from './phases.ts';
import { snapshotOf, viewOf } from './read-operation.ts';
import { started, takeUp } from './request-operation.ts';
import type { OperationView } from './schema.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

export interface ControlOptions {
  reason: string;
  idempotencyKey: string | null;
}

/** Types that put anything back. */
const UNDOABLE = (Object.keys(OPERATION_TYPES) as OperationTypeName[]).filter((name) =>
  Object.values<true | string>(OPERATION_TYPES[name].undo).includes(true),
);

type Change = Statement<rows.ControlInput, rows.ControlledRow>;

interface Asked extends ControlOptions {
  action: Action;
  change: Change;
  moves: string;
  /** Of the Idempotency-Key, where it is not the action's. */
  route?: Action;
  /** Of the plan the caller has read. */
  planHash?: string;
}

const refused = (row: rows.ControlledRow, verb: string): DomainError => {
  switch (row.outcome) {
    case 'lacks':
    case 'lacks_type':
      return new DomainError('forbidden', `This needs the permission ${row.missing} for all the operation is about.`);
    case 'not_approver':
      return new DomainError(
        'forbidden',
        `This plan needs the word of one of these roles: ${row.approver_roles.join(', ')}.`,
      );
    case 'not_owner':
      return new DomainError('forbidden', 'Only an owner may do this.');
    case 'own_plan':
      return new DomainError('own_plan', 'You asked for this operation; another admin decides about its plan.');
    case 'own_start':
      return new DomainError('own_plan', 'You asked for it or started it; another owner reviews it.');
    case 'other_plan':
      return new DomainError(
        'other_plan',
        'planHash is not the hash of this plan. Read the plan again before you agree to it.',
      );
    case 'drifted':
      return new DomainError(
        'plan_drifted',
        `${row.drifted} of its targets have changed since the plan was made. Cancel it and ask for a new one.`,
      );
    case 'unapproved':
      return new DomainError('not_approved', 'Too few of those who agreed may still agree. Ask for another plan.');
    case 'late':
      return new DomainError('conflict', 'Its time to be agreed to and started is over. Ask for a new plan.');
    case 'twice':
      return new DomainError('conflict', 'You have decided about this plan already.');
    case 'irreversible':
      return new DomainError('conflict', 'Nothing of what this operation did can be put back; its plan says why.');
    case 'nothing':
      return new DomainError('conflict', 'There is nothing left to put back.');
    case 'undo_begun':
      return new DomainError('conflict', 'Some of it has been put back; ask for a new operation instead.');
    case 'not_flagged':
      return new DomainError('conflict', 'Nothing waits for a review here.');
    case 'busy':
      return new DomainError('conflict', 'A request with this Idempotency-Key is still running; try again.');
    default:
      return new DomainError('conflict', `An operation that is ${row.phase} cannot be ${verb}. ${waysOut(row.phase)}`);
  }
};

const waysOut = (phase: string): string => {
  const verbs = verbsAt(phase as Phase);
  return verbs.length > 0
    ? `Its phase allows: ${verbs.join(', ')}.`
    : 'Its phase allows nothing: wait for its end, or ask for a new one.';
};

/** @throws NotFound, Unauthenticated, DomainError forbidden | conflict | plan_drifted | … as the table in `refused` */
async function control(ctx: CallerContext, writtenId: string, verb: string, asked: Asked) {
  // As Postgres spells it: records are found by it.
  const operationId = writtenId.toLowerCase();
  const requestHash = await hashOf(JSON.stringify([operationId, asked.action, asked.reason, asked.planHash ?? null]));
  const input = {
    ...callerInput(ctx, asked.action, asked.reason),
    planHash: asked.planHash ?? null,
    undoable: UNDOABLE,
    operationId,
    moves: asked.moves,
    // As the path is: a start is the same request whether it breaks the glass or not.
    route: `${asked.route ?? asked.action} ${operationId}`,
    idempotencyKey: await keptKey(asked.idempotencyKey),
    requestHash,
  };
  const calls = [call(rows.lockOperation, { operationId }), call(asked.change, input)];
  const [row] = (await ctx.db.api.batch(calls)).at(-1) as rows.ControlledRow[];
  const allowed = assertAllowed(ctx, row);
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (!allowed.id) throw new NotFound();
  if (allowed.outcome === 'prior') {
    if (allowed.prior_hash === requestHash) return { row: allowed, view: viewOf(allowed), isNew: false };
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; choose a new one.',
    );
  }
  if (allowed.outcome !== 'changed') throw refused(allowed, verb);
  const view = viewOf(allowed);
  ctx.operationRuns.report(view.id, snapshotOf(view));
  return { row: allowed, view, isNew: true };
}

async function goOn(ctx: CallerContext, operationId: string, verb: string, asked: Asked): Promise<OperationView> {
  const { view, isNew } = await control(ctx, operationId, verb, asked);
  if (isNew) takeUp(ctx, view.id);
  return view;
}

/**
 * Agrees to the plan with this hash: never the requester, and only while its targets are as they were planned.
 * @throws DomainError own_plan | other_plan | plan_drifted | forbidden | conflict
 */
export async function approveOperation(
  ctx: CallerContext,
  operationId: string,
  o: ControlOptions & { planHash: string },
): Promise<OperationView> {
  const moves = `{"approve":${movesOf('approve')},"agree":${movesOf('agree')}}`;
  const asked = { ...o, action: 'operation.approve', change: rows.approveOperation as Change, moves } as const;
  return (await control(ctx, operationId, 'approved', asked)).view;
}

export const rejectOperation = async (ctx: CallerContext, operationId: string, o: ControlOptions) =>
  (
    await control(ctx, operationId, 'rejected', {
      ...o,
      action: 'operation.reject',
      change: rows.rejectOperation,
      moves: movesOf('reject'),
    })
  ).view;

/**
 * @param breakGlass without the others' word: an owner's, with a reason; all owners are told, and one reviews it
 * @throws DomainError plan_drifted | not_approved | forbidden | conflict, Invalid
 */
export async function startOperation(
  ctx: CallerContext,
  operationId: string,
  { breakGlass, ...o }: ControlOptions & { breakGlass: boolean },
): Promise<OperationView> {
  if (breakGlass && o.reason.trim() === '')
    throw new Invalid('Whoever breaks the glass says why, in the header Audit-Reason.', [
      { field: 'audit-reason', reason: 'must not be empty' },
    ]);
  const asked: Asked = breakGlass
    ? {
        ...o,
        action: 'operation.break-glass',
        route: 'operation.start',
        change: rows.breakGlass,
        moves: movesOf('break_glass'),
      }
    : { ...o, action: 'operation.start', change: rows.startOperation, moves: movesOf('start') };
  const { row, view, isNew } = await control(ctx, operationId, 'started', asked);
  if (isNew) started(ctx, row);
  if (isNew && breakGlass) ctx.later(tellOwners(ctx, row));
  return view;
}

async function tellOwners(ctx: CallerContext, row: rows.ControlledRow): Promise<void> {
  const owners = await ctx.db.api.run(rows.activeOwners, {});
  await notifyOf(
    ctx,
    'operation.break_glass',
    row,
    owners.map(({ id }) => id),
  );
}

export const pauseOperation = async (ctx: CallerContext, operationId: string, o: ControlOptions) =>
  (
    await control(ctx, operationId, 'paused', {
      ...o,
      action: 'operation.pause',
      change: rows.pauseOperation,
      moves: movesOf('pause'),
    })
  ).view;

export const resumeOperation = (ctx: CallerContext, operationId: string, o: ControlOptions) =>
  goOn(ctx, operationId, 'resumed', {
    ...o,
    action: 'operation.resume',
    change: rows.resumeOperation,
    moves: movesOf('resume'),
  });

/** What a run has in hand it finishes; nothing comes after it. */
export const cancelOperation = (ctx: CallerContext, operationId: string, o: ControlOptions) =>
  goOn(ctx, operationId, 'cancelled', {
    ...o,
    action: 'operation.cancel',
    change: rows.cancelOperation,
    moves: movesOf('cancel'),
  });

/** Puts back what succeeded and has not changed since. @throws DomainError conflict for a type that has nothing to put back */
export async function undoOperation(
  ctx: CallerContext,
  operationId: string,
  o: ControlOptions,
): Promise<OperationView> {
  return goOn(ctx, operationId, 'undone', {
    ...o,
    action: 'operation.undo',
    change: rows.undoOperation,
    moves: movesOf('undo'),
  });
}

export const retryFailed = (ctx: CallerContext, operationId: string, o: ControlOptions) =>
  goOn(ctx, operationId, 'tried again', {
    ...o,
    action: 'operation.retry-failed',
    change: rows.retryFailed,
    moves: movesOf('retry_failed'),
  });

/** Takes the flag from what was started without the others' word: another owner has looked at it. */
export async function reviewOperation(
  ctx: CallerContext,
  operationId: string,
  o: ControlOptions,
): Promise<OperationView> {
  const stays = Object.fromEntries(PHASES.map((phase) => [phase, { phase, status: STATUS_OF[phase] }]));
  const asked = {
    ...o,
    action: 'operation.review',
    change: rows.reviewOperation,
    moves: JSON.stringify(stays),
  } as const;
  return (await control(ctx, operationId, 'reviewed', asked)).view;
}
