import {
  deleteOperationSchedule,
  insertOperationSchedule,
  listOperationSchedules,
  type Named,
  type OperationScheduleItem,
  readOperationSchedule,
  updateOperationSchedule,
} from '../../drizzle/repositories/operation-schedules.ts';
import { lockSchedules, MAX_SCHEDULES } from '../../drizzle/repositories/schedules.ts';
import { EVERYWHERE } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, Invalid, NotFound } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import type { Refusals } from '../resources/refusals.ts';
import { assertOnlySwitchesOff, asWhole, changeAsRead, onlySwitchesOff } from '../schedules/change-schedule.ts';
import { type Asked, askedOf } from './plan-operation.ts';
import { coming, firstRunOf, type NewSchedule, newSchedule, type ScheduleChange } from './schedule.ts';

export type ScheduleView = OperationScheduleItem & {
  /** RFC 3339. */
  nextRuns: string[];
};

const viewOf = (item: OperationScheduleItem): ScheduleView => ({ ...item, nextRuns: coming(item) });

const OWN = { serviceId: null, all: false };
const ANYBODYS = { serviceId: EVERYWHERE, all: true };
const NOTHING_NAMED: Named = { selection: null, list: '[]' };

/** In the order in which they were made. @param anybodys not the caller's own alone */
export async function listSchedules(
  ctx: CallerContext,
  query: PageQuery,
  anybodys: boolean,
): Promise<Page<ScheduleView>> {
  const { items, nextCursor } = await list(ctx, listOperationSchedules, {
    action: anybodys ? 'operation.schedule.any.list' : 'operation.schedule.list',
    key: anybodys ? ANYBODYS : OWN,
    limit: query.limit,
    cursor: query.cursor,
    order: ['uuid'],
  });
  return { items: items.map(viewOf), nextCursor };
}

/** @throws NotFound */
export async function readSchedule(ctx: CallerContext, scheduleId: string, anybodys: boolean): Promise<ScheduleView> {
  const action = anybodys ? 'operation.schedule.any.read' : 'operation.schedule.read';
  const key = { scheduleId, ...(anybodys ? ANYBODYS : OWN) };
  return viewOf(await readOne(ctx, readOperationSchedule, { action, key }));
}

/** The permission of its type, where it counts, and what it names. */
const needsOf = ({ declared, draft }: Asked) => ({
  serviceId: declared.everywhere ? EVERYWHERE : null,
  selection: draft.selection,
  list: JSON.stringify(draft.list ?? []),
});

const refusalsOf = (asked: Asked): Refusals => ({
  full: () => new DomainError('conflict', `An admin has at most ${MAX_SCHEDULES} schedules; delete one first.`),
  past: () => new Invalid('at: must be in the future', [{ field: 'at', reason: 'must be in the future' }]),
  unknown: () => {
    if ('id' in asked.target) return new NotFound();
    const list = ['ids', 'items'].find((name) => name in asked.target);
    const reason = 'names what there is not, or what you may not change';
    return new Invalid('Some of what is named is not there. Leave it out, or correct it.', [
      { field: list ? `target.${list}` : 'parameters', reason },
    ]);
  },
});

/** @throws NotFound, Invalid, DomainError forbidden | conflict | idempotency_key_reused */
export async function createSchedule(ctx: CallerContext, given: NewSchedule, o: Creation): Promise<ScheduleView> {
  const asked = askedOf(given);
  const values = { ...given, target: asked.target, parameters: asked.parameters };
  const made = await create(ctx, insertOperationSchedule, {
    action: 'operation.schedule.create',
    more: [asked.declared.permission],
    key: { ...needsOf(asked), nextRunAt: values.enabled ? firstRunOf(values, ctx.now()) : null },
    place: {},
    values,
    taken: 'Another schedule has this id; try again.',
    refusals: refusalsOf(asked),
    lock: lockSchedules('operation', ctx.caller.subject),
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
  const action = 'operation.schedule.update';
  if (onlySwitchesOff(given)) {
    const key = { scheduleId, ...OWN, ...NOTHING_NAMED, reschedule: true, nextRunAt: null };
    return viewOf((await change(ctx, updateOperationSchedule, { action, key, patch: given, ...o })).item);
  }
  const read = () => readOne(ctx, readOperationSchedule, { action, key: { scheduleId, ...OWN } });
  return changeAsRead(o.ifMatch, read, (current, ifMatch) => replace(ctx, current, given, { ...o, ifMatch }));
}

async function replace(ctx: CallerContext, current: OperationScheduleItem, given: ScheduleChange, o: Replacement) {
  const merged = complete(current, given);
  const asked = askedOf(merged);
  const reschedule = (['enabled', 'at', 'cron', 'timeZone'] as const).some((name) => merged[name] !== current[name]);
  const { item } = await change(ctx, updateOperationSchedule, {
    action: 'operation.schedule.update',
    key: {
      ...needsOf(asked),
      scheduleId: current.id,
      all: false,
      reschedule,
      nextRunAt: merged.enabled ? firstRunOf(merged, ctx.now()) : null,
    },
    more: [asked.declared.permission],
    patch: { ...merged, target: asked.target, parameters: asked.parameters },
    refusals: refusalsOf(asked),
    ...o,
  });
  return viewOf(item);
}

/** A time zone comes and goes with its cron. @throws Invalid */
function complete(current: OperationScheduleItem, given: ScheduleChange): NewSchedule {
  const { name, type, target, parameters, reason, at, cron, enabled } = current;
  const timeZone = given.cron === null ? null : current.timeZone;
  return asWhole(newSchedule, { name, type, target, parameters, reason, at, cron, timeZone, enabled, ...given });
}

/** Switches off anybody's schedule. @throws NotFound, Invalid */
export async function disableSchedule(
  ctx: CallerContext,
  scheduleId: string,
  given: ScheduleChange,
  o: Replacement,
): Promise<ScheduleView> {
  assertOnlySwitchesOff(given);
  const { item } = await change(ctx, updateOperationSchedule, {
    action: 'operation.schedule.any.disable',
    key: { scheduleId, ...ANYBODYS, ...NOTHING_NAMED, reschedule: true, nextRunAt: null },
    patch: given,
    ...o,
  });
  return viewOf(item);
}

/** The operations it made stay. @throws NotFound, DomainError stale_version */
export async function removeSchedule(
  ctx: CallerContext,
  scheduleId: string,
  o: Replacement & { anybodys: boolean },
): Promise<void> {
  const { anybodys, ...replacement } = o;
  await remove(ctx, deleteOperationSchedule, {
    action: anybodys ? 'operation.schedule.any.delete' : 'operation.schedule.delete',
    key: { scheduleId, ...(anybodys ? ANYBODYS : OWN) },
    ...replacement,
  });
}
