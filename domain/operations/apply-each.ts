import {
  type BatchInput,
  type BatchRow,
  keepOutcomes,
  readTargets,
} from '../../drizzle/repositories/operation-batches.ts';
import { ruleOf } from '../audit/actions.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { causeOf } from '../exports/causes.ts';
import type { HeldLocks } from './locks.ts';
import type { Applied, Each, Performed } from './types/declare.ts';

/** Does one target after the other, then keeps what became of them, with their audit records. undefined: it did not count. */
export async function applyEach(
  ctx: Context,
  each: Each,
  input: BatchInput,
  held: Pick<HeldLocks, 'holdOn'>,
  run: Performed,
): Promise<BatchRow | undefined> {
  const targets = await ctx.db.api.run(readTargets, input);
  const outcomes: (Applied & { seq: number })[] = [];
  for (const { seq, target_id: id, args } of targets) {
    await held.holdOn();
    const work = oneOf(ctx, () => each.apply(ctx, { id, args }, run), id);
    outcomes.push({ seq, ...(await holdingOn(held, work)) });
  }
  const [moved] = await ctx.db.api.run(keepOutcomes, {
    ...input,
    outcomes: JSON.stringify(outcomes),
    action: each.action,
    resource: ruleOf(each.action).resource,
    ofServices: each.ofServices ?? false,
  });
  return moved;
}

const LOOK_MS = 100;

/** One target may take longer than the locks' leases last. @throws Error when one was lost */
async function holdingOn<T>(held: Pick<HeldLocks, 'holdOn'>, work: Promise<T>): Promise<T> {
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise<'pause'>((resolve) => {
      timer = setTimeout(resolve, LOOK_MS, 'pause');
    });
    const done = await Promise.race([work.then((value) => ({ value })), pause]);
    clearTimeout(timer);
    if (done !== 'pause') return done.value;
    await held.holdOn();
  }
}

/** One that throws is one failure: the others have their turn all the same. */
async function oneOf(ctx: Context, apply: () => Promise<Applied>, id: string): Promise<Applied> {
  try {
    return await apply();
  } catch (error) {
    ctx.log.error('an item of an operation failed', { error, id });
    return {
      outcome: 'failed',
      error: error instanceof DomainError ? error.message : `It could not be done: ${causeOf(error)}.`,
    };
  }
}
