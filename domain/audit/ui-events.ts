import { findUiEvent, listUiEvents, type UiEventRow } from '../../clickhouse/queries/list-ui-events.ts';
import type { Standing } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { NotFound } from '../errors.ts';
import { readableServices } from './readable-services.ts';
import { answered, pageOf, type SearchPage, searchByTime } from './search.ts';
import { addressOf, instantOf, serviceOf } from './stored-row.ts';
import type { UiEventQuery, UiEventView } from './ui-event-schema.ts';

const ACTION = 'audit.ui-events.read';

/** One page, newest first. @throws NotFound, Unauthenticated, Malformed, Invalid, Unavailable, DomainError forbidden */
export async function listEvents(
  ctx: CallerContext,
  standing: Standing,
  query: UiEventQuery,
): Promise<SearchPage<UiEventView>> {
  const { limit: _l, cursor: _c, serviceId, eventType, pagePath, ...asked } = query;
  const services = await readableServices(ctx, standing, ACTION, serviceId ?? null);
  const filter = { ...asked, ...eventTypeFilter(eventType), pagePrefix: pagePath, services };
  const found = await searchByTime<UiEventRow>(ctx, 'ui-events', query, (range, after, limit) =>
    listUiEvents(ctx.clickhouse.reader, { ...filter, ...range }, after, limit),
  );
  return pageOf(found, uiEventView);
}

/** `app.*` is every type that begins so. */
export const eventTypeFilter = (eventType: string | undefined) =>
  eventType?.endsWith('*') ? { eventPrefix: eventType.slice(0, -1) } : { eventType };

/** @throws NotFound, Unauthenticated, Unavailable, DomainError forbidden */
export async function readEvent(ctx: CallerContext, standing: Standing, id: string): Promise<UiEventView> {
  const services = await readableServices(ctx, standing, ACTION, null);
  const row = await answered(findUiEvent(ctx.clickhouse.reader, id, services));
  if (!row) throw new NotFound();
  return uiEventView(row);
}

export const uiEventView = (row: UiEventRow): UiEventView => ({
  id: row.id,
  timestamp: instantOf(row.timestamp),
  sessionId: row.session_id,
  actorId: row.actor_id,
  actorEmail: row.actor_email,
  actorRole: row.actor_role,
  eventType: row.event_type,
  componentName: row.component_name,
  pagePath: row.page_path,
  properties: propertiesOf(row.properties),
  userAgent: row.user_agent,
  ipAddress: addressOf(row.ip_address),
  serviceId: serviceOf(row.service_id),
  traceId: row.trace_id,
  spanId: row.span_id,
});

/** An object, whatever was stored: text that was cut short on its way is shown, never lost. */
function propertiesOf(json: string): Record<string, unknown> {
  if (json === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Shown as it is.
  }
  return { text: json };
}
