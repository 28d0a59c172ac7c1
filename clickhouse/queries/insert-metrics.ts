import type { ClickHouse } from '../client.ts';

/** A row of observability_db.metric_minutes. */
export interface MetricRow {
  deployment: string;
  name: string;
  /** Seconds since the epoch. */
  minute: number;
  labels: Record<string, string>;
  sum: number;
  samples: number;
  max: number;
}

/** Inserts a minute's figures and returns once ClickHouse has confirmed them; the same token lands once, as with audit records. */
export async function insertMetrics(client: ClickHouse, token: string, rows: readonly MetricRow[]): Promise<void> {
  await client.insert({
    table: 'observability_db.metric_minutes',
    format: 'JSONEachRow',
    values: rows,
    clickhouse_settings: {
      async_insert: 0,
      insert_deduplicate: 1,
      insert_deduplication_token: token,
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
}
