import type { UiEventRow } from '../../queues/messages.ts';
import type { Permission } from '../access/permissions.ts';
import type { Standing } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { clickhouseTime } from '../instant.ts';
import { componentOf, resourceFields } from './event-fields.ts';
import { idAt, timeOf } from './event-time.ts';
import type { Attributes, Group, LogRecord, PlainValue, Span, SpanEvent, Telemetry } from './otlp-model.ts';
import { pagePathOf } from './page-path.ts';
import { uidOf } from './record-ids.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/** What names the service an event is about. */
const SERVICE = 'steward.service.id';
const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['', 'ok', 'error'];

/** Who sent the telemetry. Nothing of this is ever taken from the payload. */
export interface Sender {
  standing: Standing;
  /** What sending needs; a grant that lacks it reaches no service. */
  permissions: readonly Permission[];
}

type Sending = Pick<CallerContext, 'caller' | 'origin' | 'redact' | 'now' | 'newId'>;

/** What one record says of itself. */
interface Said {
  time: bigint;
  event: string;
  component: string;
  pagePath: string;
  traceId: string;
  spanId: string;
  /** Its own attributes, then its resource's: the first that names a service counts. */
  attributes: readonly Attributes[];
  properties: Attributes;
}

/**
 * A row for each log record, span and span event; the telemetry is redacted already.
 * @param ids of the records that say who they are; see `recordIds`
 */
export function toEvents(
  ctx: Sending,
  { standing, permissions }: Sender,
  telemetry: Telemetry,
  ids: ReadonlyMap<string, string> = new Map(),
): UiEventRow[] {
  const now = ctx.now();
  const grants = standing.grants.filter((grant) => permissions.every((needed) => grant.permissions.includes(needed)));
  const reached = (serviceId: string) =>
    UUID.test(serviceId) && grants.some((grant) => grant.serviceId === null || grant.serviceId === serviceId);
  const sender = {
    session_id: ctx.caller.sessionId,
    actor_id: standing.adminId ?? NOBODY,
    actor_email: standing.email,
    user_agent: ctx.redact.text(ctx.origin.userAgent),
    ip_address: ctx.origin.ipAddress,
  };
  const roleFor = (serviceId: string) =>
    grants.find((grant) => serviceId === NOBODY || !grant.serviceId || grant.serviceId === serviceId)?.role ?? 'none';
  return saidIn(telemetry).map((said) => {
    const { ms, client } = timeOf(said.time, now);
    const claimed = said.attributes.map((each) => String(each[SERVICE] ?? '').toLowerCase()).find((id) => id !== '');
    const serviceId = claimed !== undefined && reached(claimed) ? claimed : NOBODY;
    return {
      id: idAt(ids.get(uidOf(said.attributes[0] ?? {}) ?? '') ?? ctx.newId(), ms),
      timestamp: clickhouseTime(new Date(ms).toISOString()),
      ...sender,
      actor_role: roleFor(serviceId),
      event_type: said.event,
      component_name: said.component,
      page_path: said.pagePath,
      properties: JSON.stringify(
        client === null ? said.properties : { ...said.properties, 'client.timestamp': client },
      ),
      service_id: serviceId,
      trace_id: said.traceId,
      span_id: said.spanId,
    };
  });
}

const saidIn = (telemetry: Telemetry): Said[] =>
  telemetry.signal === 'logs'
    ? telemetry.groups.flatMap((group) => inGroup(group, (record, around) => [saidByLog(record, around)]))
    : telemetry.groups.flatMap((group) => inGroup(group, saidBySpan));

interface Around {
  resource: Attributes;
  /** What each row repeats of resource and scope. */
  fields: Attributes;
}

function inGroup<Item>(group: Group<Item>, said: (item: Item, around: Around) => Said[]): Said[] {
  const { resource, scope } = group;
  const fields = present({
    ...resourceFields(resource),
    'otel.scope.name': scope.name,
    'otel.scope.version': scope.version,
  });
  return group.items.flatMap((item) => said(item, { resource, fields }));
}

/** Without what is empty. */
const present = (fields: Attributes): Attributes =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== null && value !== 0));

const without = (attributes: Attributes, ...keys: string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)));

function textAt(attributes: Attributes, key: string): string {
  const value: PlainValue | undefined = attributes[key];
  return typeof value === 'string' ? value : '';
}

function saidByLog(record: LogRecord, { resource, fields }: Around): Said {
  const { attributes } = record;
  // Before OTLP had a field for it, an event's name was an attribute.
  const event = record.eventName || textAt(attributes, 'event.name') || 'log';
  return {
    time: record.time || record.observedTime,
    event,
    component: componentOf(event, attributes),
    pagePath: pagePathOf(attributes, event === 'browser.resource_timing'),
    traceId: record.traceId,
    spanId: record.spanId,
    attributes: [attributes, resource],
    properties: {
      ...fields,
      ...without(attributes, 'event.name'),
      ...present({
        body: record.body,
        'severity.text': record.severityText,
        'severity.number': record.severityNumber,
        'dropped.attributes': record.droppedAttributes,
      }),
    },
  };
}

function saidBySpan(span: Span, { resource, fields }: Around): Said[] {
  const { attributes, traceId, spanId } = span;
  const pagePath = pagePathOf(attributes, KINDS[span.kind] === 'client');
  const own: Said = {
    time: span.start,
    event: 'span',
    component: span.name,
    pagePath,
    traceId,
    spanId,
    attributes: [attributes, resource],
    properties: {
      ...fields,
      ...attributes,
      ...present({
        'span.kind': KINDS[span.kind] ?? '',
        'span.parent_id': span.parentSpanId,
        'span.status': STATUSES[span.statusCode] ?? '',
        'span.status_message': span.statusMessage,
        'dropped.attributes': span.droppedAttributes,
      }),
      ...(span.end >= span.start ? { 'span.duration_ms': Number(span.end - span.start) / 1e6 } : {}),
    },
  };
  return [own, ...span.events.map((event) => saidByEvent(event, span, { pagePath, resource, fields }))];
}

function saidByEvent(event: SpanEvent, span: Span, around: Around & { pagePath: string }): Said {
  const { attributes } = event;
  return {
    time: event.time,
    event: event.name || 'log',
    component: componentOf(event.name, attributes) || span.name,
    pagePath: pagePathOf(attributes, false) || around.pagePath,
    traceId: span.traceId,
    spanId: span.spanId,
    attributes: [attributes, span.attributes, around.resource],
    properties: {
      ...around.fields,
      ...attributes,
      ...present({ 'span.name': span.name, 'dropped.attributes': event.droppedAttributes }),
    },
  };
}
