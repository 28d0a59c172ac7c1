import { insertAuditLogs } from '../../clickhouse/queries/insert-audit-logs.ts';
import { call } from '../../drizzle/client.ts';
import {
  acknowledgeBatches,
  type Batch,
  claimBatch,
  type FreshBatch,
  reclaimBatch,
  releaseBatch,
} from '../../drizzle/repositories/audit-outbox.ts';
import type { Context } from '../context.ts';

// ClickHouse takes about as long for one row as for a thousand.
const BATCH_ROWS = 5000;
/** Of a batch as it lies in the outbox. A round may hold two, as Postgres' answer and as an insert, in an isolate's 128 MB. */
const BATCH_BYTES = 4 * 1024 * 1024;
const MAX_ROUNDS = 50;
const RETRY_SECONDS = 2;

/**
 * Moves the audit records to ClickHouse that are unsent when it begins. Who adds one sends a nudge of its own after that: to look
 * again here for what came meanwhile would make many small inserts of them.
 *
 * A batch is bound to its rows in Postgres before it is sent and carries its id as deduplication token: sent twice, it lands
 * once. It is marked sent only after ClickHouse confirmed it. Acknowledge and claim are two statements of one transaction:
 * merged into one statement they deadlock.
 * @returns whether records may be left
 * @throws the first failure, after every other batch had its turn
 */
export async function drainOutbox(
  ctx: Pick<Context, 'db' | 'clickhouse' | 'newId' | 'log' | 'meter'>,
): Promise<{ more: boolean }> {
  let confirmed: string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const [, again = [], fresh = []] = (await ctx.db.drainer.batch([
      call(acknowledgeBatches, { batchIds: confirmed }),
      call(reclaimBatch, {}),
      call(claimBatch, { batchId: ctx.newId(), limit: BATCH_ROWS, bytes: BATCH_BYTES }),
    ])) as [never[], Batch[], FreshBatch[]];
    const batches = [...again, ...fresh];
    if (batches.length === 0) return { more: false };
    confirmed = await sendAll(ctx, batches);
    if (again.length === 0 && !isFull(fresh)) {
      await ctx.db.drainer.run(acknowledgeBatches, { batchIds: confirmed });
      return { more: false };
    }
  }
  await ctx.db.drainer.run(acknowledgeBatches, { batchIds: confirmed });
  return { more: true };
}

/** Whether it took all that it could, so that more may wait. */
const isFull = ([batch]: FreshBatch[]): boolean =>
  batch !== undefined && (batch.seen === BATCH_ROWS || batch.seen > batch.rows);

async function sendAll(
  ctx: Pick<Context, 'db' | 'clickhouse' | 'meter'>,
  batches: readonly Batch[],
): Promise<string[]> {
  const confirmed: string[] = [];
  let failure: { error: unknown } | undefined;
  for (const { batch_id: batchId, lines, rows } of batches) {
    try {
      await insertAuditLogs(ctx.clickhouse.writer, batchId, lines);
      confirmed.push(batchId);
      ctx.meter.count('steward_outbox_sent_total', {}, rows);
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
