import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, harness } from './testing.ts';

let h: Harness;
beforeAll(async () => {
  h = await harness();
}, 60_000);
afterAll(() => h.end());

const rows = async <T>(query: string, query_params: Record<string, unknown> = {}, clickhouse_settings = {}) => {
  const result = await h.client('reader').query({ query, query_params, clickhouse_settings, format: 'JSONEachRow' });
  return result.json<T>();
};

describe('parameters', () => {
  test.each([
    ['UInt8', 7, 7],
    ['Int64', '-9007199254740993', '-9007199254740993'],
    ['Float64', 0.1, 0.1],
    ['Bool', true, true],
    ['UUID', '018f3f1c-0000-7000-8000-000000000001', '018f3f1c-0000-7000-8000-000000000001'],
    ['Array(String)', ["a'b", 'c\\', 'd\te', ''], ["a'b", 'c\\', 'd\te', '']],
    ['Array(UInt32)', [], []],
    ['Nullable(String)', null, null],
    ['Map(String, String)', { "k'": "v'" }, { "k'": "v'" }],
    ["DateTime64(3, 'UTC')", new Date('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04:05.678'],
  ])('of type %s', async (type, value, seen) => {
    const settings = { output_format_json_quote_64bit_integers: 1 };
    expect(await rows(`SELECT {v:${type}} AS v`, { v: value }, settings)).toEqual([{ v: seen }]);
  });

  test.each([
    "'; DROP TABLE t; --",
    "\\'; SELECT 2; '",
    '\\',
    "line\nbreak\r\n\ttab\n\n'",
    '{v:String}',
    '$x$ /* `" # -- //',
    '😀 ünï',
    '0\0nul',
  ])('hostile string %j comes back as it was', async (value) => {
    expect(await rows('SELECT {v:String} AS v', { v: value })).toEqual([{ v: value }]);
  });

  test('long ones arrive in a form, and identifiers work', async () => {
    const v = 'x'.repeat(100_000);
    const query = 'SELECT length({v:String}) AS n FROM {d:Identifier}.{t:Identifier}';
    const ask = { query, query_params: { v, d: 'system', t: 'one' }, use_multipart_params: true } as const;
    const result = await h.client('reader').query({ ...ask, format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ n: 100_000 }]);
  });

  test('names that are no names are refused', async () => {
    const reply = await h.ask('admin', 'SELECT 1', { "max_threads=1, x='": '1' });
    expect(reply).toMatchObject({ status: 400, code: '36' });
  });
});

describe('settings', () => {
  const sql = "SELECT getSetting('max_block_size') AS n";
  test('belong to one request', async () => {
    const [before] = await rows<{ n: unknown }>(sql);
    const during = await Promise.all([1111, 2222, 3333].map((n) => rows(sql, {}, { max_block_size: n })));
    expect(during.flat().map((row) => Number((row as { n: string }).n))).toEqual([1111, 2222, 3333]);
    expect(await rows(sql)).toEqual([before]);
  });

  test('that do not exist are told by name', async () => {
    const reply = await h.ask('reader', 'SELECT 1', { no_such_setting: '1' });
    expect(reply).toMatchObject({ status: 404, code: '115', text: expect.stringContaining('no_such_setting') });
  });

  test('a session keeps SET and temporary tables, not the settings of a request', async () => {
    const url = { session_id: 's1' };
    await h.ask('admin', 'CREATE TEMPORARY TABLE mine (a UInt8)', url);
    await h.ask('admin', 'INSERT INTO mine VALUES (4)', url);
    await h.ask('admin', 'SET max_block_size = 77', url);
    expect((await h.ask('admin', 'SELECT a FROM mine', { ...url, max_block_size: '5' })).text).toBe('4\n');
    expect((await h.ask('admin', sql, url)).text).toBe('77\n');
    expect(await h.ask('admin', 'SELECT a FROM mine', { session_id: 's2' })).toMatchObject({ status: 404, code: '60' });
    const other = await h.ask('reader', "SELECT getSetting('readonly')", url);
    expect(other.text).toBe('2\n');
  });
});

describe('answers', () => {
  test('carry ClickHouse headers', async () => {
    const reply = await h.ask('reader', 'SELECT 1 AS a FORMAT JSON', { query_id: 'my-id', wait_end_of_query: '1' });
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'x-clickhouse-query-id': 'my-id',
      'x-clickhouse-format': 'JSON',
      'x-clickhouse-timezone': 'UTC',
      'x-clickhouse-server-display-name': expect.any(String),
      'x-clickhouse-exception-tag': expect.stringMatching(/^[a-z]{16}$/),
      'content-type': 'application/json; charset=UTF-8',
      'content-length': String(reply.text.length),
    });
    expect(JSON.parse(reply.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ result_rows: '1' });
  });

  test('GET, /ping and the client’s ping', async () => {
    expect(await (await fetch(`${h.clickhouse.url}/ping`)).text()).toBe('Ok.\n');
    expect(await (await fetch(h.clickhouse.url)).text()).toBe('Ok.\n');
    expect((await fetch(`${h.clickhouse.url}//`)).status).toBe(400);
    for (const user of ['admin', 'reader', 'writer'] as const) {
      expect(await h.client(user).ping()).toEqual({ success: true });
    }
    const get = await fetch(`${h.clickhouse.url}/?query=SELECT+1&default_format=JSONEachRow`, {
      headers: { 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': 'reader-password' },
    });
    expect(await get.text()).toBe('{"1":1}\n');
  });

  test('a GET only reads', async () => {
    const reply = await h.ask('admin', '', { query: 'CREATE DATABASE nope' }, { method: 'GET', body: null });
    expect(reply).toMatchObject({ status: 403, code: '164' });
  });

  test('gzip both ways', async () => {
    const client = h.client('reader', { compression: { response: true } });
    const result = await client.query({ query: 'SELECT number FROM numbers(100000)', format: 'JSONEachRow' });
    expect(result.response_headers['content-encoding']).toBe('gzip');
    expect(await result.json()).toHaveLength(100_000);
    const packed = await h.ask('reader', gzipSync('SELECT 6 * 7'), {}, { headers: { 'Content-Encoding': 'gzip' } });
    expect(packed.text).toBe('42\n');
    const broken = await h.ask('reader', 'SELECT 1', {}, { headers: { 'Content-Encoding': 'gzip' } });
    expect(broken).toMatchObject({ status: 500, code: '271' });
  });

  test('a long stream arrives whole, in order, with one header', async () => {
    const sql = "SELECT number, 'x\ny' AS `a\nb` FROM numbers(300000) ORDER BY number FORMAT CSVWithNames";
    const { text, headers } = await h.ask('reader', sql);
    expect(headers.get('content-length')).toBeNull();
    const lines = text.split('\n');
    expect(lines.slice(0, 4)).toEqual(['"number","a', 'b"', '0,"x', 'y"']);
    expect(lines).toHaveLength(2 + 2 * 300_000 + 1);
    expect(text.match(/"number"/g)).toHaveLength(1);
    expect(lines.at(-3)).toBe('299999,"x');
  });

  test('no rows still have a header, and a Template its parts once', async () => {
    expect((await h.ask('reader', 'SELECT 1 AS a WHERE 0 FORMAT CSVWithNames')).text).toBe('"a"\n');
    expect((await h.ask('reader', 'SELECT 1 AS a WHERE 0 FORMAT CSV')).text).toBe('');
    const template = {
      format_template_resultset_format: '${data}\n--end ${rows:Raw}\n',
      format_template_row_format: '${n:CSV};${s:JSON}',
      format_template_rows_between_delimiter: '\n',
    };
    const sql = (n: number) => `SELECT number AS n, 'a"b' AS s FROM numbers(${n}) FORMAT Template`;
    const { text } = await h.ask('reader', sql(200_000), template);
    expect(text.slice(0, 22)).toBe('0;"a\\"b"\n1;"a\\"b"\n2;"a');
    expect(text.match(/--end/g)).toHaveLength(1);
    expect(text.endsWith('199999;"a\\"b"\n--end 200000\n')).toBe(true);
    expect((await h.ask('reader', sql(0), template)).text).toBe('\n--end 0\n');
  });
});

// After 300 blocks of result, of which some have been sent for certain.
const FAILS_LATE =
  'SELECT throwIf(number = 300000) FROM numbers(400000) SETTINGS max_block_size = 1000, max_threads = 1';

describe('errors', () => {
  test.each([
    ['SELECT * FROM missing', 404, '60', 'UNKNOWN_TABLE'],
    ['SELECT * FROM nowhere.missing', 404, '81', 'UNKNOWN_DATABASE'],
    ['SELECT FROM WHERE', 400, '62', 'SYNTAX_ERROR'],
    ['SELECT 1; SELECT 2', 400, '62', 'SYNTAX_ERROR'],
    ['  ', 400, '62', 'SYNTAX_ERROR'],
    ['SELECT throwIf(number = 3) FROM numbers(5)', 500, '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
    ["SELECT toUInt8('x') FORMAT JSON", 400, '6', 'CANNOT_PARSE_TEXT'],
  ])('%s', async (sql, status, code, type) => {
    const reply = await h.ask('admin', sql);
    expect(reply).toMatchObject({ status, code });
    expect(reply.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: [^]*\\(${type}\\) \\(version [\\d.]+ [^]*\\)\n$`),
    );
    await expect(h.client('admin').command({ query: sql })).rejects.toMatchObject({ code });
  });

  test.each([false, true])('in mid-stream break the answer off (gzip: %j)', async (gzip) => {
    const { headers, body, complete } = await broken(`${FAILS_LATE} FORMAT CSV`, gzip);
    expect(complete).toBe(false);
    const seen = (gzip ? gunzipSync(body) : body).subarray(-2000).toString();
    const tag = headers['x-clickhouse-exception-tag'];
    expect(seen).toContain(`\r\n__exception__\r\n${tag}\r\nCode: 395. DB::Exception:`);
    expect(seen).toMatch(new RegExp(`\\d+ ${tag}\r\n__exception__\r\n$`));
  });

  test('in mid-stream reach the client as ClickHouse errors', async () => {
    const result = await h.client('reader').query({ query: FAILS_LATE, format: 'JSONEachRow' });
    await expect(result.json()).rejects.toMatchObject({ code: '395' });
    await expect(h.ask('reader', `${FAILS_LATE} FORMAT CSV`)).rejects.toThrow('terminated');
    const whole = await h.ask('reader', `${FAILS_LATE} FORMAT CSV`, { wait_end_of_query: '1' });
    expect(whole).toMatchObject({ status: 500, code: '395' });
  });

  test('a client that leaves takes its query with it', async () => {
    for (const format of ['CSV', 'JSON', 'Null']) {
      const leave = new AbortController();
      const sql = `SELECT count() FROM numbers(100000000000) WHERE cityHash64(number) = 1 FORMAT ${format}`;
      const asked = h.ask('reader', sql, {}, { signal: leave.signal });
      await expect.poll(running, { timeout: 5_000 }).toBe(1);
      leave.abort();
      await expect(asked).rejects.toThrow();
      await expect.poll(running, { timeout: 5_000 }).toBe(0);
    }
    const leave = new AbortController();
    const query = new URLSearchParams({ user: 'reader', password: 'reader-password' });
    const body = 'SELECT number FROM numbers(100000000000) FORMAT CSV';
    const open = await fetch(`${h.clickhouse.url}/?${query}`, { method: 'POST', body, signal: leave.signal });
    expect((await open.body?.getReader().read())?.done).toBe(false);
    leave.abort();
    await expect.poll(running, { timeout: 5_000 }).toBe(0);
    expect(h.log.some((line) => line.includes('client left'))).toBe(true);
  });
});

/** What came before the connection was cut; fetch would throw it away. */
function broken(sql: string, gzip: boolean) {
  const headers = { 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': 'reader-password', 'Accept-Encoding': 'gzip' };
  const url = `${h.clickhouse.url}/?enable_http_compression=${Number(gzip)}`;
  return new Promise<{ headers: IncomingHttpHeaders; body: Buffer; complete: boolean }>((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
      response.on('close', () => {
        resolve({ headers: response.headers, body: Buffer.concat(chunks), complete: response.complete });
      });
    });
    asked.on('error', reject).end(sql);
  });
}

async function running(): Promise<number> {
  const sql =
    "SELECT count() FROM system.processes WHERE query LIKE '%(100000000000)%' AND query NOT LIKE '%processes%'";
  return Number((await h.ask('admin', sql)).text);
}
