import type { ClickHouse } from '../client.ts';
import { type AuditFilter, auditCondition } from './audit-filter.ts';
import { settingsFor } from './list-audit-logs.ts';

/** How many records of an outcome fall into a bucket, counted from `origin`. */
export interface VolumeRow {
  bucket: number;
  outcome: string;
  /** A 64-bit integer as text. */
  records: string;
}

export interface VolumeQuery {
  /** Without from and to. */
  filter: AuditFilter;
  /** Milliseconds, both included. */
  from: number;
  to: number;
  /** Seconds. */
  width: number;
  /** Seconds since the epoch, not after `from`. */
  origin: number;
}

const HOUR_MS = 3_600_000;
const TABLE = 'audit_db.admin_audit_logs';

const textOf = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

const counted = (time: string, where: string) =>
  `SELECT toUInt32(intDiv(toInt64(toUnixTimestamp(${time})) - {origin:Int64}, {width:Int64})) AS bucket, outcome, count() AS records
    FROM ${TABLE} WHERE ${where} GROUP BY bucket, outcome`;

/** Records by bucket and outcome; a bucket or outcome without any has no row. */
export async function auditVolume(client: ClickHouse, query: VolumeQuery): Promise<VolumeRow[]> {
  const { filter, from, to, width, origin } = query;
  // What the projection has of a record.
  const { outcome: _o, services: _s, notOutcome: _no, notServiceId: _ns, ...narrower } = filter;
  const hourly = width % 3600 === 0 && Object.values(narrower).every((value) => value === null || value === undefined);
  const { sql, params, settings } = hourly ? byHours(query) : row(query);
  const answer = await client.query({
    query: sql,
    query_params: { ...params, from: textOf(from), to: textOf(to), width, origin },
    format: 'JSONEachRow',
    clickhouse_settings: settings,
  });
  return answer.json<VolumeRow>();
}

const row = ({ filter }: VolumeQuery) => {
  const { sql, params } = auditCondition(filter);
  return { sql: counted('timestamp', `${IN_RANGE} AND ${sql}`), params, settings: settingsFor(filter) };
};

const IN_RANGE = 'timestamp BETWEEN {from:DateTime64(3)} AND {to:DateTime64(3)}';

/** Whole hours from the projection `hourly`, which is as small in a large table as in a small one; the rest from the rows. */
function byHours(query: VolumeQuery) {
  const { filter, from, to } = query;
  const [begin, end] = [Math.ceil(from / HOUR_MS) * HOUR_MS, Math.floor((to + 1) / HOUR_MS) * HOUR_MS];
  if (end <= begin) return row(query);
  const { sql, params } = auditCondition(filter);
  const hours = `toStartOfHour(timestamp) >= {begin:DateTime} AND toStartOfHour(timestamp) < {end:DateTime}`;
  const parts = [counted('toStartOfHour(timestamp)', `${hours} AND ${sql}`)];
  if (from < begin) parts.push(counted('timestamp', `${IN_RANGE} AND timestamp < {begin:DateTime64(3)} AND ${sql}`));
  if (to >= end) parts.push(counted('timestamp', `${IN_RANGE} AND timestamp >= {end:DateTime64(3)} AND ${sql}`));
  return {
    sql: `SELECT bucket, outcome, sum(records) AS records FROM (${parts.join(' UNION ALL ')}) GROUP BY bucket, outcome`,
    params: { ...params, begin: textOf(begin).slice(0, 19), end: textOf(end).slice(0, 19) },
    settings: { optimize_use_projections: 1 as const },
  };
}
