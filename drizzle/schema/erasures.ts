import { sql } from 'drizzle-orm';
import { jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { adminOperations } from './operations.ts';

/**
 * What an erasure that is under way still has to look for: the names go from everywhere else with its first step, and from here with
 * its last. No role may read it; the functions of migration 0016 do, for an erasure that is running.
 */
export const subjectErasures = pgTable('subject_erasures', {
  /** Of the admin or user. */
  subjectId: uuid('subject_id').primaryKey(),
  operationId: uuid('operation_id')
    .notNull()
    .references(() => adminOperations.id),
  /** E-mail addresses and `sub`s, former ones too. */
  names: text().array().notNull().default(sql`'{}'`),
  /** What the first step did, for whoever repeats it. */
  counts: jsonb().notNull().default({}),
  begunAt: timestamp('begun_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
