import * as z from 'zod';
import {
  type DisplacedEvent,
  deleteLocale,
  insertLocale,
  type LocaleItem,
  listLocales as listStatement,
  MAX_LOCALES,
  readLocale as readStatement,
  updateLocale as updateStatement,
} from '../../drizzle/repositories/locales.ts';
import { lockList } from '../../drizzle/repositories/service-lock.ts';
import { newEvent } from '../access/caller.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, readOne } from '../resources/read.ts';
import { languageTag } from './language-tag.ts';

const isDefault = z.boolean();
const fallbackOrder = z.int().min(0).max(1_000_000);

export const newLocale = z.strictObject({
  tag: languageTag,
  isDefault: isDefault.default(false),
  fallbackOrder: fallbackOrder.default(0),
});
export const localePatch = z.strictObject({ isDefault, fallbackOrder }).partial();

interface LocaleKey {
  serviceId: string;
  tag: string;
}

const refusals = {
  full: () => new DomainError('conflict', `A service has at most ${MAX_LOCALES} locales; remove one first.`),
  default_needed: () => new DomainError('conflict', 'This is the default locale: make another one the default first.'),
};

function displacedEvent(ctx: CallerContext): DisplacedEvent {
  const { eventId, eventTime } = newEvent(ctx, 'service.locale.update');
  return { displacedEventId: eventId, displacedEventTime: eventTime };
}

/** All of them, the first to fall back to first. */
export const listLocales = (ctx: CallerContext, serviceId: string): Promise<Page<LocaleItem>> =>
  list(ctx, listStatement, {
    action: 'service.locale.list',
    key: { serviceId },
    limit: MAX_LOCALES,
    cursor: undefined,
    order: ['int', 'text'],
  });

/** @throws NotFound */
export const readLocale = (ctx: CallerContext, key: LocaleKey): Promise<LocaleItem> =>
  readOne(ctx, readStatement, { action: 'service.locale.read', key });

/**
 * The first locale becomes the default whatever is asked for.
 * @throws DomainError conflict when it is listed already or the list is full
 */
export const addLocale = (ctx: CallerContext, serviceId: string, values: z.infer<typeof newLocale>, o: Creation) =>
  create(ctx, insertLocale, {
    action: 'service.locale.create',
    key: { serviceId, ...displacedEvent(ctx) },
    place: { serviceId },
    values,
    taken: `${values.tag} is in the list already; change it there.`,
    refusals,
    lock: lockList('locales', serviceId),
    ...o,
  });

/** A new default takes the place of the old one. @throws NotFound, DomainError stale_version | conflict */
export async function updateLocale(
  ctx: CallerContext,
  key: LocaleKey,
  patch: z.infer<typeof localePatch>,
  o: Replacement,
): Promise<LocaleItem> {
  const { item } = await change(ctx, updateStatement, {
    action: 'service.locale.update',
    key: { ...key, ...displacedEvent(ctx) },
    patch,
    refusals,
    lock: lockList('locales', key.serviceId),
    ...o,
  });
  return item;
}

/** The default one goes last. @throws NotFound, DomainError stale_version | conflict */
export async function removeLocale(ctx: CallerContext, key: LocaleKey, o: Replacement): Promise<void> {
  const lock = lockList('locales', key.serviceId);
  await remove(ctx, deleteLocale, { action: 'service.locale.delete', key, refusals, lock, ...o });
}
