import { sql } from 'drizzle-orm';
import { operationSchedules } from '../schema/index.ts';
import { SELECTIONS, type Selection, type SelectionName } from './operation-targets.ts';
import { resource } from './resource.ts';
import { full, type Rescheduling, reach, rescheduled, type ScheduleReach } from './schedules.ts';

export interface OperationScheduleItem {
  id: string;
  ownerId: string;
  ownerEmail: string;
  name: string;
  type: string;
  target: Record<string, unknown>;
  parameters: Record<string, unknown>;
  reason: string;
  /** One of `at` and `cron` is null; `timeZone` is cron's. */
  at: string | null;
  cron: string | null;
  timeZone: string | null;
  enabled: boolean;
  nextRunAt: string | null;
  lastRunAt: string | null;
  lastOperationId: string | null;
  lastError: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}

const p = sql.placeholder;
const SETTINGS = ['name', 'type', 'target', 'parameters', 'reason', 'at', 'cron', 'timeZone', 'enabled'];

/** What is named one by one, so that a plan would be refused whose targets are not there for the caller. */
export interface Named {
  /** null: nothing is. */
  selection: SelectionName | null;
  /** JSON array. */
  list: string;
}

const schedule = resource<OperationScheduleItem, { scheduleId: string }>({
  name: 'operation_schedule',
  table: operationSchedules,
  fields: SETTINGS,
  changeable: SETTINGS,
  key: { scheduleId: operationSchedules.id },
  about: 'asked',
  derived: { ownerEmail: (alias) => `(SELECT a.email FROM admins a WHERE a.id = ${alias}.owner_id)` },
});

/** What records show of the schedule in this alias. */
export const operationScheduleState = schedule.state;

const unknownTargets = sql`CASE ${p('selection')}::text ${sql.join(
  Object.entries<Selection>(SELECTIONS).flatMap(([name, { known }]) =>
    known
      ? [
          sql`WHEN ${sql.raw(`'${name}'`)} THEN EXISTS (
  SELECT FROM jsonb_array_elements(${p('list')}::jsonb) WITH ORDINALITY AS listed (v, n) WHERE NOT (${known})) `,
        ]
      : [],
  ),
  sql``,
)}ELSE false END`;

/** In the order in which they were made. */
export const listOperationSchedules = schedule.list<ScheduleReach>({ order: ['id'], scope: reach });

export const readOperationSchedule = schedule.read<ScheduleReach>({ scope: reach });

/** After lockSchedules. */
export const insertOperationSchedule = schedule.insert<Named & { serviceId: string | null; nextRunAt: string | null }>({
  guards: {
    full: full(operationSchedules),
    past: sql`coalesce(draft.at <= now(), false)`,
    unknown: unknownTargets,
  },
  set: { ownerId: sql`access.admin_id`, nextRunAt: sql`${p('nextRunAt')}::timestamptz` },
});

/** An instant that has passed is refused where it is new, and where it would have to come once more. */
export const updateOperationSchedule = schedule.update<ScheduleReach & Rescheduling & Named>({
  scope: reach,
  guards: {
    past: sql`coalesce((chg.after->>'at')::timestamptz <= now(), false) AND ${p('reschedule')}::boolean
      AND (chg.after->>'enabled' = 'true' OR chg.after->>'at' IS DISTINCT FROM chg.before->>'at')`,
    unknown: unknownTargets,
  },
  set: rescheduled,
});

export const deleteOperationSchedule = schedule.remove<ScheduleReach>({ scope: reach });
