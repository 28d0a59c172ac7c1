import {
  countLeft,
  type ErasedRecords,
  type ErasedSubject,
  findMentions,
  fingerprint,
  namesInRecords,
  pseudonymise,
} from '../../clickhouse/queries/erase-subject.ts';
import { pendingHolds } from '../../drizzle/repositories/audit-holds.ts';
import { applyHolds } from '../audit/apply-holds.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { type Erasure, insteadOf } from './erase-account.ts';
import { settleRecords } from './settle.ts';
import { soughtBy } from './sought.ts';

/** Of the run that applies holds: neither changes records while the other does. */
const HOLDS_LOCK = 'audit-holds';
const LEASE_MS = 60_000;
const LOCK_TRIES = 20;
const PAUSE_MS = 500;
/** Records of others that name the person, at once: their ids are kept with the outcome. */
const MOST_MENTIONS = 1000;

const HOLDS_COME_FIRST = 'Legal holds are being applied or released; retry it when they are.';

/** What was done to the audit records, and the proof that nothing else was. */
export interface ErasedTrail {
  /** Accepted up to here: UTC. */
  cutoff: string;
  /** Of all records by the person, and `mentions`: how many there are, and a digest of what must not change. */
  records: number;
  digest: string;
  /** Ids of records by others that named the person. */
  mentions: string[];
  pseudonymised: number;
  /** Left as they are, on legal hold. */
  held: number;
}

/**
 * Takes a person out of the audit trail and leaves the trail: every record stays, with all that says what was done, when and by whom.
 * Records on legal hold are left exactly as they are. May be repeated and broken off anywhere.
 * @throws DomainError conflict when it has to be tried again; Error when the trail is not what it was
 */
export async function erasePersonRecords(
  ctx: Context,
  { operationId, kind, personId }: Erasure,
): Promise<{ before: ErasedTrail; after: ErasedTrail }> {
  const cutoff = await settleRecords(ctx);
  const bare = { id: personId, instead: insteadOf(personId) };
  const more = kind === 'admin' ? await namesInRecords(ctx.clickhouse.reader, bare) : [];
  const subject = { ...bare, names: (await soughtBy(ctx, { operationId }, more)).names };
  return underHoldsLock(ctx, (stillHolding) => erase(ctx, subject, cutoff, stillHolding));
}

async function erase(ctx: Context, subject: ErasedSubject, cutoff: string, stillHolding: () => Promise<boolean>) {
  const { reader, keeper } = ctx.clickhouse;
  const ids = await findMentions(reader, subject, { cutoff, limit: MOST_MENTIONS });
  const records: ErasedRecords = { ids, cutoff };
  const before = await fingerprint(reader, subject, records);
  const open = (await countLeft(reader, subject, records)).open;
  // Whoever applies holds may go on when looking took too long.
  if (!(await stillHolding())) throw new DomainError('conflict', HOLDS_COME_FIRST);
  if (open > 0)
    await pseudonymise(keeper, subject, records).catch((error) => {
      // Longer than the line lasts, or refused: what is there afterwards tells.
      ctx.log.error('audit records were not pseudonymised within their time', { error });
    });
  const left = await countLeft(reader, subject, records);
  const after = await fingerprint(reader, subject, records);
  if (after.records !== before.records || after.digest !== before.digest)
    throw new Error(
      `the audit trail is not what it was: ${before.records} records ${before.digest}, then ${after.records} records ${after.digest}`,
    );
  if (left.open > 0)
    throw new DomainError(
      'conflict',
      `${left.open} records still name the person: ClickHouse is at work on them; retry it.`,
    );
  if (ids.length === MOST_MENTIONS)
    throw new DomainError(
      'conflict',
      `More than ${MOST_MENTIONS} records of others name the person; retry it, it goes on.`,
    );
  const common = { cutoff, mentions: ids, held: left.held };
  return {
    before: { ...common, ...before, pseudonymised: 0 },
    after: { ...common, ...after, pseudonymised: open },
  };
}

/** Every hold that was accepted before is applied by then, and none is applied or released meanwhile: held records are known as such. */
async function underHoldsLock<T>(ctx: Context, work: (stillHolding: () => Promise<boolean>) => Promise<T>): Promise<T> {
  const holder = `${ctx.origin.requestId} erase`;
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if ((await ctx.db.drainer.run(pendingHolds, {})).length > 0 && (await applyHolds(ctx)) === 'waiting') continue;
    const lease = await ctx.locks.acquire(HOLDS_LOCK, holder, LEASE_MS);
    if (!lease) continue;
    try {
      if ((await ctx.db.drainer.run(pendingHolds, {})).length > 0) continue;
      return await work(() => ctx.locks.renew(HOLDS_LOCK, lease.token, LEASE_MS));
    } finally {
      await ctx.locks.release(HOLDS_LOCK, lease.token);
    }
  }
  throw new DomainError('conflict', HOLDS_COME_FIRST);
}
