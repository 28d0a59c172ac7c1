import { UI_EVENTS } from '../../../clickhouse/queries/export-sources.ts';
import { uiEventQuery } from '../../audit/ui-event-schema.ts';
import { eventTypeFilter } from '../../audit/ui-events.ts';
import { rangeOf, servicesOf } from './audit-narrowed.ts';
import { ofClickHouse } from './declare.ts';

export const uiEvents = ofClickHouse({
  title: 'UI events',
  permission: 'audit.view',
  filter: uiEventQuery.omit({ limit: true, cursor: true }),
  source: UI_EVENTS,
  narrowed: ({ serviceId, eventType, pagePath, ...asked }, scope) => ({
    ...asked,
    ...eventTypeFilter(eventType),
    ...rangeOf(asked),
    pagePrefix: pagePath,
    services: servicesOf(scope, serviceId),
  }),
  columns: [
    ['id', 'uuid', 'The event’s id (UUIDv7)'],
    ['timestamp', 'time', 'When it happened by the browser’s word, UTC'],
    ['event_type', 'text', 'Such as app.widget.click'],
    ['component_name', 'text', 'What was used'],
    ['page_path', 'text', 'Where, without query'],
    ['properties', 'json', 'What else the browser said, redacted, as JSON'],
    ['actor_id', 'uuid', 'The admin signed in there'],
    ['actor_email', 'text', 'The admin’s e-mail address at the time'],
    ['actor_role', 'word', 'The strongest role the admin held'],
    ['session_id', 'text', 'The sign-in session'],
    ['service_id', 'optional-uuid', 'The service it is about; empty: about none'],
    ['trace_id', 'word', 'W3C trace id'],
    ['span_id', 'word', 'W3C span id'],
    ['ip_address', 'address', 'Anonymised: IPv4 to /24, IPv6 to /48'],
    ['user_agent', 'text', 'Redacted'],
  ],
  order: 'day of timestamp, actor_id, id',
  awaits: 'outbox-and-events',
});
