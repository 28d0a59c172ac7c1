import type { ClickHouse } from '../client.ts';

/** One row of audit_db.admin_audit_logs, times as UTC text. */
export interface AuditLogRow {
  id: string;
  timestamp: string;
  actor_id: string;
  actor_email: string;
  action: string;
  resource: string;
  resource_id: string;
  before_state: string;
  after_state: string;
  reason: string;
  ip_address: string;
  actor_role: string;
  service_id: string;
  outcome: string;
  request_id: string;
  trace_id: string;
  session_id: string;
  accepted_at: string;
  /** 0 or 1. */
  legal_hold: number;
}

/**
 * Inserts one batch and returns once ClickHouse has confirmed it.
 *
 * The token makes the same batch land once however often it is sent; it must therefore never name other rows. Synchronous,
 * because an asynchronous insert is acknowledged before deduplication.
 */
export async function insertAuditLogs(
  client: ClickHouse,
  batchId: string,
  rows: readonly AuditLogRow[],
): Promise<void> {
  await client.insert({
    table: 'audit_db.admin_audit_logs',
    format: 'JSONEachRow',
    values: rows,
    clickhouse_settings: {
      async_insert: 0,
      insert_deduplicate: 1,
      insert_deduplication_token: batchId,
      // A first try may have ended between the table and its views: each of them decides for itself what it has already.
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
}
