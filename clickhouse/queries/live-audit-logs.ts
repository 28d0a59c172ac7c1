import type { ClickHouse } from '../client.ts';
import { type AuditFilter, auditCondition } from './audit-filter.ts';
import { type AuditLogSummary, SUMMARY } from './list-audit-logs.ts';

/** A record's place in the order of acceptance: UTC text with microseconds, and its id. */
export interface AcceptedPosition {
  acceptedAt: string;
  id: string;
}

export type AcceptedAuditLog = AuditLogSummary & { accepted_at: string };

/** Records accepted after `after` and up to `until`, in that order, at most `limit`. */
export async function listAccepted(
  client: ClickHouse,
  filter: AuditFilter,
  after: AcceptedPosition,
  until: string,
  limit: number,
): Promise<AcceptedAuditLog[]> {
  const condition = auditCondition(filter);
  const answer = await client.query({
    query: `SELECT ${SUMMARY}, accepted_at FROM audit_db.admin_audit_logs WHERE ${condition.sql}
      AND accepted_at >= {afterTime:DateTime64(6)} AND (accepted_at, id) > ({afterTime:DateTime64(6)}, {afterId:UUID})
      AND accepted_at <= {until:DateTime64(6)}
      ORDER BY accepted_at, id LIMIT 1 BY accepted_at, id LIMIT {limit:UInt32}`,
    query_params: { ...condition.params, afterTime: after.acceptedAt, afterId: after.id, until, limit },
    format: 'JSONEachRow',
  });
  return answer.json<AcceptedAuditLog>();
}
