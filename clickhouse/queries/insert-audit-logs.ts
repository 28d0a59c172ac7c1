import { type ClickHouse, JsonLines } from '../client.ts';

/**
 * Inserts one batch and returns once ClickHouse has confirmed it.
 *
 * The token makes the same batch land once however often it is sent; it must therefore never name other rows. Synchronous,
 * because an asynchronous insert is acknowledged before deduplication.
 * @param lines rows of audit_db.admin_audit_logs: one JSON object a line, times as UTC text
 */
export async function insertAuditLogs(client: ClickHouse, batchId: string, lines: string): Promise<void> {
  await client.insert({
    table: 'audit_db.admin_audit_logs',
    format: 'JSONEachRow',
    values: [new JsonLines(lines)],
    clickhouse_settings: {
      async_insert: 0,
      insert_deduplicate: 1,
      insert_deduplication_token: batchId,
      // A first try may have ended between the table and its views: each of them decides for itself what it has already.
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
}
