import * as z from 'zod';
import {
  type HoldItem,
  type HoldStatus,
  insertHold,
  listHolds as listStatement,
  lockHolds,
  MAX_OPEN_HOLDS,
  readHold as readStatement,
  releaseHold as releaseStatement,
} from '../../drizzle/repositories/audit-holds.ts';
import { APPLY_HOLDS } from '../../queues/messages.ts';
import { instant } from '../content/schema.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { change } from '../resources/change.ts';
import { create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { findSecret } from './redact.ts';

/** Why; kept with the hold and in its audit record. */
const reason = z.string().trim().min(1, 'say why: a hold cannot be judged later without a reason').max(1000);

/** Kept letter for letter, because records are compared with it; so that a secret is refused instead of redacted. */
const word = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, context) => {
    const secret = findSecret(text);
    if (secret) context.addIssue({ code: 'custom', message: `looks like it holds a secret (${secret})` });
  });

/** ClickHouse's times end in 2299. */
const time = instant.refine((text) => text < '2299', 'must be before 2299');

export const newHold = z
  .strictObject({
    reason,
    resource: word.nullable().default(null),
    resourceId: word.nullable().default(null),
    actorId: z.guid().toLowerCase().nullable().default(null),
    serviceId: z.guid().toLowerCase().nullable().default(null),
    from: time.nullable().default(null),
    to: time.nullable().default(null),
  })
  .superRefine(({ reason: _, ...criteria }, context) => {
    if (Object.values(criteria).every((value) => value === null))
      context.addIssue({ code: 'custom', message: `give at least one of ${Object.keys(criteria).join(', ')}` });
    if (criteria.from !== null && criteria.to !== null && criteria.from > criteria.to)
      context.addIssue({ code: 'custom', path: ['to'], message: 'must not be before from' });
  });

export const holdRelease = z.strictObject({ reason });

/** In the order in which they were made. */
export const listHolds = (
  ctx: CallerContext,
  { status, ...page }: PageQuery & { status?: HoldStatus | undefined },
): Promise<Page<HoldItem>> =>
  list(ctx, listStatement, { action: 'audit.hold.list', key: { status: status ?? null }, ...page, order: ['uuid'] });

/** @throws NotFound */
export const readHold = (ctx: CallerContext, holdId: string): Promise<HoldItem> =>
  readOne(ctx, readStatement, { action: 'audit.hold.list', key: { holdId } });

/**
 * Records that arrive from now on are held at once; those in the table as soon as a run comes to it, which the hold's status says.
 * @throws DomainError conflict | idempotency_key_reused
 */
export async function createHold(
  ctx: CallerContext,
  { reason, ...values }: z.infer<typeof newHold>,
  idempotencyKey: string | null,
): Promise<HoldItem> {
  const made = await create(ctx, insertHold, {
    action: 'audit.hold.create',
    // The statement takes the redacted reason; this tells two requests with one key apart.
    key: { said: reason },
    values,
    idempotencyKey,
    reason,
    taken: 'Another hold has this id; try again.',
    lock: lockHolds(),
    refusals: {
      full: () =>
        new DomainError('conflict', `There are ${MAX_OPEN_HOLDS} open holds, which is the limit; release one first.`),
    },
  });
  ctx.later(ctx.queues.auditOutbox.send(APPLY_HOLDS));
  return made;
}

/**
 * Records that no other hold matches are let go, and expire when their time has come.
 * @throws NotFound, DomainError stale_version | conflict
 */
export async function releaseHold(
  ctx: CallerContext,
  holdId: string,
  o: { reason: string; ifMatch: readonly number[] | null },
): Promise<HoldItem> {
  const { item } = await change(ctx, releaseStatement, {
    action: 'audit.hold.release',
    key: { holdId },
    patch: {},
    refusals: { released: () => new DomainError('conflict', 'This hold was released already.') },
    ...o,
  });
  ctx.later(ctx.queues.auditOutbox.send(APPLY_HOLDS));
  return item;
}
