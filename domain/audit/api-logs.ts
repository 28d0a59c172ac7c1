import { type ApiLogSummary, findApiLog, listApiLogs } from '../../clickhouse/queries/list-api-logs.ts';
import type { Standing } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import type { ApiLogQuery, ApiLogSummaryView, ApiLogView } from './api-log-schema.ts';
import { readableServices } from './readable-services.ts';
import { answered, pageOf, type SearchPage, searchByTime } from './search.ts';
import { addressOf, instantOf, serviceOf } from './stored-row.ts';

const ACTION = 'audit.api-logs.read';

/** One page, newest first. @throws NotFound, Unauthenticated, Malformed, Invalid, Unavailable, DomainError forbidden */
export async function listCalls(
  ctx: CallerContext,
  standing: Standing,
  query: ApiLogQuery,
): Promise<SearchPage<ApiLogSummaryView>> {
  const { limit: _l, cursor: _c, serviceId, status, endpoint, ...asked } = query;
  const services = await readableServices(ctx, standing, ACTION, serviceId ?? null);
  const filter = { ...asked, ...statusFilter(status), endpoint: endpoint && templateOf(endpoint), services };
  const found = await searchByTime<ApiLogSummary>(ctx, 'api-logs', query, (range, after, limit) =>
    listApiLogs(ctx.clickhouse.reader, { ...filter, ...range }, after, limit),
  );
  return pageOf(found, apiLogSummaryView);
}

/** @throws NotFound, Unauthenticated, Unavailable, DomainError forbidden */
export async function readCall(ctx: CallerContext, standing: Standing, id: string): Promise<ApiLogView> {
  const services = await readableServices(ctx, standing, ACTION, null);
  const row = await answered(findApiLog(ctx.clickhouse.reader, id, services));
  if (!row) throw new NotFound();
  return { ...apiLogSummaryView(row), requestBody: row.request_body || null, responseBody: row.response_body || null };
}

/** Stored as the router writes it; the API's document writes `{id}` for `:id`. */
export const templateOf = (endpoint: string) => endpoint.replaceAll(/\{(\w+)\}/g, ':$1');

/** `404` is that status, `4xx` the hundred. */
export const statusFilter = (status: string | undefined) =>
  status?.endsWith('xx')
    ? { statusClass: Number(status[0]) }
    : { status: status === undefined ? status : Number(status) };

export const apiLogSummaryView = (row: ApiLogSummary): ApiLogSummaryView => ({
  id: row.id,
  timestamp: instantOf(row.timestamp),
  endpoint: row.endpoint,
  method: row.method,
  status: row.status_code,
  durationMs: row.duration_ms,
  errorCode: row.error_code || null,
  actorId: row.actor_id,
  actorEmail: row.actor_email,
  actorRole: row.actor_role,
  serviceId: serviceOf(row.service_id),
  sessionId: row.session_id,
  requestId: row.request_id,
  traceId: row.trace_id,
  spanId: row.span_id,
  ipAddress: addressOf(row.ip_address),
  userAgent: row.user_agent,
});
