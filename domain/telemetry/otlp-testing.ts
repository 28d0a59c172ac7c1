import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import {
  type Attributes,
  type Group,
  type LogRecord,
  newGroup,
  newLogRecord,
  newSpan,
  type PlainValue,
  type Span,
  type Telemetry,
} from './otlp-model.ts';

// Data of every shape the model has.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !each.includes('\0') && each.isWellFormed()),
  fc.constantFrom('__proto__', 'constructor', '\ufeffmark', 'service.name'),
);
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => (each === 0 ? 0 : each)),
);
const { value } = fc.letrec<{ value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ) as fc.Arbitrary<PlainValue>,
}));
const attributes = fc.dictionary(text, value, { maxKeys: 6, noNullPrototype: true }) as fc.Arbitrary<Attributes>;
const hex = (digits: 16 | 32) =>
  fc.oneof(
    fc.constant(''),
    fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((each) => /[^0]/.test(each)),
  );
const time = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn);
const count = fc.nat(0xffff_ffff);
const logRecord: fc.Arbitrary<LogRecord> = fc.record({
  time,
  observedTime: time,
  severityNumber: fc.nat(24),
  severityText: text,
  body: value,
  attributes,
  droppedAttributes: count,
  flags: count,
  traceId: hex(32),
  spanId: hex(16),
  eventName: text,
});
const span: fc.Arbitrary<Span> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16),
  traceState: text,
  flags: count,
  name: text,
  kind: fc.nat(5),
  start: time,
  end: time,
  attributes,
  droppedAttributes: count,
  events: fc.array(fc.record({ time, name: text, attributes, droppedAttributes: count }), { maxLength: 3 }),
  droppedEvents: count,
  links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16) }), { maxLength: 3 }),
  droppedLinks: count,
  statusCode: fc.nat(2),
  statusMessage: text,
});
const groups = <Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Group<Item>[]> =>
  fc.array(
    fc.record({
      resource: attributes,
      resourceSchemaUrl: text,
      scope: fc.record({ name: text, version: text, attributes }),
      schemaUrl: text,
      items: fc.array(item, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  );
export const telemetry: fc.Arbitrary<Telemetry> = fc.oneof(
  groups(logRecord).map((each) => ({ signal: 'logs' as const, groups: each })),
  groups(span).map((each) => ({ signal: 'traces' as const, groups: each })),
);

// A small encoder of opentelemetry-proto, by its field numbers.
export type Write = (writer: BinaryWriter) => unknown;
export const message = (writer: BinaryWriter, field: number, write: Write) => {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
};
export const string = (writer: BinaryWriter, field: number, each: string) =>
  writer.tag(field, WireType.LengthDelimited).string(each);
const id = (writer: BinaryWriter, field: number, each: string) =>
  writer.tag(field, WireType.LengthDelimited).bytes(Uint8Array.fromHex(each));
const varint = (writer: BinaryWriter, field: number, each: number) => writer.tag(field, WireType.Varint).uint32(each);
const fixed64 = (writer: BinaryWriter, field: number, each: bigint) => writer.tag(field, WireType.Bit64).fixed64(each);
const fixed32 = (writer: BinaryWriter, field: number, each: number) => writer.tag(field, WireType.Bit32).fixed32(each);

function writeValue(writer: BinaryWriter, field: number, each: PlainValue) {
  message(writer, field, () => {
    if (typeof each === 'string') string(writer, 1, each);
    else if (typeof each === 'boolean') writer.tag(2, WireType.Varint).bool(each);
    else if (Number.isSafeInteger(each)) writer.tag(3, WireType.Varint).int64(BigInt(each as number));
    else if (typeof each === 'number') writer.tag(4, WireType.Bit64).double(each);
    else if (Array.isArray(each))
      message(writer, 5, () => {
        for (const item of each) writeValue(writer, 1, item);
      });
    else if (each !== null) message(writer, 6, () => writeAttributes(writer, 1, each));
  });
}

function writeAttributes(writer: BinaryWriter, field: number, pairs: Attributes) {
  for (const [key, each] of Object.entries(pairs))
    message(writer, field, () => {
      string(writer, 1, key);
      writeValue(writer, 2, each);
    });
}

function writeLogRecord(writer: BinaryWriter, record: LogRecord) {
  fixed64(writer, 1, record.time);
  varint(writer, 2, record.severityNumber);
  string(writer, 3, record.severityText);
  writeValue(writer, 5, record.body);
  writeAttributes(writer, 6, record.attributes);
  varint(writer, 7, record.droppedAttributes);
  fixed32(writer, 8, record.flags);
  id(writer, 9, record.traceId);
  id(writer, 10, record.spanId);
  fixed64(writer, 11, record.observedTime);
  string(writer, 12, record.eventName);
}

function writeSpan(writer: BinaryWriter, each: Span) {
  id(writer, 1, each.traceId);
  id(writer, 2, each.spanId);
  string(writer, 3, each.traceState);
  id(writer, 4, each.parentSpanId);
  string(writer, 5, each.name);
  varint(writer, 6, each.kind);
  fixed64(writer, 7, each.start);
  fixed64(writer, 8, each.end);
  writeAttributes(writer, 9, each.attributes);
  varint(writer, 10, each.droppedAttributes);
  for (const event of each.events)
    message(writer, 11, () => {
      fixed64(writer, 1, event.time);
      string(writer, 2, event.name);
      writeAttributes(writer, 3, event.attributes);
      varint(writer, 4, event.droppedAttributes);
    });
  varint(writer, 12, each.droppedEvents);
  for (const link of each.links)
    message(writer, 13, () => {
      id(writer, 1, link.traceId);
      id(writer, 2, link.spanId);
    });
  varint(writer, 14, each.droppedLinks);
  message(writer, 15, () => {
    string(writer, 2, each.statusMessage);
    varint(writer, 3, each.statusCode);
  });
  fixed32(writer, 16, each.flags);
}

/** The request as an exporter would send it. */
export function protobuf({ signal, groups: each }: Telemetry): Uint8Array {
  const writer = new BinaryWriter();
  for (const group of each)
    message(writer, 1, () => {
      message(writer, 1, () => writeAttributes(writer, 1, group.resource));
      message(writer, 2, () => {
        message(writer, 1, () => {
          string(writer, 1, group.scope.name);
          string(writer, 2, group.scope.version);
          writeAttributes(writer, 3, group.scope.attributes);
        });
        for (const item of group.items)
          message(writer, 2, () =>
            signal === 'logs' ? writeLogRecord(writer, item as LogRecord) : writeSpan(writer, item as Span),
          );
        string(writer, 3, group.schemaUrl);
      });
      string(writer, 3, group.resourceSchemaUrl);
    });
  return writer.finish();
}

export const IDS = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

/** One group of log records. */
export const logs = (items: Partial<LogRecord>[], resource: Attributes = {}) => ({
  signal: 'logs' as const,
  groups: [{ ...newGroup<LogRecord>(resource), items: items.map((each) => ({ ...newLogRecord(), ...each })) }],
});

/** One group of spans. */
export const spans = (items: Partial<Span>[], resource: Attributes = {}) => ({
  signal: 'traces' as const,
  groups: [{ ...newGroup<Span>(resource), items: items.map((each) => ({ ...newSpan(), ...IDS, ...each })) }],
});
