import * as z from 'zod';
import {
  archiveService,
  insertService,
  listServices as listStatement,
  readService as readStatement,
  type ServiceItem,
  updateService as updateStatement,
} from '../../drizzle/repositories/services.ts';
import type { CallerContext } from '../context.ts';
import { change, type Replacement } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { freeText, refuseSecrets } from './free-text.ts';

const slug = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens, such as web-shop')
  .max(63)
  .superRefine(refuseSecrets);

const name = freeText(200).min(1, 'must not be empty');
const description = freeText(2000).nullable();

export const newService = z.strictObject({ slug, name, description: description.default(null) });
export const servicePatch = z.strictObject({ slug, name, description }).partial();

const TAKEN = 'Another service has this slug; choose another one.';

export interface ServiceQuery extends PageQuery {
  search?: string | undefined;
  archived?: 'true' | 'false' | 'any' | undefined;
}

/** Those the caller may see, by slug; archived ones only when asked for. */
export function listServices(ctx: CallerContext, query: ServiceQuery): Promise<Page<ServiceItem>> {
  const archived = query.archived === 'any' ? null : query.archived === 'true';
  return list(ctx, listStatement, {
    action: 'service.list',
    key: { search: query.search ?? null, archived },
    ...query,
    order: ['text'],
  });
}

export const readService = (ctx: CallerContext, serviceId: string): Promise<ServiceItem> =>
  readOne(ctx, readStatement, { action: 'service.read', key: { serviceId } });

/** @throws DomainError conflict when the slug is taken */
export const createService = (ctx: CallerContext, values: z.infer<typeof newService>, o: Creation) =>
  create(ctx, insertService, {
    action: 'service.create',
    key: { configId: ctx.newId() },
    place: {},
    values,
    taken: TAKEN,
    ...o,
  });

/** @throws NotFound, DomainError stale_version | conflict */
export async function updateService(
  ctx: CallerContext,
  serviceId: string,
  patch: z.infer<typeof servicePatch>,
  o: Replacement,
): Promise<ServiceItem> {
  const key = { serviceId };
  return (await change(ctx, updateStatement, { action: 'service.update', key, patch, taken: TAKEN, ...o })).item;
}

/** An archived service keeps everything it has, is in no list unless asked for, and its gate lets nobody pass. */
export async function setArchived(
  ctx: CallerContext,
  serviceId: string,
  archived: boolean,
  o: Replacement,
): Promise<ServiceItem> {
  const action = archived ? 'service.delete' : 'service.restore';
  const { item } = await change(ctx, archiveService, { action, key: { serviceId, archived }, patch: {}, ...o });
  await ctx.gate.changed(serviceId);
  return item;
}
