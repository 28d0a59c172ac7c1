import { BinaryReader } from '@bufbuild/protobuf/wire';
import { DomainError, Malformed } from '../errors.ts';
import { newBudget, spend } from './otlp-limits.ts';
import {
  type Attributes,
  type Group,
  keepLink,
  known,
  type LogRecord,
  MAX_KIND,
  MAX_SEVERITY,
  MAX_STATUS,
  newGroup,
  newLogRecord,
  newSpan,
  newSpanEvent,
  type Scope,
  type Signal,
  type Span,
  type SpanEvent,
  type SpanLink,
  type Telemetry,
} from './otlp-model.ts';
import {
  type ReadField,
  readFields,
  readId,
  readKeyValue,
  readMessage,
  readText,
  readTime,
  readValue,
  type Source,
  tag,
} from './otlp-protobuf-reader.ts';

/**
 * ExportLogsServiceRequest or ExportTraceServiceRequest of opentelemetry-proto 1.x. The two differ only in what a record is.
 * @throws Malformed, DomainError body_too_large
 */
export function decodeProtobuf(signal: Signal, bytes: Uint8Array): Telemetry {
  const source: Source = { reader: new BinaryReader(bytes), budget: newBudget() };
  try {
    return signal === 'logs'
      ? { signal, groups: readRequest(source, readLogRecord) }
      : { signal, groups: readRequest(source, readSpan) };
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    throw new Malformed('The body is no Protobuf message of this kind, or it breaks off.', { cause });
  }
}

function readRequest<Item>(source: Source, readItem: (source: Source) => Item): Group<Item>[] {
  const groups: Group<Item>[] = [];
  readFields(source, source.reader.len, (field) => {
    if (field !== tag.delimited(1)) return false;
    readResource(source, groups, readItem);
    return true;
  });
  return groups;
}

/** ResourceLogs, ResourceSpans. Fields come in any order: the groups learn of their schema at the end. */
function readResource<Item>(source: Source, groups: Group<Item>[], readItem: (source: Source) => Item): void {
  const first = groups.length;
  const resource: Attributes = {};
  let schemaUrl = '';
  spend(source.budget);
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) readMessage(source, attributesAt(source, 1, resource));
    else if (field === tag.delimited(2)) groups.push(readScopeGroup(source, resource, readItem));
    else if (field === tag.delimited(3)) schemaUrl = readText(source);
    else return false;
    return true;
  });
  for (const group of groups.slice(first)) group.resourceSchemaUrl = schemaUrl;
}

/** ScopeLogs, ScopeSpans. */
function readScopeGroup<Item>(source: Source, resource: Attributes, readItem: (source: Source) => Item): Group<Item> {
  const group = newGroup<Item>(resource);
  spend(source.budget);
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) readScope(source, group.scope);
    else if (field === tag.delimited(2)) group.items.push(readItem(source));
    else if (field === tag.delimited(3)) group.schemaUrl = readText(source);
    else return false;
    return true;
  });
  return group;
}

function readScope(source: Source, scope: Scope): void {
  const readAttribute = attributesAt(source, 3, scope.attributes);
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) scope.name = readText(source);
    else if (field === tag.delimited(2)) scope.version = readText(source);
    else return readAttribute(field);
    return true;
  });
}

/** Takes the attributes of a message that has them in the field of that number. */
function attributesAt(source: Source, number: number, attributes: Attributes): ReadField {
  return (field) => {
    if (field !== tag.delimited(number)) return false;
    readKeyValue(source, attributes);
    return true;
  };
}

function readLogRecord(source: Source): LogRecord {
  const { reader } = source;
  const record = newLogRecord();
  const readAttribute = attributesAt(source, 6, record.attributes);
  spend(source.budget);
  readMessage(source, (field) => {
    if (field === tag.fixed64(1)) record.time = readTime(source);
    else if (field === tag.fixed64(11)) record.observedTime = readTime(source);
    else if (field === tag.varint(2)) record.severityNumber = known(reader.int32(), MAX_SEVERITY);
    else if (field === tag.delimited(3)) record.severityText = readText(source);
    else if (field === tag.delimited(5)) record.body = readValue(source);
    else if (field === tag.varint(7)) record.droppedAttributes = reader.uint32();
    else if (field === tag.fixed32(8)) record.flags = reader.fixed32();
    else if (field === tag.delimited(9)) record.traceId = readId(source, 32);
    else if (field === tag.delimited(10)) record.spanId = readId(source, 16);
    else if (field === tag.delimited(12)) record.eventName = readText(source);
    else return readAttribute(field);
    return true;
  });
  return record;
}

function readSpan(source: Source): Span {
  const { reader } = source;
  const span = newSpan();
  const readAttribute = attributesAt(source, 9, span.attributes);
  const readPart = spanParts(source, span);
  spend(source.budget);
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) span.traceId = readId(source, 32);
    else if (field === tag.delimited(2)) span.spanId = readId(source, 16);
    else if (field === tag.delimited(3)) span.traceState = readText(source);
    else if (field === tag.delimited(4)) span.parentSpanId = readId(source, 16);
    else if (field === tag.delimited(5)) span.name = readText(source);
    else if (field === tag.varint(6)) span.kind = known(reader.int32(), MAX_KIND);
    else if (field === tag.fixed64(7)) span.start = readTime(source);
    else if (field === tag.fixed64(8)) span.end = readTime(source);
    else if (field === tag.varint(10)) span.droppedAttributes = reader.uint32();
    else if (field === tag.fixed32(16)) span.flags = reader.fixed32();
    else return readAttribute(field) || readPart(field);
    return true;
  });
  return span;
}

/** Events, links and status. */
function spanParts(source: Source, span: Span): ReadField {
  const { reader } = source;
  return (field) => {
    if (field === tag.delimited(11)) span.events.push(readEvent(source));
    else if (field === tag.varint(12)) span.droppedEvents += reader.uint32();
    else if (field === tag.delimited(13)) keepLink(span, readLink(source));
    else if (field === tag.varint(14)) span.droppedLinks += reader.uint32();
    else if (field === tag.delimited(15)) readStatus(source, span);
    else return false;
    return true;
  };
}

function readEvent(source: Source): SpanEvent {
  const event = newSpanEvent();
  const readAttribute = attributesAt(source, 3, event.attributes);
  spend(source.budget);
  readMessage(source, (field) => {
    if (field === tag.fixed64(1)) event.time = readTime(source);
    else if (field === tag.delimited(2)) event.name = readText(source);
    else if (field === tag.varint(4)) event.droppedAttributes = source.reader.uint32();
    else return readAttribute(field);
    return true;
  });
  return event;
}

function readLink(source: Source): SpanLink {
  const link: SpanLink = { traceId: '', spanId: '' };
  spend(source.budget);
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) link.traceId = readId(source, 32);
    else if (field === tag.delimited(2)) link.spanId = readId(source, 16);
    else return false;
    return true;
  });
  return link;
}

function readStatus(source: Source, span: Span): void {
  readMessage(source, (field) => {
    if (field === tag.delimited(2)) span.statusMessage = readText(source);
    else if (field === tag.varint(3)) span.statusCode = known(source.reader.int32(), MAX_STATUS);
    else return false;
    return true;
  });
}
