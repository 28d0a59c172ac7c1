import { sql } from 'drizzle-orm';
import { type Call, call, statement } from '../client.ts';
import { exportSchedules } from '../schema/index.ts';
import { resource } from './resource.ts';

export type SchedulePeriod = 'all' | 'previous_day' | 'previous_week' | 'previous_month' | 'since_last_run';

export interface ScheduleItem {
  id: string;
  ownerId: string;
  ownerEmail: string;
  name: string;
  exportType: string;
  parameters: Record<string, unknown>;
  fileFormat: string;
  compression: string;
  period: SchedulePeriod;
  cron: string;
  timeZone: string;
  enabled: boolean;
  nextRunAt: string | null;
  lastRunAt: string | null;
  lastExportId: string | null;
  lastError: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}

/** What an admin may have. */
export const MAX_SCHEDULES = 50;

const p = sql.placeholder;
const SETTINGS = [
  'name',
  'exportType',
  'parameters',
  'fileFormat',
  'compression',
  'period',
  'cron',
  'timeZone',
  'enabled',
];

/** Whose, and what the data is about: a service, none (null), or everywhere (the nil UUID). */
export interface ScheduleReach {
  serviceId: string | null;
  /** Everybody's, not the caller's own alone. */
  all: boolean;
}

const reach = sql`(t.owner_id = access.admin_id OR ${p('all')}::boolean)`;

const schedule = resource<ScheduleItem, { scheduleId: string }>({
  name: 'export_schedule',
  table: exportSchedules,
  fields: SETTINGS,
  changeable: SETTINGS,
  key: { scheduleId: exportSchedules.id },
  about: 'asked',
  derived: { ownerEmail: (alias) => `(SELECT a.email FROM admins a WHERE a.id = ${alias}.owner_id)` },
});

/** What records show of the schedule in this alias. */
export const scheduleState = schedule.state;

/** First in a transaction that counts an admin's schedules: two of them one after the other. */
export const lockSchedules = (subject: string): Call =>
  call(
    statement<{ subject: string }, unknown>(
      sql`SELECT pg_advisory_xact_lock(hashtextextended('export schedules ' || ${p('subject')}::text, 0))`,
    ),
    { subject },
  );

/** In the order in which they were made. */
export const listSchedules = schedule.list<ScheduleReach>({ order: ['id'], scope: reach });

export const readSchedule = schedule.read<ScheduleReach>({ scope: reach });

/** After lockSchedules. */
export const insertSchedule = schedule.insert<{ serviceId: string | null; nextRunAt: string | null }>({
  guards: {
    full: sql`(SELECT count(*) FROM ${exportSchedules} s WHERE s.owner_id = draft.owner_id) >= ${sql.raw(String(MAX_SCHEDULES))}`,
  },
  set: { ownerId: sql`access.admin_id`, nextRunAt: sql`${p('nextRunAt')}::timestamptz` },
});

/** `reschedule`: `nextRunAt` replaces the row's, which a run may have moved since it was read. */
export const updateSchedule = schedule.update<ScheduleReach & { reschedule: boolean; nextRunAt: string | null }>({
  scope: reach,
  set: {
    nextRunAt: sql`CASE WHEN ${p('reschedule')}::boolean THEN ${p('nextRunAt')}::text ELSE cur.before->>'nextRunAt' END`,
    lastError: sql`CASE WHEN ${p('reschedule')}::boolean THEN NULL ELSE cur.last_error END`,
  },
});

export const deleteSchedule = schedule.remove<ScheduleReach>({ scope: reach });
