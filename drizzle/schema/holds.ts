import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgEnum, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { admins } from './access.ts';

export const holdStatus = pgEnum('audit_hold_status', ['applying', 'active', 'releasing', 'released']);

/**
 * Legal holds on admin_audit_logs. A record is held while it matches a hold that is `applying` or `active`; ClickHouse is brought
 * to that after the fact. What is given is joined by AND, null = any; `serviceId` nil = records about no service.
 * `matchedRows`: records that matched when they were last counted.
 */
export const auditHolds = pgTable(
  'audit_holds',
  {
    id: uuid().primaryKey(),
    reason: text().notNull(),
    resource: text(),
    resourceId: text('resource_id'),
    actorId: uuid('actor_id'),
    serviceId: uuid('service_id'),
    from: timestamp('from_time', { withTimezone: true, precision: 3 }),
    to: timestamp('to_time', { withTimezone: true, precision: 3 }),
    status: holdStatus().notNull().default('applying'),
    matchedRows: bigint('matched_rows', { mode: 'number' }),
    countedAt: timestamp('counted_at', { withTimezone: true, precision: 3 }),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => admins.id),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    releasedBy: uuid('released_by').references(() => admins.id),
    releasedAt: timestamp('released_at', { withTimezone: true, precision: 3 }),
    releaseReason: text('release_reason'),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    index('audit_holds_unreleased').on(t.status).where(sql`status <> 'released'`),
    // Without any condition it would hold everything there is.
    check(
      'hold_names_something',
      sql`num_nonnulls(resource, resource_id, actor_id, service_id, from_time, to_time) > 0`,
    ),
  ],
);
