import { type ActivityTable, countActivity, removeActivity } from '../../clickhouse/queries/erase-subject.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Erasure } from './erase-account.ts';
import { assertNoLetters } from './letters.ts';
import { settleEvents, settleRecords } from './settle.ts';
import { soughtBy } from './sought.ts';

/** Removes what one table of ClickHouse has of what the person did. @throws DomainError conflict when it has to be tried again */
export async function erasePersonActivity(ctx: Context, of: Erasure, table: ActivityTable): Promise<number> {
  const { personId } = of;
  const { names, since } = await soughtBy(ctx, of);
  await assertNoLetters(ctx, personId, names);
  await settleEvents(ctx, since);
  // What happened in sessions is derived from audit records, too.
  if (table === 'admin_sessions') await settleRecords(ctx);
  const { reader, keeper } = ctx.clickhouse;
  const before = await countActivity(reader, table, personId);
  if (before === 0) return 0;
  await removeActivity(keeper, table, personId).catch((error) => {
    // Longer than the line lasts, or refused: what is there afterwards tells.
    ctx.log.error('rows of a person were not removed within their time', { error, table });
  });
  const left = await countActivity(reader, table, personId);
  if (left > 0)
    throw new DomainError(
      'conflict',
      `${left} of ${before} rows are still there: ClickHouse is at work on them; retry it.`,
    );
  return before;
}
