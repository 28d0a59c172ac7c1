import { sql } from 'drizzle-orm';
import { serviceLocales } from '../schema/index.ts';
import { insertAudit } from './access.ts';
import { resource } from './resource.ts';

export interface LocaleItem {
  id: string;
  serviceId: string;
  tag: string;
  isDefault: boolean;
  fallbackOrder: number;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

/** Of the record that says which locale stopped being the default. */
export interface DisplacedEvent {
  displacedEventId: string;
  displacedEventTime: string;
}

export const MAX_LOCALES = 300;

const p = sql.placeholder;

const locale = resource<LocaleItem, { serviceId: string; tag: string }>({
  name: 'service_locale',
  table: serviceLocales,
  fields: ['tag', 'isDefault', 'fallbackOrder'],
  changeable: ['isDefault', 'fallbackOrder'],
  key: { tag: serviceLocales.tag },
  namedBy: 'tag',
  about: 'service',
});

const others = sql`FROM ${serviceLocales} o WHERE o.service_id = ${p('serviceId')}::uuid`;

const recordDisplaced = sql`displaced AS (${insertAudit({
  resource: 'service_locale',
  resourceId: sql`first.tag`,
  serviceId: sql`first.service_id`,
  outcome: sql`'success'`,
  before: sql`${locale.state('first')} || '{"isDefault":true}'`,
  after: locale.state('first'),
  event: { id: sql`${p('displacedEventId')}`, time: sql`${p('displacedEventTime')}` },
  from: sql`CROSS JOIN first`,
})})`;

const clearDefault = sql`UPDATE ${serviceLocales} o SET is_default = false, version = o.version + 1, updated_at = now()`;

export const listLocales = locale.list<{ serviceId: string }>({ order: ['fallbackOrder', 'tag'] });
export const readLocale = locale.read();

// The statements below count on lockList: they look at the service's other locales.

/** The first locale is the default whatever is asked for; a new default takes the place of the old one. */
export const insertLocale = locale.insert<{ serviceId: string } & DisplacedEvent>({
  guards: { full: sql`(SELECT count(*) ${others}) >= ${sql.raw(String(MAX_LOCALES))}` },
  set: { isDefault: sql`((given.v->>'isDefault')::boolean OR NOT EXISTS (SELECT ${others}))` },
  first: sql`${clearDefault} FROM draft, chk
    WHERE chk.outcome = 'made' AND (${p('idempotencyKey')}::text IS NULL OR EXISTS (SELECT FROM keyed))
      AND draft.is_default AND o.service_id = draft.service_id AND o.is_default RETURNING o.*`,
  also: recordDisplaced,
});

export const updateLocale = locale.update<DisplacedEvent>({
  guards: { default_needed: sql`chg.is_default AND NOT (chg.after->>'isDefault')::boolean` },
  first: sql`${clearDefault} FROM chg, chk
    WHERE chk.outcome = 'changed' AND (chg.after->>'isDefault')::boolean
      AND o.service_id = chg.service_id AND o.is_default AND o.id <> chg.id RETURNING o.*`,
  also: recordDisplaced,
});

export const deleteLocale = locale.remove({
  guards: { default_needed: sql`chg.is_default AND EXISTS (SELECT ${others} AND o.id <> chg.id)` },
});
