import {
  countExpired,
  materializeTtl,
  REMOVED_BY_MERGES,
  type RetainedTable,
} from '../../clickhouse/queries/enforce-retention.ts';
import { pendingHolds } from '../../drizzle/repositories/audit-holds.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { applyHolds } from './apply-holds.ts';

/** Rows that arrived past their time while it was at work get this one chance more. */
const ROUNDS = 2;

/**
 * Has ClickHouse apply a table's TTL now: nothing goes that would not go by itself. May be repeated and broken off anywhere.
 * @returns how many rows were past their retention at its beginning, and how many of that time are there afterwards
 * @throws DomainError conflict while holds on records of the table are on their way into it
 */
export async function enforceRetention(ctx: Context, table: RetainedTable): Promise<{ before: number; after: number }> {
  const { reader, keeper } = ctx.clickhouse;
  if (table === 'admin_audit_logs' && !(await holdsApplied(ctx)))
    throw new DomainError('conflict', 'Legal holds are being applied or released; try again when they are.');
  const { rows: before, at } = await countExpired(reader, table);
  let after = before;
  for (let round = 0; after > 0 && round < ROUNDS; round++) {
    const isDone = await materializeTtl(keeper, table).then(
      () => true,
      (error) => {
        // Longer than the line lasts, or refused: what is there afterwards tells.
        ctx.log.error('a TTL was not applied within its time', { error, table });
        return false;
      },
    );
    after = (await countExpired(reader, table, at)).rows;
    if (!isDone || table === REMOVED_BY_MERGES) break;
  }
  return { before, after };
}

/** Of a hold that is accepted but not applied ClickHouse knows nothing yet. */
async function holdsApplied(ctx: Context): Promise<boolean> {
  const pending = await ctx.db.drainer.run(pendingHolds, {});
  return pending.length === 0 || (await applyHolds(ctx)) === 'done';
}
