import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  json,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { admins } from './access.ts';

export const exportStatus = pgEnum('export_status', ['queued', 'processing', 'ready', 'expired', 'failed']);
export const exportFormat = pgEnum('export_format', ['csv', 'json', 'pdf', 'ndjson', 'xlsx']);
export const exportCompression = pgEnum('export_compression', ['none', 'gzip']);

/**
 * admin_exports of the specification, and what a resumable run needs.
 *
 * `cutoff`/`cutoffXid`: rows accepted up to `cutoff` belong to the file; the set is complete once no transaction below
 * `cutoffXid` is running. `position` is the sort key of the last committed row. `fence` is the lock's token: a commit
 * under a smaller one changes nothing. `generation` counts beginnings: a file that is begun anew has objects of its own.
 */
export const adminExports = pgTable(
  'admin_exports',
  {
    id: uuid().primaryKey(),
    requestedBy: uuid('requested_by')
      .notNull()
      .references(() => admins.id),
    exportType: text('export_type').notNull(),
    parameters: jsonb().notNull(),
    fileFormat: exportFormat('file_format').notNull(),
    compression: exportCompression().notNull().default('none'),
    /** What its requester calls it; the file's name. */
    name: text(),
    /** Of the scheduled ones. */
    scheduleId: uuid('schedule_id'),
    /** Services whose rows may be in the file, frozen at request; null = every service. */
    scope: uuid().array(),
    /** The permission on the underlying data, asked for again at download. */
    dataPermission: text('data_permission').notNull(),
    status: exportStatus().notNull().default('queued'),
    fileLocation: text('file_location'),
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    startedAt: timestamp('started_at', { withTimezone: true, precision: 3 }),
    finishedAt: timestamp('finished_at', { withTimezone: true, precision: 3 }),
    progressAt: timestamp('progress_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    cutoff: timestamp({ withTimezone: true, precision: 6 }).notNull(),
    cutoffXid: text('cutoff_xid').notNull(),
    rowsExpected: bigint('rows_expected', { mode: 'number' }),
    rowsDone: bigint('rows_done', { mode: 'number' }).notNull().default(0),
    bytesDone: bigint('bytes_done', { mode: 'number' }).notNull().default(0),
    nextSeq: integer('next_seq').notNull().default(0),
    position: jsonb(),
    fence: bigint({ mode: 'number' }).notNull().default(0),
    generation: integer().notNull().default(0),
    /** Milliseconds spent at work, without waiting and pauses. */
    activeMs: bigint('active_ms', { mode: 'number' }).notNull().default(0),
    pausedAt: timestamp('paused_at', { withTimezone: true, precision: 3 }),
    cancelledAt: timestamp('cancelled_at', { withTimezone: true, precision: 3 }),
    /** Of the whole file, read back from its chunks: lower-case hexadecimal. */
    sha256: text(),
    crc32: bigint({ mode: 'number' }),
    /** What broke off the last run, while there are tries left. */
    lastError: text('last_error'),
    failureReason: text('failure_reason'),
    /** What is written cannot become the file: the next try begins anew. */
    beginAnew: boolean('begin_anew').notNull().default(false),
    /** When it was told that its file will soon be gone. */
    expiringToldAt: timestamp('expiring_told_at', { withTimezone: true, precision: 3 }),
    /** When the last of its objects was removed. */
    purgedAt: timestamp('purged_at', { withTimezone: true, precision: 3 }),
  },
  (t) => [
    index('admin_exports_by_admin').on(t.requestedBy, t.id),
    index('admin_exports_unfinished').on(t.progressAt).where(sql`status IN ('queued', 'processing')`),
    index('admin_exports_expiring').on(t.expiresAt).where(sql`status = 'ready'`),
    index('admin_exports_expiring_untold').on(t.expiresAt).where(sql`status = 'ready' AND expiring_told_at IS NULL`),
    index('admin_exports_to_purge').on(t.finishedAt).where(sql`status IN ('expired', 'failed') AND purged_at IS NULL`),
  ],
);

/** The manifest: one immutable R2 object a row. Those of an earlier generation than the export's are no part of its file. */
export const adminExportChunks = pgTable(
  'admin_export_chunks',
  {
    exportId: uuid('export_id')
      .notNull()
      .references(() => adminExports.id),
    generation: integer().notNull().default(0),
    seq: integer().notNull(),
    objectKey: text('object_key').notNull(),
    rows: bigint({ mode: 'number' }).notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    sha256: text().notNull(),
    crc32: bigint({ mode: 'number' }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.exportId, t.generation, t.seq] })],
);

/** An export that is requested again and again, as its owner; `nextRunAt` null: it is off. */
export const exportSchedules = pgTable(
  'export_schedules',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => admins.id),
    name: text().notNull(),
    exportType: text('export_type').notNull(),
    parameters: jsonb().notNull(),
    fileFormat: exportFormat('file_format').notNull(),
    compression: exportCompression().notNull().default('none'),
    /** What of the past each file holds: all | previous_day | previous_week | previous_month | since_last_run. */
    period: text().notNull().default('all'),
    /** Five fields, as crontab(5). */
    cron: text().notNull(),
    /** An IANA name. */
    timeZone: text('time_zone').notNull().default('UTC'),
    enabled: boolean().notNull().default(true),
    nextRunAt: timestamp('next_run_at', { withTimezone: true, precision: 3 }),
    lastRunAt: timestamp('last_run_at', { withTimezone: true, precision: 3 }),
    lastExportId: uuid('last_export_id'),
    /** Why the last run made no export. */
    lastError: text('last_error'),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    index('export_schedules_by_owner').on(t.ownerId, t.id),
    index('export_schedules_due').on(t.nextRunAt).where(sql`next_run_at IS NOT NULL`),
  ],
);

/** First answers, kept 24 h: same key and same body → the same answer; same key and another body → 422. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    adminId: uuid('admin_id').notNull(),
    route: text().notNull(),
    key: text().notNull(),
    requestHash: text('request_hash').notNull(),
    resourceId: uuid('resource_id').notNull(),
    /** The first answer's body, where the resource itself may have changed since. */
    answer: json(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.adminId, t.route, t.key] }), index('idempotency_keys_by_age').on(t.createdAt)],
);
