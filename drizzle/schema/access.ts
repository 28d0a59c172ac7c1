import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgEnum, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { services } from './services.ts';

export const adminStatus = pgEnum('admin_status', ['active', 'locked']);

/** Staff. `subject` is the issuer's `sub`; tokens issued before `sessionsNotBefore` are refused. */
export const admins = pgTable('admins', {
  id: uuid().primaryKey(),
  subject: text().notNull().unique(),
  email: text().notNull().unique(),
  name: text().notNull(),
  status: adminStatus().notNull().default('active'),
  sessionsNotBefore: timestamp('sessions_not_before', { withTimezone: true, precision: 3 }),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

/** A named set of permissions. `rank` orders the roles an audit record names first (0 = strongest). */
export const roles = pgTable('roles', {
  id: uuid().primaryKey(),
  name: text().notNull().unique(),
  permissions: text().array().notNull(),
  rank: integer().notNull().default(100),
  builtIn: boolean('built_in').notNull().default(false),
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
    serviceId: uuid('service_id').references(() => services.id),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [unique('grants_once').on(t.adminId, t.roleId, t.serviceId).nullsNotDistinct()],
);

/** Sign-in sessions: the issuer's `sid`. A session first seen with a bearer token is listed by that very request. */
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
  },
  (t) => [index('admin_sessions_by_admin').on(t.adminId, t.createdAt), check('sid_short', sql`length(${t.id}) <= 200`)],
);
