import type { ClickHouse } from '../client.ts';
import { type Condition, conditionOf } from './condition.ts';
import { findRow, newestRows, type Position } from './newest-rows.ts';

/** A row of admin_api_logs without its bodies: reading them for a list costs more than everything else together. */
export interface ApiLogSummary {
  id: string;
  timestamp: string;
  trace_id: string;
  span_id: string;
  service_id: string;
  endpoint: string;
  method: string;
  status_code: number;
  duration_ms: number;
  actor_id: string;
  actor_email: string;
  actor_role: string;
  ip_address: string;
  session_id: string;
  request_id: string;
  error_code: string;
  user_agent: string;
}

export interface ApiLogDetail extends ApiLogSummary {
  request_body: string;
  response_body: string;
}

const TABLE = 'audit_db.admin_api_logs';
export const API_LOG_COLUMNS = `id, timestamp, trace_id, span_id, service_id, endpoint, method, status_code, duration_ms, actor_id,
  actor_email, actor_role, ip_address, session_id, request_id, error_code, user_agent`;

/** Times are UTC text. */
export interface ApiLogFilter {
  from?: string | undefined;
  to?: string | undefined;
  endpoint?: string | undefined;
  method?: string | undefined;
  status?: number | undefined;
  /** The hundreds: 4 = 400 to 499. */
  statusClass?: number | undefined;
  minDurationMs?: number | undefined;
  actorId?: string | undefined;
  actorEmail?: string | undefined;
  traceId?: string | undefined;
  requestId?: string | undefined;
  sessionId?: string | undefined;
  errorCode?: string | undefined;
  /** null = every service, the calls about none of them too. */
  services: readonly string[] | null;
}

const CONDITIONS = {
  from: 'timestamp >= {from:DateTime64(3)}',
  to: 'timestamp <= {to:DateTime64(3)}',
  endpoint: 'endpoint = {endpoint:String}',
  method: 'method = {method:String}',
  status: 'status_code = {status:UInt16}',
  statusClass: 'intDiv(status_code, 100) = {statusClass:UInt16}',
  minDurationMs: 'duration_ms >= {minDurationMs:UInt32}',
  actorId: 'actor_id = {actorId:UUID}',
  actorEmail: 'lower(actor_email) = lower({actorEmail:String})',
  traceId: 'trace_id = {traceId:String}',
  requestId: 'request_id = {requestId:String}',
  sessionId: 'session_id = {sessionId:String}',
  errorCode: 'error_code = {errorCode:String}',
  services: 'service_id IN {services:Array(UUID)}',
};

export const apiLogCondition = (filter: ApiLogFilter): Condition => conditionOf<ApiLogFilter>(CONDITIONS, filter);

/** One page, newest first. */
export function listApiLogs(
  client: ClickHouse,
  filter: ApiLogFilter,
  after: Position | null,
  limit: number,
): Promise<ApiLogSummary[]> {
  return newestRows(client, {
    table: TABLE,
    columns: API_LOG_COLUMNS,
    condition: apiLogCondition(filter),
    after,
    limit,
  });
}

export function findApiLog(
  client: ClickHouse,
  id: string,
  services: readonly string[] | null,
): Promise<ApiLogDetail | undefined> {
  const condition = conditionOf({ services: CONDITIONS.services }, { services });
  const columns = `${API_LOG_COLUMNS}, request_body, response_body`;
  return findRow(client, { table: TABLE, columns, condition, id });
}
