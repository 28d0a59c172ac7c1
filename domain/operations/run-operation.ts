import type { MovedRow } from '../../drizzle/repositories/operation-batches.ts';
import {
  claimOperation,
  noteOperationError,
  noteWaiting,
  workableOperation,
} from '../../drizzle/repositories/operation-runs.ts';
import type { Context } from '../context.ts';
import { causeOf } from '../exports/causes.ts';
import { changeBatch, positionOf, type Run } from './change-batch.ts';
import { endRun, failOperationFor } from './end-operation.ts';
import { takeLocks } from './locks.ts';
import { movesOf } from './phases.ts';
import { doneOf } from './read-operation.ts';
import { restAfter } from './rest.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

/**
 * `waiting`: another operation holds what this one needs. `superseded`: another run goes on with it, or nobody may: it is paused, has
 * ended, or its time is not yet.
 */
export type RunResult = 'finished' | 'more' | 'waiting' | 'superseded';

// An invocation may make 10,000 (wrangler.toml); each guard that knows something is told twice.
const MOST_CALLS = 9_000;
const CALLS_OF_A_BATCH = 110;

/** A run broke off. What it had committed stays, so a next run starts further on. */
export class OperationInterrupted extends Error {
  override name = 'OperationInterrupted';
  readonly itemsDone: number;

  constructor(cause: unknown, itemsDone: number) {
    super('the operation was interrupted', { cause });
    this.itemsDone = itemsDone;
  }
}

/**
 * Takes an operation further, batch by batch, for a bounded time.
 *
 * A batch's changes, outcomes, audit records and the operation's new position are one statement, which does nothing unless this
 * run still holds every lock: so a batch that is said twice, by two runs or by one that has lost its lock, counts once.
 * @throws OperationInterrupted
 */
export async function runOperation(ctx: Context, operationId: string): Promise<RunResult> {
  const moves = movesOf('claim');
  const [wanted] = await ctx.db.api.run(workableOperation, { operationId, moves });
  if (!wanted) return 'superseded';
  const held = wanted.waits ? null : await takeLocks(ctx, operationId, wanted.locks);
  if (!held) return waiting(ctx, operationId);
  let items = 0;
  try {
    const hold = { operationId, locks: wanted.locks, tokens: held.tokens };
    const [row] = await ctx.db.api.run(claimOperation, { ...hold, moves });
    if (!row) {
      const [still] = await ctx.db.api.run(workableOperation, { operationId, moves });
      return still?.waits ? await waiting(ctx, operationId) : 'superseded';
    }
    if (row.refused !== null) {
      await failOperationFor(ctx, operationId, row.refused);
      return 'finished';
    }
    if (row.phase === 'cancelled') return endRun(ctx, row);
    const run = { row, hold, held, type: OPERATION_TYPES[row.type as OperationTypeName], sinceLast: stopwatch(ctx) };
    return await batches(ctx, run, (n) => {
      items += n;
    });
  } catch (error) {
    await ctx.db.api
      .run(noteOperationError, { operationId, error: causeOf(error) })
      .catch((failure) => ctx.log.error('why an operation broke off could not be kept', { error: failure }));
    throw new OperationInterrupted(error, items);
  } finally {
    await held.release();
  }
}

async function waiting(ctx: Context, operationId: string): Promise<'waiting'> {
  await ctx.db.api.run(noteWaiting, { operationId });
  return 'waiting';
}

function stopwatch(ctx: Pick<Context, 'now'>): () => number {
  let last = ctx.now();
  return () => {
    const elapsed = ctx.now() - last;
    last += elapsed;
    return elapsed;
  };
}

/**
 * Whether a run rests among targets of a kind. Not where others wait for them; not where something outside of Postgres is what takes the
 * time, or where an undo only writes down that things stay as they are.
 */
function isRestful({ type, row }: Run, kind: string): boolean {
  if (row.phase === 'undoing') return type.undo[kind] === true;
  return type.each?.[kind] === undefined && !type.prompt?.some((one) => one === kind);
}

const rest = (ms: number) => (ms > 0 ? new Promise<void>((resolve) => setTimeout(resolve, ms)) : undefined);

async function batches(ctx: Context, run: Run, count: (items: number) => void): Promise<RunResult> {
  const end = ctx.now() + ctx.settings.operationRunMs;
  let at: MovedRow = run.row;
  let calls = 0;
  let limit = ctx.settings.operationBatch;
  while (at.kind !== null) {
    calls += 2 * at.known.length + CALLS_OF_A_BATCH;
    if (ctx.now() >= end || calls > MOST_CALLS) return 'more';
    const began = ctx.now();
    const { kind } = at;
    const { moved, failed } = await changeBatch(ctx, run, at, limit);
    if (failed) {
      // Halved until the one item is found that cannot be done.
      limit = Math.max(1, Math.floor(limit / 2));
      continue;
    }
    if (!moved) return 'superseded';
    count(Math.abs(positionOf(run, moved) - positionOf(run, at)));
    limit = Math.min(ctx.settings.operationBatch, limit * 2);
    at = moved;
    ctx.operationRuns.progress(run.row.id, {
      phase: run.row.phase,
      status: 'running',
      itemsDone: run.row.phase === 'undoing' ? at.items_total - at.undo_seq : doneOf({ ...run.row, ...at }),
      itemsTotal: at.items_total,
      itemsFailed: at.items_failed,
      itemsSkipped: at.items_skipped,
      activeMs: at.active_ms,
      failureReason: null,
    });
    if (at.kind !== null && isRestful(run, kind)) await rest(restAfter(ctx.now() - began, ctx.settings));
    await run.held.holdOn();
  }
  return endRun(ctx, { ...run.row, ...at });
}
