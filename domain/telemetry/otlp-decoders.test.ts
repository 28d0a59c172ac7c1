import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../errors.ts';
import { encodeJson } from './otlp-export.ts';
import { decodeJson } from './otlp-json.ts';
import { MAX_BODY_BYTES, MAX_DEPTH, MAX_VALUES } from './otlp-limits.ts';
import type { Attributes, Group, LogRecord, PlainValue, Telemetry } from './otlp-model.ts';
import { decodeProtobuf } from './otlp-protobuf.ts';
import { message, protobuf, string, telemetry, type Write } from './otlp-testing.ts';

const SEED = 20_261_122;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const json = (telemetry: Telemetry) => bytesOf(JSON.stringify(encodeJson(telemetry)));

/** A log record's body, encoded by hand. */
function bodyOf(write: Write): Uint8Array {
  const writer = new BinaryWriter();
  message(writer, 1, () => message(writer, 2, () => message(writer, 2, () => message(writer, 5, write))));
  return writer.finish();
}

const codeOf = (decode: () => unknown): string => {
  try {
    decode();
    return 'accepted';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};
const inProtobuf = (bytes: Uint8Array) => codeOf(() => decodeProtobuf('logs', bytes));
const inJson = (document: string) => codeOf(() => decodeJson('logs', bytesOf(document)));
const jsonBody = (body: string) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${body}}]}]}]}`;

describe('the two decoders', () => {
  it('read the same from the same data, whatever it is', () => {
    fc.assert(
      fc.property(telemetry, (each) => {
        expect(decodeProtobuf(each.signal, protobuf(each))).toEqual(each);
        expect(decodeJson(each.signal, json(each))).toEqual(each);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('survive truncations, flipped bits and inserted bytes: a value or a refusal, never a crash', () => {
    const found = { mutated: 0, accepted: 0, refused: 0 };
    const mutation = fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), bit: fc.nat(7), kind: fc.nat(2) });
    fc.assert(
      fc.property(telemetry, fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.boolean(), (each, how, binary) => {
        let bytes = binary ? protobuf(each) : json(each);
        for (const { at, bit, kind } of how) {
          const where = Math.floor(at * bytes.length);
          if (kind === 0) bytes = bytes.slice(0, where);
          else if (kind === 1 && bytes.length > 0) bytes[where] = (bytes[where] ?? 0) ^ (1 << bit);
          else bytes = Uint8Array.of(...bytes.subarray(0, where), bit * 37, ...bytes.subarray(where));
        }
        found.mutated++;
        const code = codeOf(() => (binary ? decodeProtobuf : decodeJson)(each.signal, bytes));
        expect(['accepted', 'malformed_request', 'body_too_large']).toContain(code);
        if (code === 'accepted') found.accepted++;
        else found.refused++;
      }),
      { seed: SEED, numRuns: 2000 },
    );
    console.log(`otlp: mutated ${found.mutated}, refused ${found.refused}, crashed 0`);
    expect(found.refused).toBeGreaterThan(found.mutated / 4);
  });

  it('take what has no record for an empty request', () => {
    expect(decodeProtobuf('logs', new Uint8Array())).toEqual({ signal: 'logs', groups: [] });
    for (const document of ['{}', '{"resourceLogs":[]}', '{"resourceLogs":null}', ' {"later":[1,{"a":2}]} '])
      expect([document, decodeJson('logs', bytesOf(document))]).toEqual([document, { signal: 'logs', groups: [] }]);
  });

  it('pass over fields they do not know, of every wire type, and known ones of another type', () => {
    const bytes = bodyOf((writer) => {
      writer.tag(99, WireType.Varint).uint64(2n ** 63n);
      writer.tag(98, WireType.Bit64).fixed64(7n);
      writer.tag(97, WireType.Bit32).fixed32(7);
      string(writer, 96, 'later');
      writer.tag(95, WireType.StartGroup).tag(1, WireType.Varint).uint32(1).tag(95, WireType.EndGroup);
      writer.tag(1, WireType.Varint).uint32(5);
      writer.tag(8, WireType.Varint).uint32(3);
      string(writer, 1, 'kept');
    });
    const decoded = decodeProtobuf('logs', bytes) as { groups: Group<LogRecord>[] };
    expect(decoded.groups[0]?.items[0]?.body).toBe('kept');
    const later = jsonBody('{"stringValue":"kept","later":{"a":[{}]},"string_value":"no"},"time_unix_nano":"5"');
    const read = decodeJson('logs', bytesOf(later)) as { groups: Group<LogRecord>[] };
    expect(read.groups[0]?.items[0]).toMatchObject({ body: 'kept', time: 0n });
  });

  it('keep 64-bit integers, bytes and what is no finite number as text', () => {
    const values: [Write, string, PlainValue][] = [
      [
        (w) => w.tag(3, WireType.Varint).int64(-(2n ** 63n)),
        '{"intValue":"-9223372036854775808"}',
        '-9223372036854775808',
      ],
      [(w) => w.tag(3, WireType.Varint).int64(-5n), '{"intValue":-5}', -5],
      [(w) => w.tag(4, WireType.Bit64).double(Number.NaN), '{"doubleValue":"NaN"}', 'NaN'],
      [(w) => w.tag(4, WireType.Bit64).double(-Infinity), '{"doubleValue":"-Infinity"}', '-Infinity'],
      [(w) => w.tag(4, WireType.Bit64).double(-0), '{"doubleValue":-0}', 0],
      [(w) => w.tag(7, WireType.LengthDelimited).bytes(Uint8Array.of(251, 255, 254)), '{"bytesValue":"-__-"}', '+//+'],
      [(w) => w.tag(7, WireType.LengthDelimited).bytes(Uint8Array.of(1)), '{"bytesValue":"AQ"}', 'AQ=='],
      [() => undefined, '{}', null],
      [() => undefined, '{"stringValue":null}', null],
    ];
    for (const [write, document, expected] of values) {
      const both = [decodeProtobuf('logs', bodyOf(write)), decodeJson('logs', bytesOf(jsonBody(document)))];
      for (const decoded of both as { groups: Group<LogRecord>[] }[])
        expect([document, decoded.groups[0]?.items[0]?.body]).toEqual([document, expected]);
    }
  });
});

describe('protobuf that is refused', () => {
  const varints = (...bytes: number[]) => Uint8Array.from(bytes);

  it.each<[string, Uint8Array]>([
    ['a varint of eleven bytes', bodyOf((w) => w.tag(3, WireType.Varint).raw(varints(...Array(10).fill(0xff), 1)))],
    ['one in an unknown field', bodyOf((w) => w.tag(90, WireType.Varint).raw(varints(...Array(10).fill(0xff), 1)))],
    ['one as a length', varints(0x0a, ...Array(10).fill(0xff), 1)],
    ['a length beyond the end', varints(0x0a, 0x05, 1)],
    ['a length of 4 GB', varints(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)],
    ['a length beyond its message', varints(0x0a, 0x02, 0x12, 0x08, 1, 1, 1, 1, 1, 1, 1, 1)],
    ['a text beyond its message', varints(0x0a, 0x04, 0x1a, 0x05, 0x61, 0x61, 0x1a, 0x01, 0x61)],
    ['a truncated tag', varints(0x8a)],
    ['field number 0', varints(0x00, 0x01)],
    ['wire type 7', varints(0x0f)],
    ['a group that does not end', varints(0x0b, 0x08, 0x01)],
    ['a truncated double', varints(0x0a, 0x09, 0x12, 0x07, 0x12, 0x05, 0x09, 1, 2, 3, 4)],
    ['a text that is not UTF-8', bodyOf((w) => w.tag(1, WireType.LengthDelimited).bytes(varints(0xc0, 0xaf)))],
    ['an encoded surrogate', bodyOf((w) => w.tag(1, WireType.LengthDelimited).bytes(varints(0xed, 0xa0, 0x80)))],
    ['a text with NUL', bodyOf((w) => string(w, 1, 'a\0b'))],
    ['text', bytesOf('resourceLogs')],
  ])('%s', (_, bytes) => {
    expect(inProtobuf(bytes)).toBe('malformed_request');
  });

  const nested = (levels: number) => {
    let inner = new Uint8Array();
    for (let level = 0; level < levels; level++)
      inner = new BinaryWriter()
        .tag(5, WireType.LengthDelimited)
        .fork()
        .tag(1, WireType.LengthDelimited)
        .bytes(inner)
        .join()
        .finish();
    return bodyOf((writer) => writer.raw(inner));
  };

  it('values nested deeper than 32 levels', () => {
    expect(inProtobuf(nested(MAX_DEPTH))).toBe('accepted');
    expect(inProtobuf(nested(MAX_DEPTH + 1))).toBe('malformed_request');
    expect(inProtobuf(nested(10_000))).toBe('malformed_request');
  });

  it('more values than memory is meant for, by what they become and not by their bytes', () => {
    const many = (n: number) =>
      bodyOf((w) =>
        message(w, 5, () => {
          for (let i = 0; i < n; i++) message(w, 1, () => undefined);
        }),
      );
    // The record, its resource and scope, and the list itself are values too.
    expect(inProtobuf(many(MAX_VALUES - 4))).toBe('accepted');
    expect(inProtobuf(many(MAX_VALUES - 3))).toBe('body_too_large');
    expect(inProtobuf(many(MAX_BODY_BYTES / 2 - 100))).toBe('body_too_large');
    const groups = new BinaryWriter();
    for (let i = 0; i < 200_000; i++) groups.tag(1, WireType.LengthDelimited).uint32(0);
    expect(inProtobuf(groups.finish())).toBe('body_too_large');
  });
});

describe('JSON that is refused', () => {
  it.each([
    '',
    ' ',
    '[]',
    'null1',
    '"text"',
    '{"resourceLogs":',
    '{"resourceLogs":{}}',
    '{"resourceLogs":[1]}',
    '{"resourceLogs":[{"scopeLogs":"x"}]}',
    '{"resourceLogs":[{"resource":[]}]}',
    '{"resourceLogs":[{"resource":{"attributes":{"a":1}}}]}',
    '{"resourceLogs":[{"resource":{"attributes":[{"key":5}]}}]}',
    jsonBody('"text"'),
    jsonBody('{"stringValue":5}'),
    jsonBody('{"boolValue":"true"}'),
    jsonBody('{"intValue":1.5}'),
    jsonBody('{"intValue":9007199254740993}'),
    jsonBody('{"intValue":"9223372036854775808"}'),
    jsonBody('{"intValue":1e400}'),
    jsonBody('{"doubleValue":1e400}'),
    jsonBody('{"doubleValue":-1e400}'),
    jsonBody('{"doubleValue":"1e400"}'),
    jsonBody('{"doubleValue":"0x10"}'),
    jsonBody('{"doubleValue":" "}'),
    jsonBody('{"bytesValue":"a*b"}'),
    jsonBody('{"stringValue":"\\u0000"}'),
    jsonBody('{"stringValue":"\\ud800"}'),
    jsonBody('{"kvlistValue":{"values":[{"key":"\\udc00"}]}}'),
    jsonBody('{"arrayValue":[]}'),
    jsonBody('{},"timeUnixNano":-1'),
    jsonBody('{},"timeUnixNano":"18446744073709551616"'),
    jsonBody('{},"timeUnixNano":1e400'),
    jsonBody('{},"severityNumber":"INFO"'),
    jsonBody('{},"flags":-1'),
    jsonBody('{},"traceId":5'),
  ])('%s', (document) => {
    expect(inJson(document)).toBe('malformed_request');
  });

  const nested = (levels: number, open: string, close: string) =>
    jsonBody(`${open.repeat(levels)}{}${close.repeat(levels)}`);

  it.each([
    ['{"arrayValue":{"values":[', ']}}'],
    ['{"kvlistValue":{"values":[{"key":"k","value":', '}]}}'],
  ])('values nested deeper than 32 levels: %s', (open, close) => {
    expect(inJson(nested(MAX_DEPTH, open, close))).toBe('accepted');
    expect(inJson(nested(MAX_DEPTH + 1, open, close))).toBe('malformed_request');
    expect(inJson(nested(10_000, open, close))).toBe('malformed_request');
  });

  it('nesting in what nobody would read', () => {
    expect(inJson(`{"later":${'['.repeat(100)}${']'.repeat(100)}}`)).toBe('accepted');
    expect(inJson(`{"later":${'['.repeat(10_000)}${']'.repeat(10_000)}}`)).toBe('malformed_request');
    expect(inJson('['.repeat(MAX_BODY_BYTES))).toBe('malformed_request');
    expect(inJson('{"a":'.repeat(10_000))).toBe('malformed_request');
    // Brackets in a text are text.
    expect(inJson(jsonBody(JSON.stringify({ stringValue: `\\"${'[{'.repeat(1000)}` })))).toBe('accepted');
  });

  it('more values than memory is meant for', () => {
    expect(inJson(jsonBody(`{"arrayValue":{"values":[${'{},'.repeat(MAX_VALUES - 5)}{}]}}`))).toBe('accepted');
    expect(inJson(jsonBody(`{"arrayValue":{"values":[${'{},'.repeat(MAX_VALUES - 4)}{}]}}`))).toBe('body_too_large');
    expect(inJson(`{"later":[${'{},'.repeat(1_300_000)}{}]}`)).toBe('body_too_large');
  });

  it('gives prototype names no effect', () => {
    const pair = '{"key":"__proto__","value":{"kvlistValue":{"values":[{"key":"admin","value":{"boolValue":true}}]}}}';
    const { groups: read } = decodeJson(
      'logs',
      bytesOf(jsonBody(`{"kvlistValue":{"values":[${pair}]}},"__proto__":{}`)),
    );
    const record = read[0]?.items[0] as LogRecord;
    const body = record.body as Attributes;
    expect([Object.hasOwn(body, '__proto__'), body.admin, 'admin' in {}]).toEqual([true, undefined, false]);
  });
});
