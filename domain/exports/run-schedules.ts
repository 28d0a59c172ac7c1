import {
  type DueRow,
  dueSchedules,
  runDueSchedule,
  runScheduleNow as runNowStatement,
} from '../../drizzle/repositories/export-schedule-runs.ts';
import { readSchedule as readStatement, type ScheduleItem } from '../../drizzle/repositories/export-schedules.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput, newEvent } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext, Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { Creation } from '../resources/create.ts';
import { hashOf, keptKey } from '../resources/idempotency.ts';
import { readOne } from '../resources/read.ts';
import { isTimeZone } from '../schedules/cron.ts';
import { nextRunOf } from '../schedules/times.ts';
import { askedFor } from './asked.ts';
import { assertFits } from './estimate-export.ts';
import { type Period, rangeOf, SETTLE_MS } from './period.ts';
import { takeUp } from './request-export.ts';
import { type ExportSpecification, estimateRequest } from './schema.ts';

/** In one minute; the others wait for the next one. */
const MOST_RUNS = 100;
const MOST_TRIES = 3;

interface Scheduled {
  exportType: string;
  fileFormat: string;
  compression: string;
  parameters: Record<string, unknown>;
  period: Period;
  timeZone: string;
}

const GONE = 'What it asks for cannot be exported any more; change it first.';

/**
 * What one run asks for. Times are milliseconds.
 * @throws DomainError conflict when a type, field or time zone has gone since the schedule was made
 */
function specificationAt(schedule: Scheduled, run: { ranAt: number; lastRunAt: number | null }): ExportSpecification {
  const { exportType, fileFormat, compression, period, timeZone } = schedule;
  if (!isTimeZone(timeZone)) throw new DomainError('conflict', GONE);
  const parameters = { ...schedule.parameters, ...rangeOf(period, timeZone, run) };
  const parsed = estimateRequest.safeParse({ exportType, fileFormat, compression, parameters });
  if (!parsed.success) throw new DomainError('conflict', GONE, { cause: parsed.error });
  return parsed.data;
}

/** As the statements take it. */
function needsOf(specification: ExportSpecification) {
  const { dataPermission, serviceId, parameters } = askedFor(specification);
  return { dataPermission, serviceId, parameters };
}

/**
 * Makes the exports of all schedules whose time has come, as their owners. One that was missed runs once, however often it was.
 * @returns how many exports were made
 */
export async function runDueSchedules(ctx: Context): Promise<number> {
  const due = await ctx.db.api.run(dueSchedules, { settleMs: SETTLE_MS, limit: MOST_RUNS });
  let made = 0;
  for (const row of due) {
    try {
      if (await runOne(ctx, row)) made++;
    } catch (error) {
      // Its time has not moved: it is tried again in a minute. The others must not wait for it.
      ctx.log.error('scheduled export failed', { error, scheduleId: row.id });
    }
  }
  return made;
}

async function runOne(ctx: Context, row: DueRow): Promise<boolean> {
  const exportId = ctx.newId();
  const requested = newEvent(ctx, 'export.request');
  const off = newEvent(ctx, 'export.schedule.disable');
  const [done] = await ctx.db.api.run(runDueSchedule, {
    ...requested,
    offEventId: off.eventId,
    offEventTime: off.eventTime,
    offAction: off.action,
    exportId,
    scheduleId: row.id,
    version: row.version,
    dueAt: row.next_run_at.toISOString(),
    lastRunAt: row.last_run_at?.toISOString() ?? null,
    ...runOf(row),
  });
  if (!done) return false;
  if (done.refused === null) takeUp(ctx, exportId, done.owner_id);
  else ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  return done.refused === null;
}

/** When and what, or why not. */
function runOf(row: DueRow) {
  const {
    export_type: exportType,
    file_format: fileFormat,
    time_zone: timeZone,
    compression,
    parameters,
    period,
  } = row;
  const lastRunAt = row.last_run_at?.getTime() ?? null;
  // The clocks of two machines may differ, and periods must not overlap.
  const at = Math.max(row.now.getTime(), lastRunAt ?? 0);
  const ranAt = new Date(at).toISOString();
  try {
    const schedule = { exportType, fileFormat, compression, parameters, period, timeZone };
    const needs = needsOf(specificationAt(schedule, { ranAt: at, lastRunAt }));
    return { ...needs, ranAt, nextRunAt: nextRunOf({ cron: row.cron, timeZone }, at), refusal: null };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const nothing = { dataPermission: '', serviceId: null, parameters: JSON.stringify(parameters), nextRunAt: null };
    return { ...nothing, ranAt, refusal: error.message };
  }
}

export interface ScheduleRun {
  scheduleId: string;
  exportId: string;
}

/**
 * One more run of the caller's own schedule, now. The next `since_last_run` goes on from here.
 * @throws NotFound, Invalid, DomainError forbidden | conflict | idempotency_key_reused
 */
export async function runScheduleNow(ctx: CallerContext, scheduleId: string, o: Creation): Promise<ScheduleRun> {
  const requestHash = await hashOf(scheduleId);
  const idempotencyKey = await keptKey(o.idempotencyKey);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const item = await readOne(ctx, readStatement, {
      action: 'export.schedule.run',
      key: { scheduleId, serviceId: null, all: false },
    });
    const { specification, ...run } = runNowOf(ctx, item);
    await assertFits(ctx, specification);
    const needs = needsOf(specification);
    const [row] = await ctx.db.api.run(runNowStatement, {
      ...callerInput(ctx, 'export.request', o.reason === '' ? `schedule ${scheduleId}` : o.reason, [
        needs.dataPermission,
      ]),
      ...needs,
      ...run,
      exportId: ctx.newId(),
      scheduleId,
      route: 'export.schedule.run',
      idempotencyKey,
      requestHash,
    });
    const { export_id: exportId, prior_hash: priorHash } = assertAllowed(ctx, row);
    if (priorHash !== null && priorHash !== requestHash)
      throw new DomainError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; choose a new one.',
      );
    if (exportId === null) continue;
    if (priorHash === null) takeUp(ctx, exportId, item.ownerId);
    return { scheduleId, exportId };
  }
  throw new DomainError('conflict', 'The schedule is being run or changed by others; try again.');
}

function runNowOf(ctx: CallerContext, item: ScheduleItem) {
  const lastRunAt = item.lastRunAt === null ? null : Date.parse(item.lastRunAt);
  const ranAt = Math.max(ctx.now(), lastRunAt ?? 0);
  return {
    specification: specificationAt(item, { ranAt, lastRunAt }),
    version: item.version,
    lastRunAt: item.lastRunAt,
    ranAt: new Date(ranAt).toISOString(),
  };
}
