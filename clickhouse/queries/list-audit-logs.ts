import type { ClickHouse } from '../client.ts';
import { type AuditFilter, auditCondition } from './audit-filter.ts';

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
}

const SUMMARY = `id, timestamp, actor_id, actor_email, actor_role, action, resource, resource_id, service_id, outcome, reason,
  ip_address, request_id, trace_id`;

/** After this record, newest first. */
export interface AuditCursor {
  timestamp: string;
  id: string;
}

/** One page, newest first, by keyset. LIMIT 1 BY id hides a record that was ever inserted twice. */
export async function listAuditLogs(
  client: ClickHouse,
  filter: AuditFilter,
  after: AuditCursor | null,
  limit: number,
): Promise<AuditLogSummary[]> {
  const condition = auditCondition(filter);
  const keyset = after
    ? `AND timestamp <= {afterTime:DateTime64(3)} AND (timestamp, id) < ({afterTime:DateTime64(3)}, {afterId:UUID})`
    : '';
  const answer = await client.query({
    query: `SELECT ${SUMMARY} FROM audit_db.admin_audit_logs WHERE ${condition.sql} ${keyset}
      ORDER BY timestamp DESC, id DESC LIMIT 1 BY id LIMIT {limit:UInt32}`,
    query_params: { ...condition.params, limit, ...(after ? { afterTime: after.timestamp, afterId: after.id } : {}) },
    format: 'JSONEachRow',
  });
  return answer.json<AuditLogSummary>();
}

export interface AuditLogDetail extends AuditLogSummary {
  before_state: string;
  after_state: string;
  session_id: string;
}

/** One record. The time in its id leads to it: UUIDs sort by their second half and would mean reading the whole table. */
export async function findAuditLog(
  client: ClickHouse,
  id: string,
  services: readonly string[] | null,
): Promise<AuditLogDetail | undefined> {
  const condition = auditCondition({ services });
  const answer = await client.query({
    query: `SELECT ${SUMMARY}, before_state, after_state, session_id FROM audit_db.admin_audit_logs
      WHERE timestamp = UUIDv7ToDateTime({id:UUID}, 'UTC') AND id = {id:UUID} AND ${condition.sql} LIMIT 1`,
    query_params: { ...condition.params, id },
    format: 'JSONEachRow',
  });
  return (await answer.json<AuditLogDetail>())[0];
}
