import { index, jsonb, pgEnum, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { admins } from './access.ts';

export const operationStatus = pgEnum('operation_status', ['pending', 'running', 'completed', 'failed']);

/** admin_operations of the specification. */
export const adminOperations = pgTable(
  'admin_operations',
  {
    id: uuid().primaryKey(),
    type: text().notNull(),
    actorAdminId: uuid('actor_admin_id')
      .notNull()
      .references(() => admins.id),
    targetType: text('target_type').notNull(),
    targetId: text('target_id'),
    parameters: jsonb().notNull(),
    status: operationStatus().notNull().default('pending'),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    startedAt: timestamp('started_at', { withTimezone: true, precision: 3 }),
    finishedAt: timestamp('finished_at', { withTimezone: true, precision: 3 }),
  },
  (t) => [index('admin_operations_by_actor').on(t.actorAdminId, t.id)],
);
