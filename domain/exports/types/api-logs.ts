import { API_LOGS } from '../../../clickhouse/queries/export-sources.ts';
import { apiLogQuery } from '../../audit/api-log-schema.ts';
import { statusFilter, templateOf } from '../../audit/api-logs.ts';
import { rangeOf, servicesOf } from './audit-narrowed.ts';
import { ofClickHouse } from './declare.ts';

export const apiLogs = ofClickHouse({
  title: 'API logs',
  permission: 'audit.view',
  filter: apiLogQuery.omit({ limit: true, cursor: true }),
  source: API_LOGS,
  narrowed: ({ serviceId, status, endpoint, ...asked }, scope) => ({
    ...asked,
    ...statusFilter(status),
    ...rangeOf(asked),
    endpoint: endpoint && templateOf(endpoint),
    services: servicesOf(scope, serviceId),
  }),
  columns: [
    ['id', 'uuid', 'The call’s id (UUIDv7)'],
    ['timestamp', 'time', 'When the call came in, UTC'],
    ['service_id', 'optional-uuid', 'The service it is about; empty: about none'],
    ['endpoint', 'word', 'The route, such as /v1/admin/services/:id'],
    ['method', 'word', 'GET, PATCH, …'],
    ['status_code', 'integer', 'Of the answer'],
    ['duration_ms', 'integer', 'Milliseconds until the answer'],
    ['error_code', 'word', 'code of the problem answer; empty: none'],
    ['actor_id', 'uuid', 'The admin who called; the nil UUID: nobody known'],
    ['actor_email', 'text', 'The admin’s e-mail address at the time'],
    ['actor_role', 'word', 'The strongest role the admin held'],
    ['session_id', 'text', 'The sign-in session'],
    ['request_id', 'text', 'X-Request-Id'],
    ['trace_id', 'word', 'W3C trace id'],
    ['span_id', 'word', 'W3C span id'],
    ['ip_address', 'address', 'Anonymised: IPv4 to /24, IPv6 to /48'],
    ['user_agent', 'text', 'Redacted'],
    ['request_body', 'json', 'Redacted and cut where it is long; empty: not kept'],
    ['response_body', 'json', 'Redacted and cut where it is long; empty: not kept'],
  ],
  order: 'day of timestamp, service_id, id',
  awaits: 'outbox-and-events',
});
