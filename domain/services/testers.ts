import * as z from 'zod';
import { lockList } from '../../drizzle/repositories/service-lock.ts';
import {
  deleteTesterAdmin,
  deleteTesterUser,
  insertTesterAdmin,
  insertTesterUser,
  listTesterAdmins as listAdminsStatement,
  listTesterUsers as listUsersStatement,
  MAX_TESTERS,
  type TesterAdminItem,
  type TesterUserItem,
} from '../../drizzle/repositories/testers.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, Invalid } from '../errors.ts';
import { remove } from '../resources/change.ts';
import { create } from '../resources/create.ts';
import { list, type Page } from '../resources/read.ts';
import { freeText } from './free-text.ts';

const ID = z.guid().transform((id) => id.toLowerCase());

const term = {
  expiresAt: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2027-01-31T12:00:00Z' })
    .transform((time) => new Date(time).toISOString())
    .nullable()
    .default(null),
  note: freeText(1000).nullable().default(null),
};

export const newTesterUser = z.strictObject({
  userId: ID,
  bypassDomain: z.boolean().default(false),
  bypassIP: z.boolean().default(false),
  bypassRateLimit: z.boolean().default(false),
  ...term,
});

export const newTesterAdmin = z.strictObject({ adminId: ID, ...term });

interface Query {
  limit: number;
  cursor?: string | undefined;
}

interface Creation {
  idempotencyKey: string | null;
  reason: string;
}

interface Removal {
  ifMatch: readonly number[] | null;
  reason: string;
}

const LISTED = 'This tester is listed already and has not expired; remove the entry first to change it.';

const invalid = (field: string, reason: string) => new Invalid(`${field}: ${reason}`, [{ field, reason }]);

const refusals = {
  past: () => invalid('expiresAt', 'must be in the future'),
  listed: () => new DomainError('conflict', LISTED),
  full: () => new DomainError('conflict', `A service has at most ${MAX_TESTERS} of them; remove one first.`),
  no_admin: () => invalid('adminId', 'there is no such admin'),
};

/** By id; `expired` is of this moment. */
export const listTesterUsers = (ctx: CallerContext, serviceId: string, query: Query): Promise<Page<TesterUserItem>> =>
  list(ctx, listUsersStatement, {
    action: 'service.tester-user.list',
    key: { serviceId },
    limit: query.limit,
    cursor: query.cursor,
    order: ['uuid'],
  });

/** By id; `expired` is of this moment. */
export const listTesterAdmins = (ctx: CallerContext, serviceId: string, query: Query): Promise<Page<TesterAdminItem>> =>
  list(ctx, listAdminsStatement, {
    action: 'service.tester-admin.list',
    key: { serviceId },
    limit: query.limit,
    cursor: query.cursor,
    order: ['uuid'],
  });

/**
 * An expired entry of the same user is replaced.
 * @throws Invalid when it would be expired from the start, DomainError conflict when listed or the list is full
 */
export async function addTesterUser(
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newTesterUser>,
  o: Creation,
): Promise<TesterUserItem> {
  const made = await create(ctx, insertTesterUser, {
    action: 'service.tester-user.create',
    key: { serviceId },
    values,
    taken: LISTED,
    refusals,
    lock: lockList('testers', serviceId),
    ...o,
  });
  await ctx.gate.changed(serviceId);
  return made;
}

/** As addTesterUser. @throws also Invalid when there is no such admin */
export async function addTesterAdmin(
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newTesterAdmin>,
  o: Creation,
): Promise<TesterAdminItem> {
  const made = await create(ctx, insertTesterAdmin, {
    action: 'service.tester-admin.create',
    key: { serviceId },
    values,
    taken: LISTED,
    refusals,
    lock: lockList('testers', serviceId),
    ...o,
  });
  await ctx.gate.changed(serviceId);
  return made;
}

/** @throws NotFound, DomainError stale_version */
export async function removeTesterUser(
  ctx: CallerContext,
  serviceId: string,
  userId: string,
  o: Removal,
): Promise<void> {
  const key = { serviceId, userId: userId.toLowerCase() };
  await remove(ctx, deleteTesterUser, { action: 'service.tester-user.delete', key, ...o });
  await ctx.gate.changed(serviceId);
}

/** @throws NotFound, DomainError stale_version */
export async function removeTesterAdmin(
  ctx: CallerContext,
  serviceId: string,
  adminId: string,
  o: Removal,
): Promise<void> {
  const key = { serviceId, adminId: adminId.toLowerCase() };
  await remove(ctx, deleteTesterAdmin, { action: 'service.tester-admin.delete', key, ...o });
  await ctx.gate.changed(serviceId);
}
