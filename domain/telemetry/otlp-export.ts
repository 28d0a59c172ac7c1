import type { Attributes, Group, LogRecord, PlainValue, Scope, Span, SpanEvent, Telemetry } from './otlp-model.ts';

/**
 * The request in OTLP/JSON, as it is forwarded. Types that plain values do not keep are gone: a double without decimals becomes an int,
 * bytes become their base64 text.
 */
export function encodeJson(telemetry: Telemetry): Record<string, unknown> {
  return telemetry.signal === 'logs'
    ? { resourceLogs: resources(telemetry.groups, (group) => ({ scopeLogs: [logsOf(group)] })) }
    : { resourceSpans: resources(telemetry.groups, (group) => ({ scopeSpans: [spansOf(group)] })) };
}

function resources<Item>(groups: readonly Group<Item>[], scopesOf: (group: Group<Item>) => Record<string, unknown>) {
  return groups.map((group) => ({
    resource: { attributes: keyValues(group.resource) },
    ...scopesOf(group),
    schemaUrl: group.resourceSchemaUrl,
  }));
}

const logsOf = ({ scope, schemaUrl, items }: Group<LogRecord>) => ({
  scope: scopeOf(scope),
  logRecords: items.map(logRecord),
  schemaUrl,
});

const spansOf = ({ scope, schemaUrl, items }: Group<Span>) => ({
  scope: scopeOf(scope),
  spans: items.map(spanOf),
  schemaUrl,
});

const scopeOf = ({ name, version, attributes }: Scope) => ({ name, version, attributes: keyValues(attributes) });

const logRecord = (record: LogRecord) => ({
  timeUnixNano: String(record.time),
  observedTimeUnixNano: String(record.observedTime),
  severityNumber: record.severityNumber,
  severityText: record.severityText,
  body: anyValue(record.body),
  attributes: keyValues(record.attributes),
  droppedAttributesCount: record.droppedAttributes,
  flags: record.flags,
  traceId: record.traceId,
  spanId: record.spanId,
  eventName: record.eventName,
});

const spanOf = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  traceState: span.traceState,
  flags: span.flags,
  name: span.name,
  kind: span.kind,
  startTimeUnixNano: String(span.start),
  endTimeUnixNano: String(span.end),
  attributes: keyValues(span.attributes),
  droppedAttributesCount: span.droppedAttributes,
  events: span.events.map(spanEvent),
  droppedEventsCount: span.droppedEvents,
  links: span.links,
  droppedLinksCount: span.droppedLinks,
  status: { code: span.statusCode, message: span.statusMessage },
});

const spanEvent = ({ time, name, attributes, droppedAttributes }: SpanEvent) => ({
  timeUnixNano: String(time),
  name,
  attributes: keyValues(attributes),
  droppedAttributesCount: droppedAttributes,
});

const keyValues = (attributes: Attributes): unknown[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

function anyValue(value: PlainValue): Record<string, unknown> {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: keyValues(value) } };
}
