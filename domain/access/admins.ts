import * as z from 'zod';
import {
  type AdminItem,
  insertAdmin,
  listAdmins as listStatement,
  lockOwners,
  readAdmin as readStatement,
  subjectOf,
  updateAdmin as updateStatement,
} from '../../drizzle/repositories/admins.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { change, type Replacement } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { freeText, refuseSecrets } from '../services/free-text.ts';
import { changeAccess } from './change-access.ts';

const email = z.email('must be an e-mail address').max(200).toLowerCase();
const name = freeText(200).min(1, 'must not be empty');

export const newAdmin = z.strictObject({
  /** The issuer's `sub`. */
  subject: z.string().min(1, 'must be the sub of the person’s tokens').max(200).superRefine(refuseSecrets),
  email,
  name,
});
export const adminPatch = z.strictObject({ email, name, status: z.enum(['active', 'locked']) }).partial();

const TAKEN =
  'Another admin has this subject or e-mail address; a removed one is brought back by PATCH {"status":"active"}.';

export const LAST_OWNER = {
  last_owner: () =>
    new DomainError('last_owner', 'This is the last active owner; make somebody else owner first, or nobody could.'),
};

export type AdminQuery = PageQuery & { search?: string | undefined; status?: AdminItem['status'] | undefined };

/** By e-mail address. */
export const listAdmins = (ctx: CallerContext, query: AdminQuery): Promise<Page<AdminItem>> =>
  list(ctx, listStatement, {
    action: 'admin.list',
    key: { search: query.search ?? null, status: query.status ?? null },
    ...query,
    order: ['text'],
  });

export const readAdmin = (ctx: CallerContext, adminId: string): Promise<AdminItem> =>
  readOne(ctx, readStatement, { action: 'admin.read', key: { adminId } });

/** @throws DomainError conflict */
export const createAdmin = (ctx: CallerContext, values: z.infer<typeof newAdmin>, o: Creation): Promise<AdminItem> =>
  // Somebody who was refused a moment ago is let in by the next request.
  changeAccess(ctx, [values.subject], async () => ({
    result: await create(ctx, insertAdmin, { action: 'admin.create', key: {}, values, taken: TAKEN, ...o }),
  }));

/** @throws NotFound, DomainError stale_version | conflict | last_owner, Unavailable when the guard cannot be told */
export function updateAdmin(
  ctx: CallerContext,
  adminId: string,
  patch: z.infer<typeof adminPatch>,
  o: Replacement,
): Promise<AdminItem> {
  return merge(ctx, 'admin.update', adminId, patch, o);
}

/** Takes everything from an admin but its history: the row stays, for the audit records that name it. */
export function removeAdmin(ctx: CallerContext, adminId: string, o: Replacement): Promise<AdminItem> {
  return merge(ctx, 'admin.delete', adminId, { status: 'removed' }, o);
}

async function merge(
  ctx: CallerContext,
  action: 'admin.update' | 'admin.delete',
  adminId: string,
  patch: z.infer<typeof adminPatch> | { status: 'removed' },
  o: Replacement,
): Promise<AdminItem> {
  const subjects = (await ctx.db.api.run(subjectOf, { adminId })).map(({ subject }) => subject);
  return changeAccess(ctx, subjects, async () => {
    const key = { adminId };
    const refusals = LAST_OWNER;
    const { item } = await change(ctx, updateStatement, {
      action,
      key,
      patch,
      taken: TAKEN,
      refusals,
      lock: lockOwners(),
      ...o,
    });
    return { result: item };
  });
}
