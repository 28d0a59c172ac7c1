import { sql } from 'drizzle-orm';
import { check, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { adminOperations } from './operations.ts';

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/**
 * Keys that sign download links and seal browsers' cookies, made by `keys.rotate`, and when keys end; see
 * domain/access/key-ring.ts.
 *
 * `id` is the kid. `wrapped`: the secret under a key derived from the environment's key `wrappedBy` of the same use; without it the
 * row is about a key of the environment itself. `retireAt`: from then on it verifies nothing; null: until further notice.
 */
export const signingKeys = pgTable(
  'signing_keys',
  {
    use: text().notNull(),
    id: text().notNull(),
    wrapped: text(),
    wrappedBy: text('wrapped_by'),
    createdAt: time('created_at').notNull().defaultNow(),
    operationId: uuid('operation_id')
      .notNull()
      .references(() => adminOperations.id),
    retireAt: time('retire_at'),
    retiredByOperationId: uuid('retired_by_operation_id').references(() => adminOperations.id),
  },
  (t) => [
    primaryKey({ columns: [t.use, t.id] }),
    check('key_use', sql`use IN ('links', 'cookies')`),
    check('key_id', sql`id ~ '^[A-Za-z0-9_-]{1,32}$' AND id !~ '^[0-9]+$'`),
    check('key_wrapped_by', sql`(wrapped IS NULL) = (wrapped_by IS NULL)`),
    // A row about a key of the environment only says when that one ends.
    check('key_says_something', sql`wrapped IS NOT NULL OR retire_at IS NOT NULL`),
    check('key_retired_by', sql`(retire_at IS NULL) = (retired_by_operation_id IS NULL)`),
  ],
);
