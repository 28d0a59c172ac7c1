import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { services } from './services.ts';

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** Where a service is offered: ISO 3166-1 alpha-2. */
export const serviceCountries = pgTable(
  'service_countries',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    code: text().notNull(),
    isAvailable: boolean('is_available').notNull().default(true),
    note: text(),
    createdBy: uuid('created_by').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [unique('service_countries_once').on(t.serviceId, t.code)],
);

/** Languages a service speaks: canonical BCP 47 tags, at most one default; `fallbackOrder` counts up from the first resort. */
export const serviceLocales = pgTable(
  'service_locales',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    tag: text().notNull(),
    isDefault: boolean('is_default').notNull().default(false),
    fallbackOrder: integer('fallback_order').notNull().default(0),
    createdBy: uuid('created_by').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    unique('service_locales_once').on(t.serviceId, t.tag),
    uniqueIndex('service_locales_one_default').on(t.serviceId).where(sql`is_default`),
  ],
);

export const contentStatus = pgEnum('content_status', ['draft', 'published']);

/** What users agree to. A published version never changes (a trigger sees to it); the next one is a new row. */
export const serviceConsents = pgTable(
  'service_consents',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    code: text().notNull(),
    revision: integer().notNull(),
    /** By locale tag. */
    texts: jsonb().notNull(),
    required: boolean().notNull().default(false),
    effectiveFrom: time('effective_from'),
    status: contentStatus().notNull().default('draft'),
    publishedAt: time('published_at'),
    createdBy: uuid('created_by').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [unique('service_consents_once').on(t.serviceId, t.code, t.revision)],
);

/** Documents in R2. A published version never changes (a trigger sees to it). */
export const serviceDocuments = pgTable(
  'service_documents',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    code: text().notNull(),
    locale: text().notNull(),
    revision: integer().notNull(),
    title: text().notNull(),
    contentType: text('content_type').notNull(),
    bytes: integer().notNull(),
    sha256: text().notNull(),
    objectKey: text('object_key').notNull(),
    status: contentStatus().notNull().default('draft'),
    publishedAt: time('published_at'),
    createdBy: uuid('created_by').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    unique('service_documents_once').on(t.serviceId, t.code, t.locale, t.revision),
    index('service_documents_by_service').on(t.serviceId, t.code),
  ],
);
