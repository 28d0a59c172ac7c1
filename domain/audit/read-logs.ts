import type { AuditFilter } from '../../clickhouse/queries/audit-filter.ts';
import {
  type AuditLogSummary,
  findActors,
  findAuditLog,
  listAuditLogs,
} from '../../clickhouse/queries/list-audit-logs.ts';
import type { Standing } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { differenceOf } from './field-diff.ts';
import { readableServices } from './readable-services.ts';
import type { AuditLogQuery, AuditLogSummaryView, AuditLogView } from './schema.ts';
import { answered, pageOf, type SearchPage, searchByTime } from './search.ts';
import { addressOf, instantOf, serviceOf } from './stored-row.ts';

const ACTION = 'audit.logs.read';
const DAY_MS = 86_400_000;

/** One page, newest first. @throws NotFound, Unauthenticated, Malformed, Invalid, Unavailable, DomainError forbidden */
export async function listLogs(
  ctx: CallerContext,
  standing: Standing,
  query: AuditLogQuery,
): Promise<SearchPage<AuditLogSummaryView>> {
  const { limit: _l, cursor: _c, from: _f, to: _t, serviceId, ...asked } = query;
  const services = await readableServices(ctx, standing, ACTION, serviceId ?? null);
  const filter = await actorOf(ctx, { ...asked, services });
  const found = await searchByTime<AuditLogSummary>(
    ctx,
    'audit-logs',
    query,
    async (range, after, limit) =>
      filter ? listAuditLogs(ctx.clickhouse.reader, { ...filter, ...range }, after, limit) : [],
    filter ? windowsFor(filter) : [],
  );
  return pageOf(found, summaryOf);
}

/**
 * A filter by e-mail address as one by the admin that has it, whose records lie together; null when nobody ever had it. It stays
 * as it is when several had it, or an admin is asked for beside it. @throws Unavailable
 */
export async function actorOf(ctx: CallerContext, filter: AuditFilter): Promise<AuditFilter | null> {
  if (!filter.actorEmail || filter.actorId) return filter;
  const [actorId, another] = await answered(findActors(ctx.clickhouse.reader, filter.actorEmail));
  if (!actorId) return null;
  return another ? filter : { ...filter, actorId };
}

/** How far back to look first: a day fills any page of all there is; what an index leads to may be anywhere. */
function windowsFor({ q, actorId, action, resource, resourceId, outcome, ...ids }: AuditFilter): number[] {
  if (ids.traceId || ids.requestId || ids.sessionId) return [];
  if (!q && (actorId || (resource && resourceId))) return [];
  const narrow = q || action || resource || resourceId || outcome;
  return narrow ? [30 * DAY_MS, 365 * DAY_MS] : [DAY_MS, 30 * DAY_MS, 365 * DAY_MS];
}

/** @throws NotFound, Unauthenticated, Unavailable, DomainError forbidden */
export async function readLog(ctx: CallerContext, standing: Standing, id: string): Promise<AuditLogView> {
  const services = await readableServices(ctx, standing, ACTION, null);
  const row = await answered(findAuditLog(ctx.clickhouse.reader, id, services));
  if (!row) throw new NotFound();
  const [before, after] = [stateOf(row.before_state), stateOf(row.after_state)];
  // What is created or deleted has every field added or removed.
  const { changes, truncated } = differenceOf(before ?? {}, after ?? {});
  return { ...summaryOf(row), before, after, changes, changesTruncated: truncated };
}

const stateOf = (text: string): unknown => (text === '' ? null : JSON.parse(text));

export const summaryOf = (row: AuditLogSummary): AuditLogSummaryView => ({
  id: row.id,
  timestamp: instantOf(row.timestamp),
  actorId: row.actor_id,
  actorEmail: row.actor_email,
  actorRole: row.actor_role,
  action: row.action,
  resource: row.resource,
  resourceId: row.resource_id,
  serviceId: serviceOf(row.service_id),
  outcome: row.outcome,
  reason: row.reason,
  ipAddress: addressOf(row.ip_address),
  requestId: row.request_id,
  traceId: row.trace_id,
  sessionId: row.session_id,
});
