import * as z from 'zod';
import {
  type GrantItem,
  insertGrant,
  listGrants as listStatement,
  lockOwners,
  readGrant as readStatement,
  removeGrant as removeStatement,
  subjectOf,
  subjectOfGrant,
} from '../../drizzle/repositories/admins.ts';
import type { CallerContext } from '../context.ts';
import { Invalid } from '../errors.ts';
import { type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { LAST_OWNER } from './admins.ts';
import { changeAccess } from './change-access.ts';
import { ESCALATION } from './roles.ts';

export const newGrant = z.strictObject({
  adminId: z.guid(),
  roleId: z.guid(),
  /** null = everywhere. */
  serviceId: z.guid().nullable(),
});

const unknown = (field: string, what: string) => () =>
  new Invalid(`There is no ${what} with this id.`, [{ field, reason: `is no ${what}` }]);

const REFUSALS = {
  ...ESCALATION,
  admin_unknown: unknown('adminId', 'admin'),
  role_unknown: unknown('roleId', 'role'),
  service_unknown: unknown('serviceId', 'service'),
};

export type GrantQuery = PageQuery & {
  adminId?: string | undefined;
  roleId?: string | undefined;
  serviceId?: string | undefined;
};

export const listGrants = (ctx: CallerContext, query: GrantQuery): Promise<Page<GrantItem>> =>
  list(ctx, listStatement, {
    action: 'grant.list',
    key: { adminId: query.adminId ?? null, roleId: query.roleId ?? null, serviceId: query.serviceId ?? null },
    ...query,
    order: ['uuid'],
  });

export const readGrant = (ctx: CallerContext, grantId: string): Promise<GrantItem> =>
  readOne(ctx, readStatement, { action: 'grant.read', key: { grantId } });

/** @throws DomainError conflict when it is held already | forbidden for more than the caller may give, Invalid */
export async function createGrant(
  ctx: CallerContext,
  values: z.infer<typeof newGrant>,
  o: Creation,
): Promise<GrantItem> {
  const subjects = (await ctx.db.api.run(subjectOf, values)).map(({ subject }) => subject);
  return changeAccess(ctx, subjects, async () => ({
    result: await create(ctx, insertGrant, {
      action: 'grant.create',
      key: {},
      values,
      taken: 'The admin holds this role there already.',
      refusals: REFUSALS,
      ...o,
    }),
  }));
}

/** @throws NotFound, DomainError last_owner | stale_version */
export async function removeGrant(ctx: CallerContext, grantId: string, o: Replacement): Promise<GrantItem> {
  const key = { grantId };
  const subjects = (await ctx.db.api.run(subjectOfGrant, key)).map(({ subject }) => subject);
  return changeAccess(ctx, subjects, async () => ({
    result: await remove(ctx, removeStatement, {
      action: 'grant.delete',
      key,
      refusals: LAST_OWNER,
      lock: lockOwners(),
      ...o,
    }),
  }));
}
