import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { operationSchedules } from '../schema/index.ts';
import type { CallerInput } from './access.ts';
import type { SystemEvent } from './export-runs.ts';
import {
  each,
  MADE_FOR,
  MADE_STATE,
  madeCtes,
  type OperationTerms,
  PLANNED,
  type PlanInput,
  type Planned,
  planCtes,
  SOUND,
} from './operation-plans.ts';
import { operationScheduleState } from './operation-schedules.ts';
import type { Selection } from './operation-targets.ts';
import { insertRunRecord, ownerCte } from './schedules.ts';

const p = sql.placeholder;

export interface DueRow {
  id: string;
  version: number;
  type: string;
  target: Record<string, unknown>;
  parameters: Record<string, unknown>;
  reason: string;
  /** null: it comes once. */
  cron: string | null;
  time_zone: string | null;
  next_run_at: Date;
  /** The database's clock. */
  now: Date;
}

/** The longest due first. */
export const dueSchedules = statement<{ limit: number }, DueRow>(sql`
SELECT s.id, s.version, s.type, s.target, s.parameters, s.reason, s.cron, s.time_zone, s.next_run_at, date_trunc('milliseconds', now()) AS now
FROM ${operationSchedules} s WHERE s.next_run_at <= now() ORDER BY s.next_run_at, s.id LIMIT ${p('limit')}::int`);

/** One time of one schedule, as it was read: once it has moved on, all that names it is left alone. */
export interface DueTime {
  scheduleId: string;
  version: number;
  /** RFC 3339. */
  dueAt: string;
}

/** Of the record of a schedule that is switched off. */
interface OffEvent {
  offEventId: string;
  offEventTime: string;
  offAction: string;
}

const CUR = sql`cur AS (
  SELECT s.* FROM ${operationSchedules} s WHERE s.id = ${p('scheduleId')}::uuid AND s.version = ${p('version')}::int
    AND s.next_run_at = ${p('dueAt')}::timestamptz FOR UPDATE SKIP LOCKED
)`;

// What is named one by one is in the frozen targets; records need it no second time.
const attempted = sql`jsonb_build_object('type', cur.type, 'target', cur.target - 'ids' - 'items', 'parameters', cur.parameters, 'scheduleId', cur.id)`;

const switchedOff = (o: { why: SQL; when: SQL }): SQL =>
  insertRunRecord({
    id: sql`${p('offEventId')}`,
    time: sql`${p('offEventTime')}`,
    action: sql`${p('offAction')}`,
    resource: sql`'operation_schedule', cur.id::text`,
    serviceId: sql`NULL::uuid`,
    outcome: sql`'success'`,
    before: operationScheduleState('cur'),
    after: operationScheduleState('moved'),
    why: o.why,
    from: sql`CROSS JOIN moved WHERE ${o.when}`,
  });

/** The owner has no session then: none of a caller's, but what selections ask for. */
export interface DueRun
  extends Omit<PlanInput, keyof CallerInput>,
    Pick<CallerInput, 'sessionId' | 'reason'>,
    OperationTerms,
    SystemEvent,
    DueTime,
    OffEvent {
  scheduleId: string;
  /** RFC 3339; null: none comes any more. */
  nextRunAt: string | null;
  /** Of a time at which there was nothing to do. */
  idleAction: string;
  idle: string;
  /** Why a schedule that comes once is off afterwards. */
  over: string;
}

export interface DueRunRow extends Planned {
  /** Why its owner may not; null: nothing keeps them. */
  refused: string | null;
  /** Its time has been dealt with. Otherwise nothing was written: its owner may not, or its plan may not be. */
  moved: boolean;
  /** The operation; null: there was nothing to do. */
  id: string | null;
  type: string;
  phase: string;
  actor_admin_id: string;
  items_total: number;
  items_done: number;
  items_failed: number;
  failure_reason: string | null;
}

/**
 * One time of one schedule: what its owner may do now, the plan as it is now, the operation, the schedule's next time and the records,
 * or nothing of it. No row: another one has taken it.
 */
const runDue = (selection: Selection) =>
  statement<DueRun, DueRunRow>(sql`
WITH ${CUR}, ${ownerCte({
    needed: sql`ARRAY['operations.execute', ${p('permission')}::text]`,
    what: 'what it is about',
  })}, ${planCtes(selection)}, sound AS (
  SELECT planned.* FROM planned CROSS JOIN access WHERE ${SOUND}
), ${madeCtes(selection, sql`true`)}, idle AS (
  SELECT FROM planned CROSS JOIN access WHERE access.verdict = 'ok' AND planned.total = 0 AND planned.unknown_count = 0
), moved AS (
  UPDATE ${operationSchedules} s SET next_run_at = ${p('nextRunAt')}::timestamptz, last_run_at = date_trunc('milliseconds', now()),
    last_operation_id = coalesce(made.id, s.last_operation_id), last_error = CASE WHEN made.id IS NULL THEN ${p('idle')}::text END,
    enabled = s.enabled AND cur.at IS NULL, version = s.version + (cur.at IS NOT NULL)::int, updated_at = CASE WHEN cur.at IS NULL THEN s.updated_at ELSE now() END
  FROM cur LEFT JOIN made ON true WHERE s.id = cur.id AND (made.id IS NOT NULL OR EXISTS (SELECT FROM idle)) RETURNING s.*
), requested AS (${insertRunRecord({
    id: sql`${p('eventId')}`,
    time: sql`${p('eventTime')}`,
    action: sql`CASE WHEN made.id IS NULL THEN ${p('idleAction')}::text ELSE ${p('action')}::text END`,
    resource: sql`CASE WHEN made.id IS NULL THEN 'operation_schedule' ELSE 'operation' END, coalesce(made.id, cur.id)::text`,
    serviceId: MADE_FOR,
    outcome: sql`'success'`,
    after: sql`${attempted} || CASE WHEN made.id IS NULL THEN '{"itemsTotal": 0}' ELSE ${MADE_STATE} END`,
    why: sql`CASE WHEN made.id IS NULL THEN ${p('idle')}::text ELSE cur.reason END`,
    from: sql`CROSS JOIN moved LEFT JOIN made ON true`,
  })}), switched_off AS (${switchedOff({ why: sql`${p('over')}::text`, when: sql`cur.enabled AND NOT moved.enabled` })})
SELECT access.refused, ${PLANNED}, moved.id IS NOT NULL AS moved, made.id, made.type, made.phase, made.actor_admin_id, made.items_total,
  made.items_done, made.items_failed, made.failure_reason
FROM access CROSS JOIN planned LEFT JOIN moved ON true LEFT JOIN made ON true`);

export const runDueSchedule = each(runDue);

export interface DueRefusal extends SystemEvent, DueTime, OffEvent {
  /** Of the operation that is not made. */
  operationId: string;
  refusal: string;
}

/** A time at which no operation may be made: the schedule is switched off and says why. No row: another one has taken it. */
export const refuseDueSchedule = statement<DueRefusal, { id: string }>(sql`
WITH ${CUR}, access AS (
  SELECT a.id AS admin_id, a.email, 'system' AS role FROM cur JOIN admins a ON a.id = cur.owner_id
), moved AS (
  UPDATE ${operationSchedules} s SET next_run_at = NULL, last_error = ${p('refusal')}, enabled = false, version = s.version + 1, updated_at = now()
  FROM cur WHERE s.id = cur.id RETURNING s.*
), requested AS (${insertRunRecord({
  id: sql`${p('eventId')}`,
  time: sql`${p('eventTime')}`,
  action: sql`${p('action')}`,
  resource: sql`'operation', ${p('operationId')}`,
  serviceId: sql`NULL::uuid`,
  outcome: sql`'denied'`,
  after: attempted,
  why: sql`${p('refusal')}::text`,
  from: sql`CROSS JOIN moved`,
})}), switched_off AS (${switchedOff({ why: sql`${p('refusal')}::text`, when: sql`true` })})
SELECT moved.id FROM moved`);
