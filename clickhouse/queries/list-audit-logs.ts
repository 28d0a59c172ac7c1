import type { ClickHouse } from '../client.ts';
import { type AuditFilter, auditCondition } from './audit-filter.ts';
import type { Condition } from './condition.ts';

/** A record without its states: reading them for a list costs more than everything else together. */
export interface AuditLogSummary {
  id: string;
  timestamp: string;
  actor_id: string;
  actor_email: string;
  actor_role: string;
  action: string;
  resource: string;
  resource_id: string;
  service_id: string;
  outcome: string;
  reason: string;
  ip_address: string;
  request_id: string;
  trace_id: string;
  session_id: string;
}

/** The columns of a list. The projections of migration 0004 hold just these. */
export const SUMMARY = `id, timestamp, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome, reason,
  ip_address, request_id, trace_id, session_id`;

const TABLE = 'audit_db.admin_audit_logs';

/** After this record, newest first. */
export interface AuditCursor {
  timestamp: string;
  id: string;
}

/**
 * One page, newest first, by keyset. A record that was ever inserted twice is there once: its rows follow each other, and what
 * they leave free is read behind them. (LIMIT 1 BY would sort every row of the range, with all its columns.)
 */
export async function listAuditLogs(
  client: ClickHouse,
  filter: AuditFilter,
  after: AuditCursor | null,
  limit: number,
): Promise<AuditLogSummary[]> {
  const found = new Map<string, AuditLogSummary>();
  for (let last = after; ; ) {
    const missing = limit - found.size;
    const rows = await rowsAfter(client, filter, last, missing);
    for (const row of rows) found.set(row.id, row);
    last = rows.at(-1) ?? null;
    if (rows.length < missing || found.size === limit) return [...found.values()];
  }
}

async function rowsAfter(client: ClickHouse, filter: AuditFilter, after: AuditCursor | null, limit: number) {
  const condition = auditCondition(filter);
  const keyset = after
    ? `AND timestamp <= {afterTime:DateTime64(3)} AND (timestamp, id) < ({afterTime:DateTime64(3)}, {afterId:UUID})`
    : '';
  const answer = await client.query({
    query: `SELECT ${SUMMARY} FROM ${TABLE} WHERE ${condition.sql} ${keyset}
      ORDER BY timestamp DESC, id DESC LIMIT {limit:UInt32}`,
    query_params: { ...condition.params, limit, ...(after && { afterTime: after.timestamp, afterId: after.id }) },
    format: 'JSONEachRow',
    clickhouse_settings: settingsFor(filter),
  });
  return answer.json<AuditLogSummary>();
}

/** What the planner gets wrong by itself (measured with 20 million rows). */
export const settingsFor = ({ actorId, resourceId, q }: AuditFilter) => ({
  // A projection that does not begin with what is asked for is read whole; the table's own indexes skip most of it.
  optimize_use_projections: actorId || resourceId ? (1 as const) : (0 as const),
  // Under ORDER BY … LIMIT the index of words would not be used.
  ...(q && { use_top_k_dynamic_filtering: 0 as const }),
});

/** The admins that have had this e-mail address, whatever its case; answered from the projection actor_emails. */
export async function findActors(client: ClickHouse, email: string): Promise<string[]> {
  const answer = await client.query({
    query: `SELECT actor_id FROM ${TABLE} WHERE lower(actor_email) = lower({email:String})
      GROUP BY actor_email, actor_id LIMIT 100`,
    query_params: { email },
    format: 'JSONEachRow',
  });
  return [...new Set((await answer.json<{ actor_id: string }>()).map(({ actor_id }) => actor_id))];
}

export interface AuditLogDetail extends AuditLogSummary {
  before_state: string;
  after_state: string;
}

/** One record. The time in its id leads to it: UUIDs sort by their second half and would mean reading the whole table. */
export async function findAuditLog(
  client: ClickHouse,
  id: string,
  services: readonly string[] | null,
): Promise<AuditLogDetail | undefined> {
  const condition: Condition = auditCondition({ services });
  const answer = await client.query({
    query: `SELECT ${SUMMARY}, before_state, after_state FROM ${TABLE}
      WHERE timestamp = UUIDv7ToDateTime({id:UUID}, 'UTC') AND id = {id:UUID} AND ${condition.sql} LIMIT 1`,
    query_params: { ...condition.params, id },
    format: 'JSONEachRow',
  });
  return (await answer.json<AuditLogDetail>())[0];
}
