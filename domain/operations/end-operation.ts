import {
  completeOperation,
  completeUndo,
  type EndedRow,
  expireOneOperation,
  failOperation,
  type RunRow,
  stuckOperations,
} from '../../drizzle/repositories/operation-runs.ts';
import { DRAIN, runOperationMessage } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { notifyOf } from './notify-operation.ts';
import { movesOf, type Phase, STATUS_OF } from './phases.ts';

const MOST_ENDED = 50;

/** Every target has had its turn, or none will have it any more. */
export async function endRun(ctx: Context, row: RunRow): Promise<'finished'> {
  if (row.phase === 'cancelled') {
    // Who cancelled it has its record; those who follow wait for this.
    tell(ctx, row);
    return 'finished';
  }
  const event = { ...newEvent(ctx, 'operation.complete'), operationId: row.id };
  const isFailed = row.items_failed > 0;
  const happening = isFailed ? 'complete_with_failures' : 'complete';
  const [ended] =
    row.phase === 'undoing'
      ? await ctx.db.api.run(completeUndo, { ...event, moves: movesOf('complete_undo') })
      : await ctx.db.api.run(completeOperation, { ...event, moves: movesOf(happening), isFailed });
  if (ended) tell(ctx, ended);
  return 'finished';
}

/** Ends an operation that cannot go on. `%s` in the reason stands for what broke off the last run. */
export async function failOperationFor(ctx: Context, operationId: string, reason: string): Promise<void> {
  const event = newEvent(ctx, 'operation.fail');
  const [failed] = await ctx.db.api.run(failOperation, { ...event, operationId, reason, moves: movesOf('fail') });
  if (failed) tell(ctx, failed);
}

/** Queues every operation whose message or consumer was lost: the row is the record of work, the queue only a messenger. */
export async function requeueStuckOperations(ctx: Context): Promise<number> {
  const stuck = await ctx.db.api.run(stuckOperations, { leaseMs: ctx.settings.operationLeaseMs });
  if (stuck.length > 0)
    await ctx.queues.operations.sendBatch(
      stuck.map(({ id }) => ({ body: runOperationMessage(id, ctx.origin.traceparent) })),
    );
  return stuck.length;
}

/** Ends the plans nobody agreed to, or started, in time; each with its audit record. */
export async function expireOperations(ctx: Context): Promise<number> {
  for (let count = 0; count < MOST_ENDED; count++) {
    const event = newEvent(ctx, 'operation.expire');
    const [expired] = await ctx.db.api.run(expireOneOperation, { ...event, moves: movesOf('expire') });
    if (!expired) return count;
    tell(ctx, expired);
  }
  return MOST_ENDED;
}

/** Tells whoever waits that an operation has ended. */
function tell(ctx: Context, row: EndedRow): void {
  const phase = row.phase as Phase;
  const isWell = STATUS_OF[phase] === 'completed';
  ctx.meter.count('steward_operations_ended_total', { outcome: isWell ? 'completed' : 'failed' });
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  ctx.later(notifyOf(ctx, isWell ? 'operation.finished' : 'operation.failed', row));
  ctx.operationRuns.report(row.id, {
    phase,
    status: STATUS_OF[phase],
    itemsDone: phase === 'undone' ? row.items_total : row.items_done,
    itemsTotal: row.items_total,
    itemsFailed: row.items_failed,
    itemsSkipped: row.items_skipped,
    activeMs: row.active_ms,
    failureReason: row.failure_reason,
  });
}
