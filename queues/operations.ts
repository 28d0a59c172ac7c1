import type { Context } from '../domain/context.ts';
import { LockLost } from '../domain/operations/locks.ts';
import { OperationInterrupted, runOperation } from '../domain/operations/run-operation.ts';
import { type OperationMessage, runOperationMessage } from './messages.ts';
import { ack, backoff, type Outcome, retry } from './outcome.ts';

const PAUSE_SECONDS = 1;

/** Takes one operation further; what is left goes into a message of its own, so that operations take turns. */
export async function consumeOperation(ctx: Context, message: OperationMessage, attempts: number): Promise<Outcome> {
  const { operationId } = message;
  const again = async (delaySeconds: number): Promise<Outcome> => {
    await ctx.queues.operations.send(runOperationMessage(operationId, ctx.origin.traceparent), { delaySeconds });
    return ack;
  };
  try {
    const result = await runOperation(ctx, operationId);
    ctx.meter.count('steward_operation_runs_total', { result });
    if (result === 'more') return await again(0);
    if (result === 'waiting') return await again(PAUSE_SECONDS);
    return ack;
  } catch (error) {
    ctx.meter.count('steward_operation_runs_total', { result: 'interrupted' });
    const { cause, itemsDone } = error instanceof OperationInterrupted ? error : { cause: error, itemsDone: 0 };
    ctx.log.error('operation interrupted', { error, operationId, attempts });
    // Retries count failures without progress: a long operation over a shaky line must not use them up.
    if (itemsDone > 0 || cause instanceof LockLost) return await again(PAUSE_SECONDS);
    return retry(backoff(attempts, Math.random()), cause instanceof Error ? cause.name : 'unknown');
  }
}
