import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { admins } from './access.ts';

export const operationStatus = pgEnum('operation_status', ['pending', 'running', 'completed', 'failed']);

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/**
 * admin_operations of the specification, and what a plan that others approve, and a run that can be stopped, need.
 *
 * `phase` says what `status` leaves open; which may follow which is in domain/operations/phases.ts. `planHash` is the SHA-256
 * that approvers sign: of type, parameters and the frozen targets. `nextSeq`: targets below it have their outcome, in this
 * `round`; a retry of what failed is a new round. `undoSeq`: of an undo, targets from it on are done with.
 */
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
    createdAt: time('created_at').notNull().defaultNow(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
    phase: text().notNull().default('planned'),
    risk: text().notNull().default('routine'),
    reason: text().notNull().default(''),
    /** The role of `startedBy`, for the records of what is done. */
    actorRole: text('actor_role').notNull().default(''),
    /** Of the request: leads from the click to each item's record. */
    traceId: text('trace_id').notNull().default(''),
    /** The services it is about; null = all, and what is about none. */
    scope: uuid().array(),
    /** What is needed besides operations.execute. */
    permission: text().notNull().default('operations.execute'),
    planHash: text('plan_hash').notNull().default(''),
    /** The target as it was named, counts by kind and remark, a sample. */
    plan: jsonb().notNull().default({}),
    itemsTotal: integer('items_total').notNull().default(0),
    itemsDone: integer('items_done').notNull().default(0),
    itemsFailed: integer('items_failed').notNull().default(0),
    itemsSkipped: integer('items_skipped').notNull().default(0),
    itemsUndone: integer('items_undone').notNull().default(0),
    /** Succeeded, and not reversed by an undo. */
    itemsLeft: integer('items_left').notNull().default(0),
    nextSeq: integer('next_seq').notNull().default(0),
    round: integer().notNull().default(0),
    undoSeq: integer('undo_seq').notNull().default(0),
    /** Names of locks, in the order they are taken. */
    locks: text().array().notNull().default([]),
    approvalsNeeded: integer('approvals_needed').notNull().default(0),
    /** One of these roles is needed too; empty: any. */
    approverRoles: text('approver_roles').array().notNull().default([]),
    approveBy: time('approve_by'),
    startedBy: uuid('started_by').references(() => admins.id),
    /** Who started it without the others' word. */
    breakGlassBy: uuid('break_glass_by').references(() => admins.id),
    reviewedBy: uuid('reviewed_by').references(() => admins.id),
    reviewedAt: time('reviewed_at'),
    /** Milliseconds at work, without waiting and pauses. */
    activeMs: bigint('active_ms', { mode: 'number' }).notNull().default(0),
    progressAt: time('progress_at').notNull().defaultNow(),
    /** What broke off the last run, while there are tries left. */
    lastError: text('last_error'),
    failureReason: text('failure_reason'),
    scheduleId: uuid('schedule_id'),
  },
  (t) => [
    index('admin_operations_by_actor').on(t.actorAdminId, t.id),
    index('admin_operations_at_work')
      .on(t.progressAt)
      .where(sql`phase IN ('queued', 'running', 'cancelling', 'undoing')`),
    index('admin_operations_to_expire').on(t.approveBy).where(sql`phase IN ('awaiting_approval', 'approved')`),
    index('admin_operations_to_review').on(t.id).where(sql`break_glass_by IS NOT NULL AND reviewed_at IS NULL`),
    index('admin_operations_by_schedule').on(t.scheduleId, t.id).where(sql`schedule_id IS NOT NULL`),
  ],
);

/** The frozen targets, at most a thousand of one kind a row; `seqFrom` is the first one's place in the plan. */
export const adminOperationChunks = pgTable(
  'admin_operation_chunks',
  {
    operationId: uuid('operation_id')
      .notNull()
      .references(() => adminOperations.id),
    seqFrom: integer('seq_from').notNull(),
    kind: text().notNull(),
    ids: text().array().notNull(),
    /** As they were when the plan was made; empty where a kind has none. */
    versions: text().array().notNull(),
    /** For people. */
    labels: text().array().notNull(),
    /** What is done to each, where that is not the same for all: jsonb array, or null. */
    args: jsonb(),
    /** `sub` of the admins whose guards must hear of it. */
    subjects: text().array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.operationId, t.seqFrom] })],
);

/** What became of each target; without a row it has not been its turn. */
export const adminOperationItems = pgTable(
  'admin_operation_items',
  {
    operationId: uuid('operation_id')
      .notNull()
      .references(() => adminOperations.id),
    seq: integer().notNull(),
    kind: text().notNull(),
    targetId: text('target_id').notNull(),
    /** succeeded | skipped | failed */
    outcome: text().notNull(),
    error: text(),
    before: jsonb(),
    after: jsonb(),
    /** Of the target, after the change: an undo leaves what has another one by then. */
    versionAfter: text('version_after'),
    round: integer().notNull(),
    doneAt: time('done_at').notNull().defaultNow(),
    /** undone | left | failed */
    undoOutcome: text('undo_outcome'),
    undoError: text('undo_error'),
    undoneAt: time('undone_at'),
  },
  (t) => [
    primaryKey({ columns: [t.operationId, t.seq] }),
    index('admin_operation_items_failed').on(t.operationId, t.seq).where(sql`outcome = 'failed'`),
  ],
);

/** Who agreed to a plan, or did not. */
export const adminOperationApprovals = pgTable(
  'admin_operation_approvals',
  {
    operationId: uuid('operation_id')
      .notNull()
      .references(() => adminOperations.id),
    adminId: uuid('admin_id')
      .notNull()
      .references(() => admins.id),
    decision: text().notNull(),
    planHash: text('plan_hash').notNull(),
    reason: text().notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.operationId, t.adminId] })],
);

/** Who holds a lock, and under which token: what is written under an older one changes nothing. */
export const operationLocks = pgTable('operation_locks', {
  name: text().primaryKey(),
  token: bigint({ mode: 'number' }).notNull(),
  operationId: uuid('operation_id')
    .notNull()
    .references(() => adminOperations.id),
  claimedAt: time('claimed_at').notNull().defaultNow(),
});

/** Operations to come: at one instant, or again and again. Each is planned when its time comes, as its owner would ask for it then. */
export const operationSchedules = pgTable(
  'operation_schedules',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => admins.id),
    name: text().notNull(),
    type: text().notNull(),
    target: jsonb().notNull(),
    parameters: jsonb().notNull(),
    /** Of each operation. */
    reason: text().notNull(),
    at: time('at'),
    /** Five fields, as crontab(5). */
    cron: text(),
    /** An IANA name. */
    timeZone: text('time_zone'),
    enabled: boolean().notNull().default(true),
    nextRunAt: time('next_run_at'),
    lastRunAt: time('last_run_at'),
    /** The last one it made. */
    lastOperationId: uuid('last_operation_id'),
    /** Why the last time made no operation. */
    lastError: text('last_error'),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    version: integer().notNull().default(1),
  },
  (t) => [
    index('operation_schedules_by_owner').on(t.ownerId, t.id),
    index('operation_schedules_due').on(t.nextRunAt).where(sql`next_run_at IS NOT NULL`),
    check('once_or_again', sql`num_nonnulls(at, cron) = 1 AND (cron IS NULL) = (time_zone IS NULL)`),
  ],
);
