import { countHeld, countReleased, holdRecords, releaseRecords } from '../../clickhouse/queries/hold-audit-logs.ts';
import {
  finishHold,
  type HoldWork,
  holdWork,
  pendingHolds,
  recountHold,
} from '../../drizzle/repositories/audit-holds.ts';
import { type Mark, settledMark } from '../../drizzle/repositories/settled-mark.ts';
import { APPLY_HOLDS, DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { drainOutbox } from './drain-outbox.ts';

const LOCK = 'audit-holds';
/** Longer than any statement may take, so that a holder's last one has ended before the next holder's first. */
const LEASE_MS = 60_000;

interface Pending {
  id: string;
  version: number;
}

/**
 * Brings ClickHouse to what the holds in Postgres say, one hold after the other and one run at a time. May be repeated and
 * broken off anywhere: a hold is done only when its records were counted afterwards.
 * @returns `waiting` when something is left to do
 */
export async function applyHolds(ctx: Context): Promise<'done' | 'waiting'> {
  const lease = await ctx.locks.acquire(LOCK, ctx.origin.requestId, LEASE_MS);
  if (!lease) return 'waiting';
  try {
    const pending = await ctx.db.drainer.run(pendingHolds, {});
    if (pending.length === 0) return 'done';
    const mark = await markAfterDrain(ctx);
    const stillHolding = () => ctx.locks.renew(LOCK, lease.token, LEASE_MS);
    return await applyEach(ctx, pending, mark, stillHolding);
  } finally {
    await ctx.locks.release(LOCK, lease.token);
  }
}

/**
 * The mark comes after the holds were read: whoever took records without knowing of them took those before it. Sending on here
 * what waits settles most marks at once.
 */
async function markAfterDrain(ctx: Context): Promise<Mark> {
  const [mark] = await ctx.db.drainer.run(settledMark, { cutoff: null, xid: null });
  if (!mark) throw new Error('the database gave no mark');
  await drainOutbox(ctx).catch((error) => ctx.log.error('audit records wait in the outbox', { error }));
  return mark;
}

/** @throws the first failure, after every other hold had its turn */
async function applyEach(ctx: Context, pending: Pending[], mark: Mark, stillHolding: () => Promise<boolean>) {
  let waiting = false;
  let failure: { error: unknown } | undefined;
  for (const hold of pending) {
    if (!(await stillHolding())) return 'waiting';
    try {
      if (!(await applyOne(ctx, hold, mark))) waiting = true;
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure) throw failure.error;
  return waiting ? 'waiting' : 'done';
}

/** False when it has to wait, or has changed meanwhile. */
async function applyOne(ctx: Context, hold: Pending, { cutoff, xid }: Mark): Promise<boolean> {
  const [work] = await ctx.db.drainer.run(holdWork, { holdId: hold.id, version: hold.version, cutoff, xid });
  if (!work) return false;
  if (work.status === 'active') {
    await recount(ctx, hold.id, work);
    return true;
  }
  if (!work.settled) {
    // What is in the table already must not expire while records on their way are waited for.
    if (work.status === 'applying') await holdMissing(ctx, work);
    return false;
  }
  const matchedRows = work.status === 'applying' ? await holdAll(ctx, work) : await release(ctx, work, cutoff);
  const event = newEvent(ctx, 'audit.hold.complete');
  const { id: holdId, version } = hold;
  const [finished] = await ctx.db.api.run(finishHold, { ...event, holdId, version, matchedRows });
  if (!finished) return false;
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  ctx.log.info('legal hold', { holdId, status: finished.status, matchedRows });
  return true;
}

/** @returns how many records match */
async function holdAll(ctx: Context, { criteria }: HoldWork): Promise<number> {
  await holdRecords(ctx.clickhouse.keeper, criteria);
  const { matched, unheld } = await countHeld(ctx.clickhouse.keeper, criteria);
  if (unheld > 0) throw new Error(`${unheld} of ${matched} records are not on hold after all`);
  return matched;
}

async function holdMissing(ctx: Context, work: HoldWork): Promise<{ matched: number; unheld: number }> {
  const counts = await countHeld(ctx.clickhouse.keeper, work.criteria);
  if (counts.unheld > 0) await holdAll(ctx, work);
  return counts;
}

async function release(ctx: Context, { criteria, others }: HoldWork, cutoff: string): Promise<number> {
  const what = { records: criteria, others, cutoff };
  await releaseRecords(ctx.clickhouse.keeper, what);
  const { matched, left } = await countReleased(ctx.clickhouse.keeper, what);
  if (left > 0) throw new Error(`${left} of ${matched} records are still on hold`);
  return matched;
}

/** Records of an active hold that are not held were put into the table by somebody else: made good, and said aloud. */
async function recount(ctx: Context, holdId: string, work: HoldWork): Promise<void> {
  const { matched, unheld } = await holdMissing(ctx, work);
  if (unheld > 0) ctx.log.error('records of an active legal hold were not held', { holdId, unheld });
  await ctx.db.api.run(recountHold, { holdId, matchedRows: matched });
}

/** Makes up for nudges that were lost. */
export async function sweepHolds(ctx: Context): Promise<number> {
  const pending = await ctx.db.drainer.run(pendingHolds, {});
  if (pending.length > 0) await ctx.queues.auditOutbox.send(APPLY_HOLDS);
  return pending.length;
}
