import { sql } from 'drizzle-orm';
import {
  bigint,
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
export const exportFormat = pgEnum('export_format', ['csv', 'json', 'pdf']);

/**
 * admin_exports of the specification, and what a resumable run needs.
 *
 * `cutoff`/`cutoffXid`: rows accepted up to `cutoff` belong to the file; the set is complete once no transaction below
 * `cutoffXid` is running. `position` is the sort key of the last committed row. `fence` is the lock's token: a commit
 * under a smaller one changes nothing.
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
    failureReason: text('failure_reason'),
  },
  (t) => [
    index('admin_exports_by_admin').on(t.requestedBy, t.id),
    index('admin_exports_unfinished').on(t.progressAt).where(sql`status IN ('queued', 'processing')`),
    index('admin_exports_expiring').on(t.expiresAt).where(sql`status = 'ready'`),
  ],
);

/** The manifest: one immutable R2 object a row. */
export const adminExportChunks = pgTable(
  'admin_export_chunks',
  {
    exportId: uuid('export_id')
      .notNull()
      .references(() => adminExports.id),
    seq: integer().notNull(),
    objectKey: text('object_key').notNull(),
    rows: bigint({ mode: 'number' }).notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    sha256: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.exportId, t.seq] })],
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
