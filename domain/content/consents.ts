import * as z from 'zod';
import {
  type ConsentItem,
  type ConsentSummary,
  deleteConsent,
  insertConsent,
  listConsents as listStatement,
  publishConsent as publishStatement,
  readDefaultLocale,
  readConsent as readStatement,
  updateConsent as updateStatement,
} from '../../drizzle/repositories/consents.ts';
import { lockList } from '../../drizzle/repositories/service-lock.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, readOne } from '../resources/read.ts';
import { contentCode, instant, texts } from './schema.ts';

const required = z.boolean();
const effectiveFrom = instant.nullable();

export const newConsent = z.strictObject({
  code: contentCode,
  texts,
  required: required.default(false),
  effectiveFrom: effectiveFrom.default(null),
});
export const consentPatch = z.strictObject({ texts, required, effectiveFrom }).partial();

interface ConsentKey {
  serviceId: string;
  consentId: string;
}

const published = () =>
  new DomainError('conflict', 'A published version does not change; create the next one with the same code.');

/** By code and revision, without the texts. */
export const listConsents = (
  ctx: CallerContext,
  serviceId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<ConsentSummary>> =>
  list(ctx, listStatement, {
    action: 'service.consent.list',
    key: { serviceId },
    limit: query.limit,
    cursor: query.cursor,
    order: ['text', 'int'],
  });

/** @throws NotFound */
export const readConsent = (ctx: CallerContext, key: ConsentKey): Promise<ConsentItem> =>
  readOne(ctx, readStatement, { action: 'service.consent.read', key });

/** A draft with the next revision of its code. */
export const createConsent = (
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newConsent>,
  o: Creation,
): Promise<ConsentItem> =>
  create(ctx, insertConsent, {
    action: 'service.consent.create',
    key: { serviceId },
    values,
    taken: 'Another revision came first; try again.',
    lock: lockList('consents', serviceId),
    ...o,
  });

/** Drafts only; `texts` come whole. @throws NotFound, DomainError stale_version | conflict */
export async function updateConsent(
  ctx: CallerContext,
  key: ConsentKey,
  patch: z.infer<typeof consentPatch>,
  o: Replacement,
): Promise<ConsentItem> {
  const action = 'service.consent.update';
  const { item } = await change(ctx, updateStatement, { action, key, patch, refusals: { published }, ...o });
  // A patch that changes nothing is not asked by the statement's guards.
  if (item.status === 'published') throw published();
  return item;
}

/**
 * From now on the version never changes. It counts from `effectiveFrom`, or at once.
 * @throws NotFound, DomainError stale_version | conflict
 */
export async function publishConsent(ctx: CallerContext, key: ConsentKey, o: Replacement): Promise<ConsentItem> {
  const [locale] = await ctx.db.api.run(readDefaultLocale, { serviceId: key.serviceId });
  const refusals = {
    published,
    text_missing: () =>
      new DomainError('conflict', `There is no text for the service's default locale, ${locale?.tag}; add it first.`),
  };
  const { item, changed } = await change(ctx, publishStatement, {
    action: 'service.consent.publish',
    key,
    patch: {},
    refusals,
    lock: lockList('locales', key.serviceId),
    ...o,
  });
  if (!changed) throw published();
  return item;
}

/** Drafts only. @throws NotFound, DomainError stale_version | conflict */
export async function removeConsent(ctx: CallerContext, key: ConsentKey, o: Replacement): Promise<void> {
  await remove(ctx, deleteConsent, { action: 'service.consent.delete', key, refusals: { published }, ...o });
}
