import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp } from '../app.ts';
import {
  asBearer,
  delimited,
  eventsOf,
  gzip,
  gzipBomb,
  head,
  jsonLog,
  LOGS,
  post,
  protobufLogs,
  TRACES,
} from '../otlp.ts';

let app: App;
beforeAll(async () => {
  app = await commonApp();
});
afterAll(() => app.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const GZIP = { 'content-encoding': 'gzip' };
type Body = Uint8Array<ArrayBuffer> | string;
const bomb = gzipBomb();
const bytes = (...each: number[]) => Uint8Array.from(each);
/** A record whose body is this AnyValue. */
const withBody = (value: Uint8Array) => delimited(1, delimited(2, delimited(2, delimited(5, value))));
const nested = (levels: number) => {
  const around: Uint8Array[] = [];
  let size = 3;
  for (let i = 0; i < 2 * levels; i++) {
    const next = head(i % 2 ? 5 : 1, size);
    around.push(next);
    size += next.length;
  }
  return withBody(Buffer.concat([...around.reverse(), bytes(0x0a, 1, 0x61)]));
};
const body = (value: string) => jsonLog({ body: '#' }).replace('"#"', value);

async function badBodies(): Promise<[string, number, Body, Record<string, string>][]> {
  const good = await protobufLogs([{ eventName: 'good', body: 'x'.repeat(100) }]);
  const packed = gzip(good);
  const flip = (whole: Uint8Array, at: number) => Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 0x40 : byte));
  const malformed: [string, Body, Record<string, string>][] = [
    ['truncated gzip', packed.slice(0, -9), { ...PROTOBUF, ...GZIP }],
    ['gzip cut in its header', packed.slice(0, 5), { ...PROTOBUF, ...GZIP }],
    ['bad checksum', flip(packed, packed.length - 6), { ...PROTOBUF, ...GZIP }],
    ['bad length', flip(packed, packed.length - 2), { ...PROTOBUF, ...GZIP }],
    ['an empty body as gzip', new Uint8Array(), { ...PROTOBUF, ...GZIP }],
    ['plain bytes as gzip', good, { ...PROTOBUF, ...GZIP }],
    ['bytes behind the gzip', Uint8Array.from([...packed, 1]), { ...PROTOBUF, ...GZIP }],
    ['gzip that is not said to be', packed, PROTOBUF],
    ['truncated Protobuf', good.slice(0, -3), PROTOBUF],
    ['a length beyond the end', Uint8Array.from([0x0a, 0x7f, ...good.slice(2, 20)]), PROTOBUF],
    ['a length of 4 GB', bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), PROTOBUF],
    ['a varint of 11 bytes', withBody(bytes(0x18, ...Array(10).fill(0xff), 1)), PROTOBUF],
    ['10,000 nested values', nested(10_000), PROTOBUF],
    ['33 nested values', nested(33), PROTOBUF],
    ['NUL in Protobuf', withBody(bytes(0x0a, 1, 0)), PROTOBUF],
    ['no UTF-8', withBody(bytes(0x0a, 1, 0xff)), PROTOBUF],
    ['JSON as Protobuf', jsonLog({ body: {} }), PROTOBUF],
    ['Protobuf as JSON', good, JSON_TYPE],
    ['an empty body as JSON', '', JSON_TYPE],
    ['truncated JSON', jsonLog({ body: {} }).slice(0, -2), JSON_TYPE],
    ['1e400', body('{"doubleValue":1e400}'), JSON_TYPE],
    ['1e400 as text', body('{"doubleValue":"1e400"}'), JSON_TYPE],
    ['a lone surrogate', body('{"stringValue":"\\ud800"}'), JSON_TYPE],
    ['NUL in JSON', body('{"stringValue":"\\u0000"}'), JSON_TYPE],
    [
      '10,000 nested values in JSON',
      body(`${'{"arrayValue":{"values":['.repeat(10_000)}${']}}'.repeat(10_000)}`),
      JSON_TYPE,
    ],
    ['100,000 brackets', '['.repeat(100_000), JSON_TYPE],
    ['an integer beyond 2^53 as a number', body('{"intValue":9007199254740993}'), JSON_TYPE],
    ['a list where an object is meant', '{"resourceLogs":[[]]}', JSON_TYPE],
    ['UTF-16', Uint8Array.from(Buffer.from('{}', 'utf16le')), JSON_TYPE],
  ];
  const tooLarge: [string, Body, Record<string, string>][] = [
    ['0.5 MB that become 512 MB', bomb, { ...PROTOBUF, ...GZIP }],
    ['the same as JSON', bomb, { ...JSON_TYPE, ...GZIP }],
    ['more than 4 MiB', new Uint8Array(4 * 1024 * 1024 + 1), PROTOBUF],
    ['more than 1 MiB of gzip', new Uint8Array(1024 * 1024 + 1), { ...PROTOBUF, ...GZIP }],
    ['a million values', withBody(delimited(5, Buffer.alloc(2_000_000, bytes(0x0a, 0)))), PROTOBUF],
    ['a million values in JSON', body(`{"arrayValue":{"values":[${'{},'.repeat(1_000_000)}{}]}}`), JSON_TYPE],
  ];
  const unsupported: [string, Body, Record<string, string>][] = [
    ['another type', '{}', { 'content-type': 'text/plain' }],
    ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }],
    ['another encoding', '{}', { ...JSON_TYPE, 'content-encoding': 'br' }],
    ['gzip of gzip', gzip(packed), { ...PROTOBUF, 'content-encoding': 'gzip, gzip' }],
  ];
  const all = [
    [400, malformed],
    [413, tooLarge],
    [415, unsupported],
  ] as const;
  return all.flatMap(([status, each]) =>
    each.map(
      ([what, sent, headers]) => [what, status, sent, headers] as [string, number, Body, Record<string, string>],
    ),
  );
}

describe('a body that is wrong', () => {
  it('is refused with a reason, and nothing of it is stored', async () => {
    const person = await app.person('telemetry');
    const tried = await badBodies();
    for (const [what, status, sent, headers] of tried) {
      const answer = await post(app, LOGS, sent, { ...headers, ...asBearer(person) });
      expect([what, answer.status, answer.text]).toEqual([what, status, answer.text]);
      const type =
        headers['content-type'] === 'application/x-protobuf' || headers['content-type'] === 'application/json'
          ? headers['content-type']
          : 'application/problem+json';
      expect([what, answer.headers.get('content-type')]).toEqual([what, type]);
      expect(answer.bytes.length).toBeGreaterThan(20);
    }
    // Whatever was stored before this one would be there with it.
    const last = await post(
      app,
      TRACES,
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"last"}]}]}]}',
      { ...JSON_TYPE, ...asBearer(person) },
    );
    expect(last.status).toBe(200);
    const events = await eventsOf(app, person.sessionId, 1);
    expect(events.map(({ component_name }) => component_name)).toEqual(['last']);
    console.log(`otlp: bad bodies tried ${tried.length}, stored ${events.length - 1}`);
  });

  it('costs bounded memory, however often it comes', async () => {
    const person = await app.person('telemetry');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(app, LOGS, bomb, { ...PROTOBUF, ...GZIP, ...asBearer(person) })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(413));
    expect((await app.call('GET', '/v1/health/live')).status).toBe(200);
    console.log(`gzip bombs: 20 at once of ${bomb.length} bytes, 512 MiB unpacked, refused 20`);
  });
});
