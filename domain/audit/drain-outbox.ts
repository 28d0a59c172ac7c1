import { type AuditLogRow, insertAuditLogs } from '../../clickhouse/queries/insert-audit-logs.ts';
import { call } from '../../drizzle/client.ts';
import {
  acknowledgeBatches,
  claimBatch,
  type OutboxRow,
  reclaimBatch,
  releaseBatch,
} from '../../drizzle/repositories/audit-outbox.ts';
import type { Context } from '../context.ts';

const BATCH_ROWS = 1000;
const MAX_ROUNDS = 50;
const RETRY_SECONDS = 2;

/**
 * Moves unsent audit records to ClickHouse.
 *
 * A batch is bound to its rows in Postgres before it is sent and carries its id as deduplication token: sent twice, it lands
 * once. It is marked sent only after ClickHouse confirmed it. Acknowledge and claim are two statements of one transaction:
 * merged into one statement they deadlock.
 * @returns whether records may be left
 * @throws the first failure, after every other batch had its turn
 */
export async function drainOutbox(
  ctx: Pick<Context, 'db' | 'clickhouse' | 'newId' | 'log'>,
): Promise<{ more: boolean }> {
  let confirmed: string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const [, again, fresh] = (await ctx.db.drainer.batch([
      call(acknowledgeBatches, { batchIds: confirmed }),
      call(reclaimBatch, {}),
      call(claimBatch, { batchId: ctx.newId(), limit: BATCH_ROWS }),
    ])) as OutboxRow[][];
    const batches = [again, fresh].filter((rows) => rows !== undefined && rows.length > 0) as OutboxRow[][];
    if (batches.length === 0) return { more: false };
    confirmed = await sendAll(ctx, batches);
  }
  await ctx.db.drainer.run(acknowledgeBatches, { batchIds: confirmed });
  return { more: true };
}

async function sendAll(ctx: Pick<Context, 'db' | 'clickhouse'>, batches: OutboxRow[][]): Promise<string[]> {
  const confirmed: string[] = [];
  let failure: { error: unknown } | undefined;
  for (const rows of batches) {
    const batchId = (rows[0] as OutboxRow).batch_id;
    try {
      await insertAuditLogs(ctx.clickhouse.writer, batchId, rows.map(toLogRow).sort(byId));
      confirmed.push(batchId);
    } catch (error) {
      failure ??= { error };
      await ctx.db.drainer.run(releaseBatch, { batchId, delaySeconds: RETRY_SECONDS });
    }
  }
  if (failure) {
    if (confirmed.length > 0) await ctx.db.drainer.run(acknowledgeBatches, { batchIds: confirmed });
    throw failure.error;
  }
  return confirmed;
}

const byId = (a: AuditLogRow, b: AuditLogRow) => (a.id < b.id ? -1 : 1);

function toLogRow({ batch_id: _, ...row }: OutboxRow): AuditLogRow {
  return row;
}
