import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { services } from './services.ts';

export const adminStatus = pgEnum('admin_status', ['active', 'locked', 'removed']);

/** Staff. `subject` is the issuer's `sub`; tokens issued before `sessionsNotBefore` are refused. */
export const admins = pgTable('admins', {
  id: uuid().primaryKey(),
  subject: text().notNull().unique(),
  email: text().notNull().unique(),
  name: text().notNull(),
  status: adminStatus().notNull().default('active'),
  sessionsNotBefore: timestamp('sessions_not_before', { withTimezone: true, precision: 3 }),
  /** Until then its guard may know something of it; later, or null, it knows nothing. */
  knownUntil: timestamp('known_until', { withTimezone: true, precision: 3 }),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  version: integer().notNull().default(1),
});

/** A named set of permissions. `rank` orders the roles an audit record names first (0 = strongest). */
export const roles = pgTable('roles', {
  id: uuid().primaryKey(),
  name: text().notNull().unique(),
  permissions: text().array().notNull(),
  rank: integer().notNull().default(100),
  builtIn: boolean('built_in').notNull().default(false),
  description: text(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  version: integer().notNull().default(1),
});

/** A role held by an admin, everywhere (`serviceId` null) or for one service. */
export const grants = pgTable(
  'grants',
  {
    id: uuid().primaryKey(),
    adminId: uuid('admin_id')
      .notNull()
      .references(() => admins.id),
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id),
    serviceId: uuid('service_id').references((): AnyPgColumn => services.id),
    /** Null: by hand, before there was anybody to do it. */
    createdBy: uuid('created_by'),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [unique('grants_once').on(t.adminId, t.roleId, t.serviceId).nullsNotDistinct()],
);

export const sessionKind = pgEnum('session_kind', ['token', 'browser']);

/**
 * Sign-in sessions. Of a bearer token: the issuer's `sid`, listed by the first request that carries it. Of a browser: an id
 * of our own, listed at sign-in.
 */
export const adminSessions = pgTable(
  'admin_sessions',
  {
    id: text().primaryKey(),
    adminId: uuid('admin_id')
      .notNull()
      .references(() => admins.id),
    ipAddress: text('ip_address').notNull(),
    userAgent: text('user_agent').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    revokedAt: timestamp('revoked_at', { withTimezone: true, precision: 3 }),
    kind: sessionKind().notNull().default('token'),
  },
  (t) => [
    index('admin_sessions_by_admin').on(t.adminId, t.createdAt),
    index('admin_sessions_to_revoke').on(t.adminId, sql`id COLLATE "C"`).where(sql`revoked_at IS NULL`),
    check('sid_short', sql`length(${t.id}) <= 200`),
  ],
);
