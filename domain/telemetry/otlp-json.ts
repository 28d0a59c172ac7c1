import {
  id,
  type Json,
  list,
  object,
  parseJson,
  readAttributes,
  readValue,
  text,
  time,
  whole,
} from './otlp-json-reader.ts';
import { type Budget, newBudget, spend } from './otlp-limits.ts';
import {
  type Group,
  keepLink,
  known,
  type LogRecord,
  MAX_KIND,
  MAX_SEVERITY,
  MAX_STATUS,
  newGroup,
  newSpan,
  type Scope,
  type Signal,
  type Span,
  type SpanEvent,
  type Telemetry,
} from './otlp-model.ts';

/**
 * The same requests in OTLP/JSON: ids in hexadecimal, int64 as number or text, enums as numbers, unknown fields ignored.
 * @throws Malformed, DomainError body_too_large
 */
export function decodeJson(signal: Signal, bytes: Uint8Array): Telemetry {
  const request = parseJson(bytes);
  const budget = newBudget();
  return signal === 'logs'
    ? { signal, groups: readGroups(request, LOGS, budget, readLogRecord) }
    : { signal, groups: readGroups(request, TRACES, budget, readSpan) };
}

/** How the two requests call what they hold. */
interface Names {
  resources: string;
  scopes: string;
  items: string;
}

const LOGS: Names = { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' };
const TRACES: Names = { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' };

type ReadItem<Item> = (json: Json, budget: Budget) => Item;

function readGroups<Item>(request: Json, names: Names, budget: Budget, readItem: ReadItem<Item>): Group<Item>[] {
  const groups: Group<Item>[] = [];
  for (const entry of list(request[names.resources], names.resources)) {
    const parent = object(entry, names.resources);
    spend(budget);
    const resource = readAttributes(object(parent.resource, 'resource').attributes, budget);
    const resourceSchemaUrl = text(parent.schemaUrl, 'schemaUrl');
    for (const each of list(parent[names.scopes], names.scopes)) {
      const json = object(each, names.scopes);
      spend(budget);
      groups.push({
        ...newGroup<Item>(resource),
        resourceSchemaUrl,
        scope: readScope(object(json.scope, 'scope'), budget),
        schemaUrl: text(json.schemaUrl, 'schemaUrl'),
        items: list(json[names.items], names.items).map((item) => readItem(object(item, names.items), budget)),
      });
    }
  }
  return groups;
}

const readScope = (json: Json, budget: Budget): Scope => ({
  name: text(json.name, 'name'),
  version: text(json.version, 'version'),
  attributes: readAttributes(json.attributes, budget),
});

function readLogRecord(json: Json, budget: Budget): LogRecord {
  spend(budget);
  return {
    time: time(json.timeUnixNano, 'timeUnixNano'),
    observedTime: time(json.observedTimeUnixNano, 'observedTimeUnixNano'),
    severityNumber: known(whole(json.severityNumber, 'severityNumber'), MAX_SEVERITY),
    severityText: text(json.severityText, 'severityText'),
    body: json.body === undefined || json.body === null ? null : readValue(json.body, budget),
    attributes: readAttributes(json.attributes, budget),
    droppedAttributes: whole(json.droppedAttributesCount, 'droppedAttributesCount'),
    flags: whole(json.flags, 'flags'),
    traceId: id(json.traceId, 'traceId', 32),
    spanId: id(json.spanId, 'spanId', 16),
    eventName: text(json.eventName, 'eventName'),
  };
}

function readSpan(json: Json, budget: Budget): Span {
  spend(budget);
  const status = object(json.status, 'status');
  const span: Span = {
    ...newSpan(),
    traceId: id(json.traceId, 'traceId', 32),
    spanId: id(json.spanId, 'spanId', 16),
    parentSpanId: id(json.parentSpanId, 'parentSpanId', 16),
    traceState: text(json.traceState, 'traceState'),
    flags: whole(json.flags, 'flags'),
    name: text(json.name, 'name'),
    kind: known(whole(json.kind, 'kind'), MAX_KIND),
    start: time(json.startTimeUnixNano, 'startTimeUnixNano'),
    end: time(json.endTimeUnixNano, 'endTimeUnixNano'),
    attributes: readAttributes(json.attributes, budget),
    droppedAttributes: whole(json.droppedAttributesCount, 'droppedAttributesCount'),
    events: list(json.events, 'events').map((event) => readEvent(object(event, 'events'), budget)),
    droppedEvents: whole(json.droppedEventsCount, 'droppedEventsCount'),
    droppedLinks: whole(json.droppedLinksCount, 'droppedLinksCount'),
    statusCode: known(whole(status.code, 'code'), MAX_STATUS),
    statusMessage: text(status.message, 'message'),
  };
  for (const link of list(json.links, 'links')) readLink(span, object(link, 'links'), budget);
  return span;
}

function readEvent(json: Json, budget: Budget): SpanEvent {
  spend(budget);
  return {
    time: time(json.timeUnixNano, 'timeUnixNano'),
    name: text(json.name, 'name'),
    attributes: readAttributes(json.attributes, budget),
    droppedAttributes: whole(json.droppedAttributesCount, 'droppedAttributesCount'),
  };
}

function readLink(span: Span, json: Json, budget: Budget): void {
  spend(budget);
  keepLink(span, { traceId: id(json.traceId, 'traceId', 32), spanId: id(json.spanId, 'spanId', 16) });
}
