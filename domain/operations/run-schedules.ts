import { planning } from '../../drizzle/repositories/operation-plans.ts';
import {
  type DueRow,
  type DueRunRow,
  dueSchedules,
  refuseDueSchedule,
  runDueSchedule,
} from '../../drizzle/repositories/operation-schedule-runs.ts';
import { readOperationSchedule } from '../../drizzle/repositories/operation-schedules.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { CallerContext, Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Creation } from '../resources/create.ts';
import { readOne } from '../resources/read.ts';
import { isTimeZone } from '../schedules/cron.ts';
import { nextRunOf } from '../schedules/times.ts';
import { type Asked, askedOf, assertSound, planInput } from './plan-operation.ts';
import { requestAsked, sendOff, termsOf } from './request-operation.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

/** In one minute; the others wait for the next one. */
const MOST_RUNS = 100;
const MOST_TRIES = 3;

const GONE = 'What it asks for cannot be done any more; change it first.';
const IDLE = 'There was nothing to do.';
const OVER = 'Its one time has come.';

/**
 * What a schedule asks for, as its type takes it today.
 * @throws DomainError conflict when a type, field or time zone has gone since the schedule was made
 */
function askedBy(schedule: Pick<DueRow, 'type' | 'target' | 'parameters'>): Asked {
  if (!Object.hasOwn(OPERATION_TYPES, schedule.type)) throw new DomainError('conflict', GONE);
  try {
    return askedOf({ ...schedule, type: schedule.type as OperationTypeName });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError('conflict', GONE, { cause: error });
  }
}

/**
 * Makes the operations of all schedules whose time has come, as their owners. One that was missed runs once, however often it was.
 * @returns how many operations were made
 */
export async function runDueOperationSchedules(ctx: Context): Promise<number> {
  const due = await ctx.db.api.run(dueSchedules, { limit: MOST_RUNS });
  let made = 0;
  for (const row of due) {
    try {
      if (await runOne(ctx, row)) made++;
    } catch (error) {
      // Its time has not moved: it is tried again in a minute. The others must not wait for it.
      ctx.log.error('scheduled operation failed', { error, scheduleId: row.id });
    }
  }
  return made;
}

async function runOne(ctx: Context, row: DueRow): Promise<boolean> {
  let asked: Asked;
  let nextRunAt: string | null;
  try {
    asked = askedBy(row);
    nextRunAt = nextOf(row);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await refuse(ctx, row, error.message);
    return false;
  }
  const done = await planning(ctx.db.api, runDueSchedule[asked.draft.selection], {
    ...planInput(asked, ctx.newId(), { at: row.now.toISOString(), reason: row.reason }),
    ...termsOf(ctx, asked, { start: true, scheduleId: row.id }),
    ...eventsOf(ctx, row),
    scheduleId: row.id,
    sessionId: '',
    reason: row.reason,
    nextRunAt,
    idleAction: 'operation.schedule.run',
    idle: IDLE,
    over: OVER,
  });
  // Another one has taken it.
  if (!done) return false;
  if (!done.moved) await refuse(ctx, row, whyNot(asked, done));
  else if (done.id !== null) sendOff(ctx, done);
  else ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  return done.id !== null;
}

/** @throws DomainError conflict for a time zone that is gone */
function nextOf({ cron, time_zone: timeZone, now }: DueRow): string | null {
  if (cron === null || timeZone === null) return null;
  if (!isTimeZone(timeZone)) throw new DomainError('conflict', GONE);
  return nextRunOf({ cron, timeZone }, now.getTime());
}

function eventsOf(ctx: Context, row: DueRow) {
  const requested = newEvent(ctx, 'operation.request');
  const off = newEvent(ctx, 'operation.schedule.disable');
  return {
    ...requested,
    offEventId: off.eventId,
    offEventTime: off.eventTime,
    offAction: off.action,
    version: row.version,
    dueAt: row.next_run_at.toISOString(),
  };
}

/** What keeps a plan from becoming an operation. */
function whyNot(asked: Asked, done: DueRunRow): string {
  if (done.refused !== null) return done.refused;
  if (done.unknown_count > 0)
    return `${done.unknown_count} of what it names is not there, or nothing its owner may change.`;
  try {
    assertSound(asked, done);
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
  throw new Error('a scheduled operation was not made, and nothing kept it from being made');
}

/** Switches the schedule off, with the records of who may not, and that it is off. */
async function refuse(ctx: Context, row: DueRow, refusal: string): Promise<void> {
  const operationId = ctx.newId();
  await ctx.db.api.run(refuseDueSchedule, { ...eventsOf(ctx, row), scheduleId: row.id, operationId, refusal });
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
}

export interface ScheduleRun {
  scheduleId: string;
  operationId: string;
}

/**
 * One more run of the caller's own schedule, now.
 * @throws NotFound, Invalid, DomainError forbidden | conflict | idempotency_key_reused | would_lock_out
 */
export async function runScheduleNow(ctx: CallerContext, scheduleId: string, o: Creation): Promise<ScheduleRun> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = await readOne(ctx, readOperationSchedule, {
      action: 'operation.schedule.run',
      key: { scheduleId, serviceId: null, all: false },
    });
    const made = await requestAsked(ctx, askedBy(item), {
      reason: ctx.redact.text(o.reason.trim() || item.reason),
      start: true,
      idempotencyKey: o.idempotencyKey,
      route: 'operation.schedule.run',
      same: JSON.stringify([scheduleId.toLowerCase(), o.reason]),
      schedule: { id: item.id, version: item.version },
    });
    if (made?.id) return { scheduleId, operationId: made.id };
  }
  throw new DomainError('conflict', 'The schedule is being changed by others; try again.');
}
