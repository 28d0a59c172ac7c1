import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { HttpEnv } from '../http.ts';
import { toProblem } from '../problem.ts';
import { jsonBody } from './json-body.ts';

const MAX = 256 * 1024;

const app = new Hono<HttpEnv>();
app.onError(toProblem);
app.use(jsonBody);
app.all('/', async (c) => c.json({ method: c.req.method, body: c.req.raw.bodyUsed ? await c.req.json() : null }));

async function send(body: BodyInit | null, headers: Record<string, string> = {}, method = 'POST') {
  const response = await app.request('/', {
    method,
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  const answer = (await response.json()) as { code?: string; detail?: string; body?: unknown };
  return { status: response.status, ...answer };
}

const refused = async (status: number, body: BodyInit | null, headers: Record<string, string> = {}) => {
  const codes: Record<number, string> = {
    400: 'malformed_request',
    413: 'body_too_large',
    415: 'unsupported_media_type',
  };
  expect(await send(body, headers)).toMatchObject({ status, code: codes[status] });
};
const bytes = (...values: number[]) => new Uint8Array(values);
const text = (value: string) => new TextEncoder().encode(value);
/** A JSON document of exactly `size` bytes. */
const document = (size: number) => `{"text":"${'x'.repeat(size - 11)}"}`;
const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

/** A body that is sent as it is asked for: without Content-Length. */
function streamed(chunk: Uint8Array, chunks = Number.POSITIVE_INFINITY) {
  const state = { sent: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (state.sent === chunks) controller.close();
      else {
        state.sent++;
        controller.enqueue(chunk);
      }
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { body, state };
}

describe('JSON body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/merge-patch+json',
  ])('is taken as %s, and the handler reads it', async (type) => {
    expect(await send('{"a":[1,"ü",null]}', { 'Content-Type': type })).toMatchObject({
      status: 200,
      body: { a: [1, 'ü', null] },
    });
  });

  it.each([
    '',
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json5',
    'application/jsonp',
    'application/vnd.api+json',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'text/plain; application/json',
    'x application/json',
  ])('is refused as %j', async (type) => {
    await refused(415, '{}', { 'Content-Type': type });
  });

  it('is refused without a type', async () => {
    const response = await app.request('/', { method: 'POST', body: text('{}') });
    expect(response.status).toBe(415);
  });

  it('is asked for with POST, PUT and PATCH, and not with the others', async () => {
    for (const method of ['POST', 'PUT', 'PATCH']) expect((await send(null, {}, method)).status).toBe(400);
    for (const method of ['GET', 'DELETE', 'OPTIONS'])
      expect((await app.request('/', { method, headers: { 'Content-Type': 'text/plain' } })).status).toBe(200);
  });

  it('that is empty is malformed, declared or streamed', async () => {
    await refused(400, null);
    await refused(400, '');
    await refused(400, '  \n ');
    await refused(400, streamed(bytes(), 3).body);
  });

  it.each([
    '{',
    '{"a":1',
    '{"a":1,}',
    '{"a":1}}',
    '{"a":1} {"b":2}',
    "{'a':1}",
    '{a:1}',
    '[1,]',
    'undefined',
    'NaN',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":01}',
    '{"a":0x1}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":"\n"}',
    '{"a":"\\x41"}',
    '{"a":1}//',
    'a=1&b=2',
    '<a/>',
    '\u00a0{}',
    '{}\u0000',
  ])('that is not JSON is malformed: %j', async (body) => {
    await refused(400, body);
  });

  it.each([
    ['a stray continuation', bytes(0x22, 0x80, 0x22)],
    ['an overlong slash', bytes(0x22, 0xc0, 0xaf, 0x22)],
    ['an encoded surrogate', bytes(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['more than Unicode has', bytes(0x22, 0xf4, 0x90, 0x80, 0x80, 0x22)],
    ['half a character', bytes(0x22, 0xc3, 0x22)],
    ['UTF-16', bytes(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00)],
    ['latin1', bytes(0x22, 0xfc, 0x22)],
  ])('that is not UTF-8 is malformed: %s', async (_, body) => {
    await refused(400, body);
    expect((await send(body)).detail).toContain('UTF-8');
  });

  it('may be split anywhere on the way, also inside a character', async () => {
    const whole = text('{"name":"Köln 🎉"}');
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at === whole.length) controller.close();
        else controller.enqueue(whole.slice(at, ++at));
      },
    });
    expect(await send(body)).toMatchObject({ status: 200, body: { name: 'Köln 🎉' } });
  });

  it('may have exactly 256 KiB and not a byte more', async () => {
    expect(text(document(MAX)).length).toBe(262_144);
    expect((await send(document(MAX))).status).toBe(200);
    await refused(413, document(MAX + 1));
    expect((await send(streamed(text(document(MAX)), 1).body)).status).toBe(200);
    await refused(413, streamed(text(document(MAX + 1)), 1).body);
    // Bytes count, not characters.
    await refused(413, `"${'ü'.repeat(MAX / 2)}"`);
  });

  it('that says it is too long is not read at all', async () => {
    const { body, state } = streamed(text(' '.repeat(1024)));
    await refused(413, body, { 'Content-Length': String(MAX + 1) });
    expect(state.sent).toBeLessThanOrEqual(1);
  });

  it('without a length is read up to the limit, then given up', async () => {
    const { body, state } = streamed(text(' '.repeat(1024)));
    await refused(413, body);
    expect(state.sent).toBeGreaterThan(MAX / 1024);
    expect(state.sent).toBeLessThan(MAX / 1024 + 5);
    expect(state.cancelled).toBe(true);
  });

  it('is counted whatever length it claims', async () => {
    for (const length of ['10', '0', '-1', 'x', '1e9x'])
      await refused(413, streamed(text(' '.repeat(64 * 1024))).body, { 'Content-Length': length });
  });

  it('may nest 32 deep and not 33, in lists, objects and both', async () => {
    expect((await send(nested(32))).status).toBe(200);
    await refused(400, nested(33));
    expect((await send(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`)).status).toBe(200);
    await refused(400, `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`);
    expect((await send(nested(16, '[{"a":', '}]').replace('"a":}', '"a":1}'))).status).toBe(200);
    await refused(400, nested(17, '[{"a":', '}]').replace('"a":}', '"a":1}'));
    await refused(400, nested(100_000));
  });

  it.each([
    ['NUL', '{"a":"x\\u0000y"}'],
    ['NUL in a name', '{"x\\u0000y":1}'],
    ['NUL in a list', '[["\\u0000"]]'],
    ['half a pair', '{"a":"\\ud800"}'],
    ['the other half', '{"a":"\\udc00"}'],
    ['a pair the wrong way round', '{"a":"\\udc00\\ud800"}'],
    ['half a pair in a name', '{"\\ud83c":1}'],
    ['half a pair in a nested name', '{"a":[{"x\\udfffy":1}]}'],
  ])('with %s is malformed', async (_, body) => {
    await refused(400, body);
  });

  it('may hold whole pairs and other escapes', async () => {
    expect(await send('{"\\ud83c\\udf89":"\\ud83c\\udf89\\u0001\\n"}')).toMatchObject({
      status: 200,
      body: { '🎉': '🎉\u0001\n' },
    });
  });

  it.each([
    '1e400',
    '-1e400',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '1e20',
    '123456789012345678901',
  ])('with the number %s is malformed: nobody could keep it exactly', async (number) => {
    await refused(400, `{"a":${number}}`);
    await refused(400, `[[${number}]]`);
    await refused(400, number);
  });

  it.each(['9007199254740991', '-9007199254740991', '0', '-0', '1.5', '1e-400', '0.1', '1e3'])(
    'may hold the number %s',
    async (number) => {
      expect((await send(`{"a":${number}}`)).status).toBe(200);
    },
  );

  it('gives prototype names no effect', async () => {
    const answer = await send('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}');
    expect(answer.status).toBe(200);
    expect('admin' in {}).toBe(false);
    await refused(400, '{"__proto__":{"a":"\\u0000"}}');
  });
});
