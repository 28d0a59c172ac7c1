import type { AuditFilter } from '../../clickhouse/queries/audit-filter.ts';
import {
  type AuditCursor,
  type AuditLogSummary,
  findAuditLog,
  listAuditLogs,
} from '../../clickhouse/queries/list-audit-logs.ts';
import { authorise } from '../../drizzle/repositories/authorise.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { Invalid, Malformed, NotFound, Unavailable } from '../errors.ts';
import { clickhouseTime } from '../exports/schema.ts';
import type { AuditLogQuery, AuditLogSummaryView, AuditLogView } from './schema.ts';

const DEFAULT_RANGE_MS = 30 * 86_400_000;
// Most pages are filled by the last day; only a page that comes up short looks further back.
const WINDOWS_MS = [86_400_000, 7 * 86_400_000];

export interface AuditLogPage {
  items: AuditLogSummaryView[];
  nextCursor: string | null;
  /** The range searched, also when it was not asked for: the last 30 days. */
  range: { from: string; to: string };
}

/** Which services' records the caller may read: null = all, also those about no service. */
async function readableServices(ctx: CallerContext, serviceId: string | null): Promise<string[] | null> {
  const [row] = await ctx.db.api.run(authorise, {
    ...callerInput(ctx, 'audit.logs.read'),
    serviceId,
    resource: 'audit_log',
    resourceId: '',
  });
  const { scope } = assertAllowed(ctx, row);
  return serviceId ? [serviceId] : scope;
}

/** @throws NotFound, Unauthenticated, Malformed, Invalid, Unavailable, DomainError forbidden */
export async function listLogs(ctx: CallerContext, query: AuditLogQuery): Promise<AuditLogPage> {
  const { limit, cursor, from, to, serviceId, ...filter } = query;
  const after = cursor === undefined ? null : decodeCursor(cursor);
  const upper = to ? Date.parse(to) : ctx.now();
  const lower = from ? Date.parse(from) : upper - DEFAULT_RANGE_MS;
  if (lower > upper) throw new Invalid('The range is empty.', [{ field: 'from', reason: 'must not be later than to' }]);
  const services = await readableServices(ctx, serviceId ?? null);
  const start = after ? Date.parse(`${after.timestamp.replace(' ', 'T')}Z`) : upper;
  const rows = await widening(start, lower, limit, (since) =>
    listAuditLogs(ctx.clickhouse.reader, { ...filter, services, ...between(since, upper) }, after, limit + 1),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(summaryOf),
    nextCursor: rows.length > limit && last ? encodeCursor(last) : null,
    range: { from: new Date(lower).toISOString(), to: new Date(upper).toISOString() },
  };
}

async function widening(
  start: number,
  lower: number,
  limit: number,
  read: (since: number) => Promise<AuditLogSummary[]>,
) {
  for (const window of WINDOWS_MS) {
    if (start - window <= lower) break;
    const rows = await answered(read(start - window));
    if (rows.length > limit) return rows;
  }
  return answered(read(lower));
}

const between = (from: number, to: number): AuditFilter => ({
  from: clickhouseTime(new Date(from).toISOString()),
  to: clickhouseTime(new Date(to).toISOString()),
});

/** @throws NotFound, Unauthenticated, Unavailable, DomainError forbidden */
export async function readLog(ctx: CallerContext, id: string): Promise<AuditLogView> {
  const services = await readableServices(ctx, null);
  const row = await answered(findAuditLog(ctx.clickhouse.reader, id, services));
  if (!row) throw new NotFound();
  return {
    ...summaryOf(row),
    sessionId: row.session_id,
    before: row.before_state === '' ? null : JSON.parse(row.before_state),
    after: row.after_state === '' ? null : JSON.parse(row.after_state),
  };
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unavailable('The audit store does not answer; nothing is lost, try again shortly.', error);
  }
}

const NO_SERVICE = '00000000-0000-0000-0000-000000000000';

function summaryOf(row: AuditLogSummary): AuditLogSummaryView {
  return {
    id: row.id,
    timestamp: `${row.timestamp.replace(' ', 'T')}Z`,
    actorId: row.actor_id,
    actorEmail: row.actor_email,
    actorRole: row.actor_role,
    action: row.action,
    resource: row.resource,
    resourceId: row.resource_id,
    serviceId: row.service_id === NO_SERVICE ? null : row.service_id,
    outcome: row.outcome,
    reason: row.reason,
    ipAddress: row.ip_address.replace(/^::ffff:(?=\d+\.)/, ''),
    requestId: row.request_id,
    traceId: row.trace_id,
  };
}

const encodeCursor = (row: AuditLogSummary) => btoa(`${row.timestamp}|${row.id}`).replaceAll('=', '');

function decodeCursor(cursor: string): AuditCursor {
  let text = '';
  try {
    text = atob(cursor);
  } catch {
    // Falls through to the one message a wrong cursor gets.
  }
  const [, timestamp, id] = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\|([0-9a-f-]{36})$/.exec(text) ?? [];
  if (!timestamp || !id) throw new Malformed('The cursor is not one we gave; start again without it.');
  return { timestamp, id };
}
