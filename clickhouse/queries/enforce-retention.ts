import type { ClickHouse } from '../client.ts';

/** What each table's TTL removes, as its migration says it, at the instant `at` of ClickHouse's own clock. */
const EXPIRED = {
  admin_audit_logs: 'toDateTime(timestamp) + INTERVAL 7 YEAR <= at AND legal_hold = 0',
  admin_ui_events: 'toDateTime(timestamp) + INTERVAL 7 YEAR <= at',
  admin_api_logs: 'toDateTime(timestamp) + INTERVAL 7 YEAR <= at',
  admin_sessions: 'toDateTime(day + INTERVAL 2 YEAR) <= at',
} as const;

export type RetainedTable = keyof typeof EXPIRED;

/** Tables of audit_db that forget: every one with rows. */
export const RETAINED_TABLES = Object.keys(EXPIRED) as [RetainedTable, ...RetainedTable[]];

/**
 * Of this one ClickHouse only works out anew what has expired (migration 0008, for the sake of releases): the rows themselves go
 * with the next merge of their part. Its background merges see to that every four hours.
 */
export const REMOVED_BY_MERGES: RetainedTable = 'admin_audit_logs';

export interface Expired {
  rows: number;
  /** Seconds since the epoch. */
  at: number;
}

/** How many rows are past their retention, now or at an earlier instant. */
export async function countExpired(client: ClickHouse, table: RetainedTable, at?: number): Promise<Expired> {
  const answer = await client.query({
    query: `WITH ${at === undefined ? 'now()' : 'toDateTime({at:UInt32})'} AS at
      SELECT toUnixTimestamp(at) AS at_seconds, toFloat64(count()) AS rows FROM audit_db.${table} WHERE ${EXPIRED[table]}`,
    query_params: at === undefined ? {} : { at },
    format: 'JSONEachRow',
    // A replica that has not seen the newest rows would count too few.
    clickhouse_settings: { select_sequential_consistency: '1' },
  });
  const [row] = await answer.json<{ at_seconds: number; rows: number }>();
  if (!row) throw new Error('ClickHouse gave no count');
  return { rows: row.rows, at: row.at_seconds };
}

/** Removes what the TTL would remove. Returns once every part is done on every replica: a second for some 500,000 rows. */
export async function materializeTtl(client: ClickHouse, table: RetainedTable): Promise<void> {
  await client.command({
    query: `ALTER TABLE audit_db.${table} MATERIALIZE TTL`,
    clickhouse_settings: { mutations_sync: '2' },
  });
}
