import * as z from 'zod';
import {
  holdersOf,
  insertRole,
  listRoles as listStatement,
  type RoleItem,
  readRole as readStatement,
  removeRole as removeStatement,
  updateRole as updateStatement,
} from '../../drizzle/repositories/admins.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { freeText, refuseSecrets } from '../services/free-text.ts';
import { changeAccess } from './change-access.ts';
import { PERMISSIONS } from './permissions.ts';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens, such as on-call')
  .max(63)
  .superRefine(refuseSecrets);
const description = freeText(1000).nullable();
const permissions = z.array(z.enum(PERMISSIONS)).transform((all) => [...new Set(all)].toSorted());
/** Audit records name the role with the smallest. */
const rank = z.int().min(1).max(1000);

export const newRole = z.strictObject({
  name,
  description: description.default(null),
  permissions,
  rank: rank.default(100),
});
export const rolePatch = z.strictObject({ name, description, permissions, rank }).partial();

const TAKEN = 'Another role has this name; choose another one.';
const REFUSALS = {
  built_in: () => new DomainError('conflict', 'A built-in role does not change; create one of your own.'),
  in_use: () => new DomainError('conflict', 'Somebody holds this role; remove its grants first.'),
};
export const ESCALATION = {
  escalation: () => new DomainError('forbidden', 'You can only give permissions that you hold everywhere yourself.'),
};

export const listRoles = (ctx: CallerContext, query: PageQuery): Promise<Page<RoleItem>> =>
  list(ctx, listStatement, { action: 'role.list', key: {}, ...query, order: ['int', 'text'] });

export const readRole = (ctx: CallerContext, roleId: string): Promise<RoleItem> =>
  readOne(ctx, readStatement, { action: 'role.read', key: { roleId } });

/** @throws DomainError conflict | forbidden when it holds permissions the caller does not */
export const createRole = (ctx: CallerContext, values: z.infer<typeof newRole>, o: Creation): Promise<RoleItem> =>
  create(ctx, insertRole, { action: 'role.create', key: {}, values, taken: TAKEN, refusals: ESCALATION, ...o });

/** Everybody who holds the role may do what it says from the next request on. @throws DomainError conflict | forbidden */
export function updateRole(
  ctx: CallerContext,
  roleId: string,
  patch: z.infer<typeof rolePatch>,
  o: Replacement,
): Promise<RoleItem> {
  return amongHolders(ctx, roleId, async () => {
    const refusals = { ...REFUSALS, ...ESCALATION };
    const key = { roleId };
    return (await change(ctx, updateStatement, { action: 'role.update', key, patch, taken: TAKEN, refusals, ...o }))
      .item;
  });
}

/** @throws DomainError conflict while somebody holds it */
export const removeRole = (ctx: CallerContext, roleId: string, o: Replacement): Promise<RoleItem> =>
  remove(ctx, removeStatement, { action: 'role.delete', key: { roleId }, refusals: REFUSALS, ...o });

async function amongHolders<T>(ctx: CallerContext, roleId: string, work: () => Promise<T>): Promise<T> {
  const holders = async () => (await ctx.db.api.run(holdersOf, { roleId })).map(({ subject }) => subject);
  return changeAccess(ctx, await holders(), async () => {
    const result = await work();
    // Whoever was granted the role in the meantime learned its old permissions.
    return { result, concerned: await holders() };
  });
}
