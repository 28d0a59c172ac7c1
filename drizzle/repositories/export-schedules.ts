import { sql } from 'drizzle-orm';
import { exportSchedules } from '../schema/index.ts';
import { resource } from './resource.ts';
import { full, type Rescheduling, reach, rescheduled, type ScheduleReach } from './schedules.ts';

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

/** In the order in which they were made. */
export const listSchedules = schedule.list<ScheduleReach>({ order: ['id'], scope: reach });

export const readSchedule = schedule.read<ScheduleReach>({ scope: reach });

/** After lockSchedules. */
export const insertSchedule = schedule.insert<{ serviceId: string | null; nextRunAt: string | null }>({
  guards: { full: full(exportSchedules) },
  set: { ownerId: sql`access.admin_id`, nextRunAt: sql`${p('nextRunAt')}::timestamptz` },
});

export const updateSchedule = schedule.update<ScheduleReach & Rescheduling>({ scope: reach, set: rescheduled });

export const deleteSchedule = schedule.remove<ScheduleReach>({ scope: reach });
