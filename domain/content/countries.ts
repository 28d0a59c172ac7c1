import { iso31661 } from 'iso-3166';
import * as z from 'zod';
import {
  type CountryItem,
  deleteCountry,
  insertCountry,
  listCountries as listStatement,
  readCountry as readStatement,
  updateCountry as updateStatement,
} from '../../drizzle/repositories/countries.ts';
import type { CallerContext } from '../context.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, readOne } from '../resources/read.ts';
import { freeText } from '../services/free-text.ts';

/** English names by ISO 3166-1 alpha-2 code, officially assigned ones only. */
const NAMES = new Map(iso31661.map(({ alpha2, name }) => [alpha2, name]));

/** In upper or lower case. */
export const countryCode = z
  .string()
  .regex(/^[A-Za-z]{2}$/, 'must be two letters: an ISO 3166-1 alpha-2 code such as DE')
  .transform((code) => code.toUpperCase())
  .refine((code) => NAMES.has(code), 'is not an assigned ISO 3166-1 alpha-2 code; send one such as DE');

const isAvailable = z.boolean();
const note = freeText(500).nullable();

export const newCountry = z.strictObject({
  code: countryCode,
  isAvailable: isAvailable.default(true),
  note: note.default(null),
});
export const countryPatch = z.strictObject({ isAvailable, note }).partial();

export interface CountryView extends CountryItem {
  name: string;
}

const viewOf = (item: CountryItem): CountryView => ({ ...item, name: NAMES.get(item.code) ?? item.code });

/** By code. */
export async function listCountries(
  ctx: CallerContext,
  serviceId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<CountryView>> {
  const page = await list(ctx, listStatement, {
    action: 'service.country.list',
    key: { serviceId },
    limit: query.limit,
    cursor: query.cursor,
    order: ['text'],
  });
  return { ...page, items: page.items.map(viewOf) };
}

/** @throws NotFound */
export async function readCountry(ctx: CallerContext, serviceId: string, code: string): Promise<CountryView> {
  return viewOf(await readOne(ctx, readStatement, { action: 'service.country.read', key: { serviceId, code } }));
}

/** @throws DomainError conflict when it is listed already */
export async function addCountry(
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newCountry>,
  o: Creation,
): Promise<CountryView> {
  const made = await create(ctx, insertCountry, {
    action: 'service.country.create',
    key: { serviceId },
    values,
    taken: `${values.code} is in the list already; change it there.`,
    ...o,
  });
  return viewOf(made);
}

/** @throws NotFound, DomainError stale_version */
export async function updateCountry(
  ctx: CallerContext,
  key: { serviceId: string; code: string },
  patch: z.infer<typeof countryPatch>,
  o: Replacement,
): Promise<CountryView> {
  return viewOf((await change(ctx, updateStatement, { action: 'service.country.update', key, patch, ...o })).item);
}

/** @throws NotFound, DomainError stale_version */
export async function removeCountry(
  ctx: CallerContext,
  key: { serviceId: string; code: string },
  o: Replacement,
): Promise<void> {
  await remove(ctx, deleteCountry, { action: 'service.country.delete', key, ...o });
}
