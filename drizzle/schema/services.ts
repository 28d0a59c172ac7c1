import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgEnum,
  pgTable,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { admins } from './access.ts';

export const auditLevel = pgEnum('audit_level', ['MINIMAL', 'STANDARD', 'DETAILED']);

export const services = pgTable('services', {
  id: uuid().primaryKey(),
  slug: text().notNull().unique(),
  name: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  archivedAt: timestamp('archived_at', { withTimezone: true, precision: 3 }),
  description: text(),
  version: integer().notNull().default(1),
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

/** Hosts that may call a service: `example.com` or `*.example.com`, in their one spelling (domain/services/domain-name.ts). */
export const serviceDomains = pgTable(
  'service_domains',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    domain: text().notNull(),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [unique('service_domains_once').on(t.serviceId, t.domain)],
);

/** ServiceFeature of the specification: a tree for each service. */
export const serviceFeatures = pgTable(
  'service_features',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    parentId: uuid('parent_id'),
    name: text().notNull(),
    code: text().notNull(),
    description: text(),
    category: text(),
    isActive: boolean('is_active').notNull().default(true),
    isDefault: boolean('is_default').notNull().default(false),
    displayOrder: integer('display_order').notNull().default(0),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    unique('service_features_code_once').on(t.serviceId, t.code),
    unique('service_features_in_service').on(t.serviceId, t.id),
    // A parent is of the same service; a parent with children cannot go before them.
    foreignKey({
      name: 'service_features_parent',
      columns: [t.serviceId, t.parentId],
      foreignColumns: [t.serviceId as AnyPgColumn, t.id as AnyPgColumn],
    }),
    index('service_features_by_parent').on(t.serviceId, t.parentId),
    check('no_own_parent', sql`parent_id <> id`),
  ],
);

/** ServiceTesterUser of the specification. An expired row stops counting at that instant; nobody needs to remove it. */
export const serviceTesterUsers = pgTable(
  'service_tester_users',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    userId: uuid('user_id').notNull(),
    bypassDomain: boolean('bypass_domain').notNull().default(false),
    bypassIP: boolean('bypass_ip').notNull().default(false),
    bypassRateLimit: boolean('bypass_rate_limit').notNull().default(false),
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }),
    note: text(),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [unique('service_tester_users_once').on(t.serviceId, t.userId)],
);

/** Admins who pass a service's maintenance mode. */
export const serviceTesterAdmins = pgTable(
  'service_tester_admins',
  {
    id: uuid().primaryKey(),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    adminId: uuid('admin_id')
      .notNull()
      .references(() => admins.id),
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }),
    note: text(),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [unique('service_tester_admins_once').on(t.serviceId, t.adminId)],
);
