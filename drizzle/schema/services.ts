import { sql } from 'drizzle-orm';
import { boolean, integer, pgEnum, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const auditLevel = pgEnum('audit_level', ['MINIMAL', 'STANDARD', 'DETAILED']);

export const services = pgTable('services', {
  id: uuid().primaryKey(),
  slug: text().notNull().unique(),
  name: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  archivedAt: timestamp('archived_at', { withTimezone: true, precision: 3 }),
});

/**
 * ServiceConfig of the specification, field for field and default for default.
 * `version` is the ETag; `updatedAt` the last change.
 */
export const serviceConfig = pgTable('service_config', {
  id: uuid().primaryKey(),
  serviceId: uuid('service_id')
    .notNull()
    .unique()
    .references(() => services.id),
  jwtValidation: boolean('jwt_validation').notNull().default(true),
  domainValidation: boolean('domain_validation').notNull().default(true),
  ipWhitelistEnabled: boolean('ip_whitelist_enabled').notNull().default(false),
  ipWhitelist: text('ip_whitelist').array().notNull().default(sql`'{}'::text[]`),
  rateLimitEnabled: boolean('rate_limit_enabled').notNull().default(true),
  rateLimitRequests: integer('rate_limit_requests').notNull().default(1000),
  rateLimitWindow: integer('rate_limit_window').notNull().default(60),
  maintenanceMode: boolean('maintenance_mode').notNull().default(false),
  maintenanceMessage: text('maintenance_message'),
  auditLevel: auditLevel('audit_level').notNull().default('STANDARD'),
  version: integer().notNull().default(1),
  updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
