import {
  deleteSchedule,
  insertSchedule,
  listSchedules as listStatement,
  readSchedule as readStatement,
  type ScheduleItem,
  updateSchedule,
} from '../../drizzle/repositories/export-schedules.ts';
import { lockSchedules, MAX_SCHEDULES } from '../../drizzle/repositories/schedules.ts';
import { EVERYWHERE } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import { assertOnlySwitchesOff, asWhole, changeAsRead, onlySwitchesOff } from '../schedules/change-schedule.ts';
import { comingRuns, nextRunOf } from '../schedules/times.ts';
import { askedFor } from './asked.ts';
import { type NewSchedule, newSchedule, type ScheduleChange, specificationOf } from './schedule.ts';

export type ScheduleView = ScheduleItem & {
  /** RFC 3339. */
  nextRuns: string[];
};

const viewOf = (item: ScheduleItem): ScheduleView => ({ ...item, nextRuns: comingRuns(item) });

const OWN = { serviceId: null, all: false };
const ANYBODYS = { serviceId: EVERYWHERE, all: true };

/** In the order in which they were made. @param anybodys not the caller's own alone */
export async function listSchedules(
  ctx: CallerContext,
  query: PageQuery,
  anybodys: boolean,
): Promise<Page<ScheduleView>> {
  const { items, nextCursor } = await list(ctx, listStatement, {
    action: anybodys ? 'export.schedule.any.list' : 'export.schedule.list',
    key: anybodys ? ANYBODYS : OWN,
    limit: query.limit,
    cursor: query.cursor,
    order: ['uuid'],
  });
  return { items: items.map(viewOf), nextCursor };
}

/** @throws NotFound */
export async function readSchedule(ctx: CallerContext, scheduleId: string, anybodys: boolean): Promise<ScheduleView> {
  const action = anybodys ? 'export.schedule.any.read' : 'export.schedule.read';
  return viewOf(await readOne(ctx, readStatement, { action, key: { scheduleId, ...(anybodys ? ANYBODYS : OWN) } }));
}

/** @throws NotFound, DomainError forbidden | conflict | idempotency_key_reused */
export async function createSchedule(ctx: CallerContext, values: NewSchedule, o: Creation): Promise<ScheduleView> {
  const { dataPermission, serviceId } = askedFor(specificationOf(values));
  const made = await create(ctx, insertSchedule, {
    action: 'export.schedule.create',
    more: [dataPermission],
    key: { serviceId, nextRunAt: values.enabled ? nextRunOf(values, ctx.now()) : null },
    place: {},
    values,
    taken: 'Another schedule has this id; try again.',
    refusals: {
      full: () => new DomainError('conflict', `An admin has at most ${MAX_SCHEDULES} schedules; delete one first.`),
    },
    lock: lockSchedules('export', ctx.caller.subject),
    ...o,
  });
  return viewOf(made);
}

/**
 * Merges a change into the caller's own schedule. What comes of it must be allowed as a whole, and to whom it belongs, unless it
 * only switches the schedule off.
 * @throws NotFound, Invalid, DomainError forbidden | stale_version
 */
export async function changeSchedule(
  ctx: CallerContext,
  scheduleId: string,
  given: ScheduleChange,
  o: Replacement,
): Promise<ScheduleView> {
  const read = () => readOne(ctx, readStatement, { action: 'export.schedule.update', key: { scheduleId, ...OWN } });
  return changeAsRead(o.ifMatch, read, (current, ifMatch) => replace(ctx, current, given, { ...o, ifMatch }));
}

async function replace(ctx: CallerContext, current: ScheduleItem, given: ScheduleChange, o: Replacement) {
  const merged = complete(current, given);
  const onlyOff = onlySwitchesOff(given);
  const { dataPermission, serviceId } = askedFor(specificationOf(merged));
  const reschedule =
    merged.enabled !== current.enabled || merged.cron !== current.cron || merged.timeZone !== current.timeZone;
  const { item } = await change(ctx, updateSchedule, {
    action: 'export.schedule.update',
    key: {
      scheduleId: current.id,
      serviceId: onlyOff ? null : serviceId,
      all: false,
      reschedule,
      nextRunAt: merged.enabled ? nextRunOf(merged, ctx.now()) : null,
    },
    more: onlyOff ? [] : [dataPermission],
    patch: onlyOff ? given : merged,
    ...o,
  });
  return viewOf(item);
}

/** @throws Invalid */
function complete(current: ScheduleItem, given: ScheduleChange): NewSchedule {
  const { name, exportType, fileFormat, compression, parameters, period, cron, timeZone, enabled } = current;
  const before = { name, exportType, fileFormat, compression, parameters, period, cron, timeZone, enabled };
  return asWhole(newSchedule, { ...before, ...given });
}

/** Switches off anybody's schedule. @throws NotFound, Invalid */
export async function disableSchedule(
  ctx: CallerContext,
  scheduleId: string,
  given: ScheduleChange,
  o: Replacement,
): Promise<ScheduleView> {
  assertOnlySwitchesOff(given);
  const { item } = await change(ctx, updateSchedule, {
    action: 'export.schedule.any.disable',
    key: { scheduleId, ...ANYBODYS, reschedule: true, nextRunAt: null },
    patch: given,
    ...o,
  });
  return viewOf(item);
}

/** The exports it made stay. @throws NotFound, DomainError stale_version */
export async function removeSchedule(
  ctx: CallerContext,
  scheduleId: string,
  o: Replacement & { anybodys: boolean },
): Promise<void> {
  const { anybodys, ...replacement } = o;
  await remove(ctx, deleteSchedule, {
    action: anybodys ? 'export.schedule.any.delete' : 'export.schedule.delete',
    key: { scheduleId, ...(anybodys ? ANYBODYS : OWN) },
    ...replacement,
  });
}
