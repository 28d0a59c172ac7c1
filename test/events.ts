import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { type ApiLogRow, type EventsMessage, eventsMessage, type UiEventRow } from '../queues/messages.ts';

const timeOf = (id: string) =>
  new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toISOString().replace('T', ' ').replace('Z', '');

export function uiEvent(more: Partial<UiEventRow> = {}): UiEventRow {
  const id = more.id ?? v7();
  return {
    id,
    timestamp: timeOf(id),
    session_id: 's-1',
    actor_id: randomUUID(),
    actor_email: 'somebody@example.com',
    actor_role: 'operator',
    event_type: 'app.widget.click',
    component_name: 'save',
    page_path: '/services',
    properties: '{}',
    user_agent: 'test',
    ip_address: '203.0.113.0',
    service_id: '00000000-0000-0000-0000-000000000000',
    trace_id: '',
    span_id: '',
    ...more,
  };
}

export function apiLog(more: Partial<ApiLogRow> = {}): ApiLogRow {
  const id = more.id ?? v7();
  return {
    id,
    timestamp: timeOf(id),
    trace_id: '',
    span_id: '',
    service_id: '00000000-0000-0000-0000-000000000000',
    endpoint: '/v1/admin/services/{id}',
    method: 'PATCH',
    status_code: 200,
    duration_ms: 12,
    actor_id: randomUUID(),
    actor_email: 'somebody@example.com',
    request_body: '',
    response_body: '',
    ip_address: '2001:db8:85a3::',
    actor_role: 'operator',
    session_id: 's-1',
    request_id: 'r-1',
    error_code: '',
    user_agent: 'test',
    ...more,
  };
}

/** A message as acceptEvents would send it; its rows carry `mark`, by which a test finds its own. */
export function pack(mark: string, o: { ui?: number; api?: number } = {}): EventsMessage {
  return eventsMessage.parse({
    v: 1,
    kind: 'audit.events',
    packId: v7(),
    acceptedAt: new Date().toISOString(),
    uiEvents: Array.from({ length: o.ui ?? 3 }, () => uiEvent({ session_id: mark })),
    apiLogs: Array.from({ length: o.api ?? 2 }, () => apiLog({ session_id: mark })),
  } satisfies EventsMessage);
}
