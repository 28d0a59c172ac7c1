import {
  COPIES,
  eraseCopies,
  eraseNames,
  failedSteps,
  removeSent,
  unsentOf,
} from '../../drizzle/repositories/subject-erasure.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Erasure } from './erase-account.ts';
import { assertNoLetters } from './letters.ts';
import { settleRecords } from './settle.ts';
import { soughtBy } from './sought.ts';

const STEPS_FIRST = 'Another step has to be done first; retry what failed. Until then the names are kept to look for.';

/**
 * What other rows of Postgres say of the person: plans and labels, reasons, notes, records that were sent. Then there is nothing to look
 * for any more.
 * @throws DomainError conflict when another step has to be done first
 */
export async function erasePersonCopies(ctx: Context, { operationId, personId }: Erasure) {
  const { names } = await soughtBy(ctx, { operationId });
  const [unfinished] = await ctx.db.api.run(failedSteps, { operationId });
  if (unfinished) throw new DomainError('conflict', STEPS_FIRST);
  const left = await assertNoLetters(ctx, personId, names);
  await settleRecords(ctx);
  const rows: Record<string, number> = {};
  for (const store of COPIES) {
    const [changed] = await ctx.db.api.run(eraseCopies, { operationId, store });
    if (changed && changed.rows > 0) rows[store] = changed.rows;
  }
  const [unsent] = await ctx.db.drainer.run(unsentOf, { names });
  if (unsent && unsent.rows > 0)
    throw new DomainError(
      'conflict',
      `${unsent.rows} records that name the person arrived meanwhile; run another erasure.`,
    );
  const sent = await ctx.db.drainer.run(removeSent, { personId, names });
  const [gone] = await ctx.db.api.run(eraseNames, { operationId });
  if (!gone?.done) throw new DomainError('conflict', STEPS_FIRST);
  return { rows, sentRecords: sent.length, holdsNaming: left.holds };
}
