import { sql } from 'drizzle-orm';
import { bigint, index, integer, json, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/**
 * Audit records on their way to ClickHouse, written by the statement that makes the change.
 *
 * `id` is a UUIDv7 and `occurredAt` exactly its milliseconds: ClickHouse finds a record by id through that time.
 * `acceptedAt` is read off Postgres' own clock *after* the transaction has its xid, so that "everything accepted up to T"
 * is a closed set once every transaction older than T has ended (see domain/exports, cutoff).
 * `batchId` binds rows to one ClickHouse insert for good: a retry sends the same rows in the same order.
 */
export const auditOutbox = pgTable(
  'audit_outbox',
  {
    id: uuid().primaryKey(),
    occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
    acceptedAt: timestamp('accepted_at', { withTimezone: true, precision: 6 })
      .notNull()
      .default(sql`CASE WHEN pg_current_xact_id() IS NOT NULL THEN clock_timestamp() END`),
    actorId: uuid('actor_id').notNull(),
    actorEmail: text('actor_email').notNull(),
    actorRole: text('actor_role').notNull(),
    action: text().notNull(),
    resource: text().notNull(),
    resourceId: text('resource_id').notNull(),
    serviceId: uuid('service_id'),
    outcome: text().notNull(),
    beforeState: jsonb('before_state'),
    afterState: jsonb('after_state'),
    reason: text().notNull().default(''),
    ipAddress: text('ip_address').notNull(),
    requestId: text('request_id').notNull(),
    traceId: text('trace_id').notNull(),
    sessionId: text('session_id').notNull().default(''),
    batchId: uuid('batch_id'),
    leasedUntil: timestamp('leased_until', { withTimezone: true, precision: 3 }),
    attempts: integer().notNull().default(0),
    sentAt: timestamp('sent_at', { withTimezone: true, precision: 3 }),
  },
  (t) => [
    index('audit_outbox_unclaimed').on(t.acceptedAt).where(sql`sent_at IS NULL AND batch_id IS NULL`),
    index('audit_outbox_in_flight').on(t.batchId).where(sql`sent_at IS NULL AND batch_id IS NOT NULL`),
    index('audit_outbox_sent').on(t.sentAt).where(sql`sent_at IS NOT NULL`),
  ],
);

/** Queue messages that no delivery could help: kept until somebody has looked at them. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    /** The message's, as the queue gave it. */
    id: text().primaryKey(),
    queue: text().notNull(),
    /** `json` keeps it letter for letter, what `jsonb` refuses too: NUL and lone surrogates. Nothing looks into it. */
    body: json().notNull(),
    attempts: bigint({ mode: 'number' }).notNull(),
    /** Why it died, in our own words. */
    reason: text().notNull().default(''),
    diedAt: timestamp('died_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** The last time it was put back into its queue. */
    replayedAt: timestamp('replayed_at', { withTimezone: true, precision: 3 }),
    replays: integer().notNull().default(0),
    /** The letter this one was before it was replayed and died again. */
    replayOf: text('replay_of'),
  },
  (t) => [
    index('dead_letters_by_death').on(t.diedAt, t.id),
    index('dead_letters_died_again').on(t.replayOf).where(sql`replay_of IS NOT NULL`),
  ],
);

/**
 * Looks at what is observed, for as long as their hour is not over: the first of an hour has its record at once, the others have one
 * together when it is (a scraper looks every few seconds).
 */
export const observedReads = pgTable(
  'observed_reads',
  {
    /** Of the message that says so, and of the record if there is one. */
    id: uuid().primaryKey(),
    adminId: uuid('admin_id').notNull(),
    actorRole: text('actor_role').notNull(),
    action: text().notNull(),
    resource: text().notNull(),
    readAt: timestamp('read_at', { withTimezone: true, precision: 3 }).notNull(),
    hour: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (t) => [index('observed_reads_by_hour').on(t.hour, t.adminId, t.action)],
);
