import type { ClickHouse } from '../client.ts';
import { type Condition, conditionOf } from './condition.ts';
import { findRow, newestRows, type Position } from './newest-rows.ts';

/** A row of admin_ui_events; `properties` is JSON text. */
export interface UiEventRow {
  id: string;
  timestamp: string;
  session_id: string;
  actor_id: string;
  actor_email: string;
  actor_role: string;
  event_type: string;
  component_name: string;
  page_path: string;
  properties: string;
  user_agent: string;
  ip_address: string;
  service_id: string;
  trace_id: string;
  span_id: string;
}

const TABLE = 'audit_db.admin_ui_events';
export const UI_EVENT_COLUMNS = `id, timestamp, session_id, actor_id, actor_email, actor_role, event_type, component_name, page_path,
  properties, user_agent, ip_address, service_id, trace_id, span_id`;

/** Times are UTC text. */
export interface UiEventFilter {
  from?: string | undefined;
  to?: string | undefined;
  actorId?: string | undefined;
  actorEmail?: string | undefined;
  eventType?: string | undefined;
  /** Such as `app.`. */
  eventPrefix?: string | undefined;
  componentName?: string | undefined;
  pagePrefix?: string | undefined;
  sessionId?: string | undefined;
  traceId?: string | undefined;
  /** null = every service, the events about none of them too. */
  services: readonly string[] | null;
}

const CONDITIONS = {
  from: 'timestamp >= {from:DateTime64(3)}',
  to: 'timestamp <= {to:DateTime64(3)}',
  actorId: 'actor_id = {actorId:UUID}',
  actorEmail: 'lower(actor_email) = lower({actorEmail:String})',
  eventType: 'event_type = {eventType:String}',
  eventPrefix: 'startsWith(event_type, {eventPrefix:String})',
  componentName: 'component_name = {componentName:String}',
  pagePrefix: 'startsWith(page_path, {pagePrefix:String})',
  sessionId: 'session_id = {sessionId:String}',
  traceId: 'trace_id = {traceId:String}',
  services: 'service_id IN {services:Array(UUID)}',
};

export const uiEventCondition = (filter: UiEventFilter): Condition => conditionOf<UiEventFilter>(CONDITIONS, filter);

/** One page, newest first. */
export function listUiEvents(
  client: ClickHouse,
  filter: UiEventFilter,
  after: Position | null,
  limit: number,
): Promise<UiEventRow[]> {
  return newestRows(client, {
    table: TABLE,
    columns: UI_EVENT_COLUMNS,
    condition: uiEventCondition(filter),
    after,
    limit,
  });
}

export function findUiEvent(
  client: ClickHouse,
  id: string,
  services: readonly string[] | null,
): Promise<UiEventRow | undefined> {
  const condition = conditionOf({ services: CONDITIONS.services }, { services });
  return findRow(client, { table: TABLE, columns: UI_EVENT_COLUMNS, condition, id });
}
