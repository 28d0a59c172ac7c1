import { type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { adminExports, exportSchedules, idempotencyKeys } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import type { SystemEvent } from './export-runs.ts';
import { type SchedulePeriod, scheduleState } from './export-schedules.ts';
import { insertRunRecord, ownerCte } from './schedules.ts';

const p = sql.placeholder;
const NOWHERE = sql.raw(`'00000000-0000-0000-0000-000000000000'::uuid`);

export interface DueRow {
  id: string;
  version: number;
  export_type: string;
  parameters: Record<string, unknown>;
  file_format: string;
  compression: string;
  period: SchedulePeriod;
  cron: string;
  time_zone: string;
  next_run_at: Date;
  last_run_at: Date | null;
  /** The database's clock. */
  now: Date;
}

/** Those whose time was at least so long ago; the longest first. */
export const dueSchedules = statement<{ settleMs: number; limit: number }, DueRow>(sql`
SELECT s.id, s.version, s.export_type, s.parameters, s.file_format, s.compression, s.period, s.cron, s.time_zone, s.next_run_at,
  s.last_run_at, date_trunc('milliseconds', now()) AS now
FROM ${exportSchedules} s WHERE s.next_run_at <= now() - ${p('settleMs')}::float8 * interval '1 millisecond'
ORDER BY s.next_run_at, s.id LIMIT ${p('limit')}::int`);

interface Run {
  scheduleId: string;
  /** As they were read; a schedule that has moved on since is left alone. Times are RFC 3339. */
  version: number;
  lastRunAt: string | null;
  ranAt: string;
  exportId: string;
  /** JSON: the schedule's, and the period of this run. */
  parameters: string;
  /** The permission on the underlying data. */
  dataPermission: string;
  /** A service, none (null), or everywhere (the nil UUID). */
  serviceId: string | null;
}

const asRead = sql`s.id = ${p('scheduleId')}::uuid AND s.version = ${p('version')}::int
    AND s.last_run_at IS NOT DISTINCT FROM ${p('lastRunAt')}::timestamptz`;

const attempted = sql`jsonb_build_object('exportType', cur.export_type, 'fileFormat', cur.file_format, 'compression', cur.compression,
  'name', cur.name, 'parameters', ${p('parameters')}::jsonb, 'scheduleId', cur.id)`;

/** The row and its cutoff as those of an export that is requested; see insertExport. */
const insertRun = (o: { by: SQL; scope: SQL; from: SQL }): SQL => sql`
  INSERT INTO ${adminExports} (id, requested_by, export_type, parameters, file_format, compression, name, schedule_id, scope,
    data_permission, cutoff, cutoff_xid)
  SELECT ${p('exportId')}::uuid, ${o.by}, cur.export_type, ${p('parameters')}::jsonb, cur.file_format, cur.compression, cur.name, cur.id,
    ${o.scope}, ${p('dataPermission')}, now(), pg_snapshot_xmax(pg_current_snapshot())::text
  FROM cur ${o.from} RETURNING *`;

const NAMED = { serviceId: sql`${p('serviceId')}::uuid`, why: sql`access.refused` };

export interface DueRun extends Run, SystemEvent {
  dueAt: string;
  nextRunAt: string | null;
  /** What keeps the run from being made, whoever its owner is; null: nothing. */
  refusal: string | null;
  /** Of the record of a schedule that is switched off. */
  offEventId: string;
  offEventTime: string;
  offAction: string;
}

/**
 * One run of one schedule: its next time, the export and the records, or none of it. No row: another one has taken it.
 *
 * An owner who may not request the export any more gets none; the schedule is switched off and says why.
 */
export const runDueSchedule = statement<DueRun, { refused: string | null; owner_id: string }>(sql`
WITH cur AS (
  SELECT s.* FROM ${exportSchedules} s WHERE ${asRead} AND s.next_run_at = ${p('dueAt')}::timestamptz FOR UPDATE SKIP LOCKED
), ${ownerCte({
  needed: sql`ARRAY['exports.request', ${p('dataPermission')}::text]`,
  what: 'this data',
  refusal: sql`${p('refusal')}::text`,
})}, made AS (${insertRun({
  by: sql`access.admin_id`,
  scope: sql`access.scope`,
  from: sql`CROSS JOIN access WHERE access.refused IS NULL`,
})}), moved AS (
  UPDATE ${exportSchedules} s SET next_run_at = CASE WHEN access.refused IS NULL THEN ${p('nextRunAt')}::timestamptz END,
    last_run_at = CASE WHEN access.refused IS NULL THEN ${p('ranAt')}::timestamptz ELSE s.last_run_at END,
    last_export_id = CASE WHEN access.refused IS NULL THEN ${p('exportId')}::uuid ELSE s.last_export_id END,
    last_error = access.refused, enabled = access.refused IS NULL, version = s.version + (access.refused IS NOT NULL)::int,
    updated_at = CASE WHEN access.refused IS NULL THEN s.updated_at ELSE now() END
  FROM cur CROSS JOIN access WHERE s.id = cur.id RETURNING s.*
), requested AS (${insertRunRecord({
  id: sql`${p('eventId')}`,
  time: sql`${p('eventTime')}`,
  action: sql`${p('action')}`,
  resource: sql`'export', ${p('exportId')}`,
  ...NAMED,
  outcome: sql`CASE WHEN access.refused IS NULL THEN 'success' ELSE 'denied' END`,
  after: sql`${attempted} || CASE WHEN made.id IS NULL THEN '{}' ELSE jsonb_build_object('status', made.status) END`,
  from: sql`LEFT JOIN made ON true`,
})}), switched_off AS (${insertRunRecord({
  id: sql`${p('offEventId')}`,
  time: sql`${p('offEventTime')}`,
  action: sql`${p('offAction')}`,
  resource: sql`'export_schedule', cur.id::text`,
  ...NAMED,
  outcome: sql`'success'`,
  before: scheduleState('cur'),
  after: scheduleState('moved'),
  from: sql`CROSS JOIN moved WHERE access.refused IS NOT NULL`,
})})
SELECT access.refused, moved.owner_id FROM access CROSS JOIN moved`);

export interface RunNow extends CallerInput, Run {
  route: string;
  idempotencyKey: string | null;
  requestHash: string;
}

export interface RanRow extends Access {
  /** null: the schedule has changed since it was read. */
  export_id: string | null;
  prior_hash: string | null;
}

const REQUESTED = {
  resource: 'export',
  resourceId: sql`${p('exportId')}`,
  serviceId: sql`${p('serviceId')}::uuid`,
  attempted: sql`jsonb_build_object('scheduleId', ${p('scheduleId')}::text, 'parameters', ${p('parameters')}::jsonb)`,
};

/** A run that its owner asks for beside the schedule's own times. */
export const runScheduleNow = statement<RunNow, RanRow>(sql`
WITH ${accessCte(REQUESTED)}, prior AS (
  SELECT k.resource_id, k.request_hash FROM access JOIN ${idempotencyKeys} k
    ON k.admin_id = access.admin_id AND k.route = ${p('route')} AND k.key = ${p('idempotencyKey')} WHERE access.verdict = 'ok'
), cur AS (
  SELECT s.* FROM access JOIN ${exportSchedules} s ON s.owner_id = access.admin_id
  WHERE access.verdict = 'ok' AND ${asRead} AND NOT EXISTS (SELECT FROM prior) FOR UPDATE OF s
), keyed AS (
  INSERT INTO ${idempotencyKeys} (admin_id, route, key, request_hash, resource_id)
  SELECT access.admin_id, ${p('route')}, ${p('idempotencyKey')}, ${p('requestHash')}, ${p('exportId')}::uuid FROM access CROSS JOIN cur
  WHERE ${p('idempotencyKey')}::text IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1
), made AS (${insertRun({
  by: sql`access.admin_id`,
  scope: sql`CASE WHEN nullif(${p('serviceId')}::uuid, ${NOWHERE}) IS NULL THEN access.scope ELSE ARRAY[${p('serviceId')}::uuid] END`,
  from: sql`CROSS JOIN access WHERE ${p('idempotencyKey')}::text IS NULL OR EXISTS (SELECT FROM keyed)`,
})}), moved AS (
  UPDATE ${exportSchedules} s SET last_run_at = ${p('ranAt')}::timestamptz, last_export_id = made.id, last_error = NULL
  FROM cur CROSS JOIN made WHERE s.id = cur.id RETURNING s.id
), recorded AS (${insertAudit({
  ...REQUESTED,
  outcome: sql`'success'`,
  after: sql`${attempted} || jsonb_build_object('status', made.status)`,
  from: sql`CROSS JOIN made CROSS JOIN cur CROSS JOIN moved`,
})})
SELECT access.verdict, access.admin_id, access.missing, coalesce(made.id, prior.resource_id) AS export_id, prior.request_hash AS prior_hash
FROM access LEFT JOIN made ON true LEFT JOIN prior ON true`);
