import type { ClickHouse } from '../client.ts';
import { API_LOG_COLUMNS, type ApiLogSummary } from './list-api-logs.ts';
import { type AuditLogSummary, SUMMARY } from './list-audit-logs.ts';
import { UI_EVENT_COLUMNS, type UiEventRow } from './list-ui-events.ts';
import type { Position } from './newest-rows.ts';

const SOURCES = {
  'ui-event': { table: 'audit_db.admin_ui_events', columns: UI_EVENT_COLUMNS },
  'api-call': { table: 'audit_db.admin_api_logs', columns: API_LOG_COLUMNS },
  audit: { table: 'audit_db.admin_audit_logs', columns: SUMMARY },
} as const;
export type TimelineKind = keyof typeof SOURCES;

export type TimelineRow =
  | { kind: 'ui-event'; row: UiEventRow }
  | { kind: 'api-call'; row: ApiLogSummary }
  | { kind: 'audit'; row: AuditLogSummary };

export interface TimelineQuery {
  sessionId: string;
  /** When the session was first and last seen, UTC text: what keeps the search off all other days. */
  from: string;
  to: string;
  /** null = every service, and what is about none. */
  services: readonly string[] | null;
  kinds: readonly TimelineKind[];
  after: Position | null;
  limit: number;
}

const BEYOND = `AND timestamp >= {afterTime:DateTime64(3)}
  AND (timestamp, id) > ({afterTime:DateTime64(3)}, {afterId:UUID})`;

function source(kind: TimelineKind, { services, after }: TimelineQuery): string {
  const { table, columns } = SOURCES[kind];
  return `SELECT '${kind}' AS kind, timestamp, id, formatRowNoNewline('JSONEachRow', ${columns}) AS row FROM ${table}
    WHERE session_id = {sessionId:String} AND timestamp BETWEEN {from:DateTime64(3)} AND {to:DateTime64(3)}
      ${services ? 'AND service_id IN {services:Array(UUID)}' : ''} ${after ? BEYOND : ''}
    ORDER BY timestamp, id LIMIT 1 BY id LIMIT {limit:UInt32}`;
}

/** Rows of one session from all three tables, oldest first. */
export async function sessionTimeline(client: ClickHouse, query: TimelineQuery): Promise<TimelineRow[]> {
  const { sessionId, from, to, services, kinds, after, limit } = query;
  if (kinds.length === 0) return [];
  const answer = await client.query({
    query: `SELECT kind, row FROM (${kinds.map((kind) => `(${source(kind, query)})`).join(' UNION ALL ')})
      ORDER BY timestamp, id LIMIT {limit:UInt32}`,
    query_params: {
      ...{ sessionId, from, to, limit },
      ...(services && { services }),
      ...(after && { afterTime: after.timestamp, afterId: after.id }),
    },
    format: 'JSONEachRow',
    // A projection that does not begin with the session would be read whole; the table's own indexes skip most of it.
    clickhouse_settings: { optimize_use_projections: 0 },
  });
  const rows = await answer.json<{ kind: TimelineKind; row: string }>();
  return rows.map(({ kind, row }) => ({ kind, row: JSON.parse(row) }) as TimelineRow);
}
