import * as z from 'zod';
import {
  type DomainItem,
  deleteDomain,
  insertDomain,
  listDomains as listStatement,
  MAX_DOMAINS,
} from '../../drizzle/repositories/domains.ts';
import { lockList } from '../../drizzle/repositories/service-lock.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, NotFound } from '../errors.ts';
import { remove } from '../resources/change.ts';
import { create } from '../resources/create.ts';
import { list, type Page } from '../resources/read.ts';
import { normaliseDomain } from './domain-name.ts';
import { refuseSecrets } from './free-text.ts';

const domainName = z
  .string()
  .trim()
  .max(1000)
  .transform((text, context) => {
    const normal = normaliseDomain(text);
    if (typeof normal === 'string') refuseSecrets(normal, context);
    if (typeof normal === 'string') return normal;
    context.addIssue({ code: 'custom', message: normal.problem });
    return z.NEVER;
  });

export const newDomain = z.strictObject({ domain: domainName });

/** By name. */
export const listDomains = (
  ctx: CallerContext,
  serviceId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<DomainItem>> =>
  list(ctx, listStatement, {
    action: 'service.domain.list',
    key: { serviceId },
    limit: query.limit,
    cursor: query.cursor,
    order: ['text'],
  });

/** @throws DomainError conflict when it is listed already or the list is full */
export async function addDomain(
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newDomain>,
  o: { idempotencyKey: string | null; reason: string },
): Promise<DomainItem> {
  const made = await create(ctx, insertDomain, {
    action: 'service.domain.create',
    key: { serviceId },
    values,
    taken: `${values.domain} is in the list already.`,
    refusals: {
      full: () => new DomainError('conflict', `A service has at most ${MAX_DOMAINS} domains; remove one first.`),
    },
    lock: lockList('domains', serviceId),
    ...o,
  });
  await ctx.gate.changed(serviceId);
  return made;
}

/** @param written in any spelling. @throws NotFound, DomainError stale_version */
export async function removeDomain(
  ctx: CallerContext,
  serviceId: string,
  written: string,
  o: { ifMatch: readonly number[] | null; reason: string },
): Promise<void> {
  const domain = normaliseDomain(written.trim());
  if (typeof domain !== 'string') throw new NotFound();
  await remove(ctx, deleteDomain, { action: 'service.domain.delete', key: { serviceId, domain }, ...o });
  await ctx.gate.changed(serviceId);
}
