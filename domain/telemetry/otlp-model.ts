import { MAX_LINKS } from './otlp-limits.ts';

/**
 * Logs and traces of OTLP 1.x as plain values, whichever encoding they came in. Left out: links' attributes, entity references and
 * what only profiles use.
 */

/**
 * An AnyValue: int64 is a number, or decimal text beyond 2^53; bytes are base64; what is no finite number is `"NaN"`, `"Infinity"` or
 * `"-Infinity"`; an unset value is null.
 */
export type PlainValue = string | number | boolean | null | PlainValue[] | { [key: string]: PlainValue };

/** Of several with one key the last counts. */
export type Attributes = { [key: string]: PlainValue };

export interface Scope {
  name: string;
  version: string;
  attributes: Attributes;
}

export interface LogRecord {
  /** Nanoseconds since the epoch; 0 = not known. */
  time: bigint;
  observedTime: bigint;
  severityNumber: number;
  severityText: string;
  body: PlainValue;
  attributes: Attributes;
  droppedAttributes: number;
  flags: number;
  /** 32 hexadecimal digits, or '' for none. */
  traceId: string;
  /** 16 hexadecimal digits, or '' for none. */
  spanId: string;
  eventName: string;
}

export interface SpanEvent {
  time: bigint;
  name: string;
  attributes: Attributes;
  droppedAttributes: number;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
}

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  flags: number;
  name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  start: bigint;
  end: bigint;
  attributes: Attributes;
  droppedAttributes: number;
  events: SpanEvent[];
  droppedEvents: number;
  links: SpanLink[];
  droppedLinks: number;
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number;
  statusMessage: string;
}

/** The records of one scope of one resource. */
export interface Group<Item> {
  resource: Attributes;
  resourceSchemaUrl: string;
  scope: Scope;
  schemaUrl: string;
  items: Item[];
}

export type Telemetry = { signal: 'logs'; groups: Group<LogRecord>[] } | { signal: 'traces'; groups: Group<Span>[] };

export type Signal = Telemetry['signal'];

export const newGroup = <Item>(resource: Attributes): Group<Item> => ({
  resource,
  resourceSchemaUrl: '',
  scope: { name: '', version: '', attributes: {} },
  schemaUrl: '',
  items: [],
});

export const newLogRecord = (): LogRecord => ({
  time: 0n,
  observedTime: 0n,
  severityNumber: 0,
  severityText: '',
  body: null,
  attributes: {},
  droppedAttributes: 0,
  flags: 0,
  traceId: '',
  spanId: '',
  eventName: '',
});

export const newSpan = (): Span => ({
  traceId: '',
  spanId: '',
  parentSpanId: '',
  traceState: '',
  flags: 0,
  name: '',
  kind: 0,
  start: 0n,
  end: 0n,
  attributes: {},
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  statusCode: 0,
  statusMessage: '',
});

export const newSpanEvent = (): SpanEvent => ({ time: 0n, name: '', attributes: {}, droppedAttributes: 0 });

/** An assignment would give a key such as `__proto__` its old meaning. */
export function setAttribute(attributes: Attributes, key: string, value: PlainValue): void {
  Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
}

export function keepLink(span: Span, link: SpanLink): void {
  if (span.links.length < MAX_LINKS) span.links.push(link);
  else span.droppedLinks++;
}

export const MAX_SEVERITY = 24;
export const MAX_KIND = 5;
export const MAX_STATUS = 2;

/** An enum's number; one of a later version is unspecified to us. */
export const known = (value: number, max: number): number => (value >= 0 && value <= max ? value : 0);
