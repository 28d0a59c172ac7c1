import type { Redactor } from '../audit/redact.ts';
import { bytesOf, clipFields, clipText } from './clip.ts';
import type { Attributes, Group, LogRecord, PlainValue, Scope, Span, SpanEvent, Telemetry } from './otlp-model.ts';

/** Of a record, as JSON. What its row and the forwarded copy hold beside them are names and numbers. */
const MAX_ATTRIBUTES_BYTES = 10_000;
const MAX_RECORD_BYTES = 14_000;
const MAX_RESOURCE_BYTES = 8_000;
const MAX_NAME = 256;
const MAX_MESSAGE = 1_000;

/**
 * An address in a text, or what is left of one that held a password; without the line and column that a stack trace puts behind it.
 */
const ADDRESS =
  /(?:\bhttps?:\/\/|\[redacted\]\/)(?:\[redacted\]|[^\s"'<>()[\]{}])+?(?=(?::\d{1,9}){0,2}[.,;]?(?:(?!\[redacted\])[\s"'<>()[\]{}]|$))/gi;

/**
 * Everything of a payload that is kept, queued or forwarded passes here first. Redacted before it is cut: half a secret is not
 * recognised.
 */
export function redactTelemetry(redact: Redactor, telemetry: Telemetry): Telemetry {
  const { signal } = telemetry;
  return signal === 'logs'
    ? { signal, groups: telemetry.groups.map((group) => ofGroup(redact, group, logRecord)) }
    : { signal, groups: telemetry.groups.map((group) => ofGroup(redact, group, span)) };
}

function ofGroup<Item>(redact: Redactor, group: Group<Item>, clean: (redact: Redactor, item: Item) => Item) {
  return {
    resource: clipFields(values(redact, group.resource), MAX_RESOURCE_BYTES).fields,
    resourceSchemaUrl: clipText(redact.url(group.resourceSchemaUrl), MAX_NAME),
    scope: scope(redact, group.scope),
    schemaUrl: clipText(redact.url(group.schemaUrl), MAX_NAME),
    items: group.items.map((item) => clean(redact, item)),
  };
}

const scope = (redact: Redactor, { name, version, attributes }: Scope): Scope => ({
  name: text(redact, name, MAX_NAME),
  version: text(redact, version, MAX_NAME),
  attributes: clipFields(values(redact, attributes), MAX_RESOURCE_BYTES).fields,
});

function logRecord(redact: Redactor, record: LogRecord): LogRecord {
  const attributes = clipFields(values(redact, record.attributes), MAX_ATTRIBUTES_BYTES);
  const room = MAX_RECORD_BYTES - bytesOf(attributes.fields);
  return {
    ...record,
    severityText: text(redact, record.severityText, MAX_NAME),
    body: clipFields({ body: value(redact, record.body) }, room).fields.body ?? null,
    attributes: attributes.fields,
    droppedAttributes: record.droppedAttributes + attributes.dropped,
    eventName: text(redact, record.eventName, MAX_NAME),
  };
}

function span(redact: Redactor, each: Span): Span {
  const attributes = clipFields(values(redact, each.attributes), MAX_ATTRIBUTES_BYTES);
  return {
    ...each,
    traceState: text(redact, each.traceState, MAX_NAME),
    name: text(redact, each.name, MAX_NAME),
    attributes: attributes.fields,
    droppedAttributes: each.droppedAttributes + attributes.dropped,
    events: each.events.map((event) => spanEvent(redact, event)),
    statusMessage: text(redact, each.statusMessage, MAX_MESSAGE),
  };
}

function spanEvent(redact: Redactor, event: SpanEvent): SpanEvent {
  const attributes = clipFields(values(redact, event.attributes), MAX_ATTRIBUTES_BYTES);
  return {
    ...event,
    name: text(redact, event.name, MAX_NAME),
    attributes: attributes.fields,
    droppedAttributes: event.droppedAttributes + attributes.dropped,
  };
}

const text = (redact: Redactor, each: string, length: number) =>
  clipText(withoutQueries(redact, redact.text(each)), length);

const values = (redact: Redactor, attributes: Attributes): Attributes => value(redact, attributes) as Attributes;

/** By key names and value patterns, then every address in every text. */
const value = (redact: Redactor, each: PlainValue): PlainValue => addressesIn(redact, redact.value(each));

function addressesIn(redact: Redactor, each: PlainValue): PlainValue {
  if (typeof each === 'string') return withoutQueries(redact, each);
  if (Array.isArray(each)) return each.map((item) => addressesIn(redact, item));
  if (typeof each !== 'object' || each === null) return each;
  return Object.fromEntries(Object.entries(each).map(([key, item]) => [key, addressesIn(redact, item)]));
}

const withoutQueries = (redact: Redactor, each: string): string =>
  each.includes('/') ? each.replace(ADDRESS, (address) => redact.url(address)) : each;
