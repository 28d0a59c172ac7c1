import { type IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, harness, USERS } from './testing.ts';

let h: Harness;
beforeAll(async () => {
  h = await harness();
  await h.ask('admin', 'CREATE DATABASE audit_db');
}, 60_000);
afterAll(() => h.end());

// Of the few tables the writer may insert into; each test makes it anew.
const NAME = 'audit_db.admin_audit_logs';
async function table(): Promise<string> {
  const columns = '(id UInt32, text String) ENGINE = MergeTree ORDER BY id';
  const settings = 'non_replicated_deduplication_window = 10000';
  const made = await h.ask('admin', `CREATE OR REPLACE TABLE ${NAME} ${columns} SETTINGS ${settings}`);
  expect(made.text).toBe('');
  return NAME;
}

const count = async (name: string) => Number((await h.ask('admin', `SELECT count() FROM ${name}`)).text);

test('12,000 rows through the client are there when it returns', async () => {
  const name = await table();
  const values = Array.from({ length: 12_000 }, (_, id) => ({ id, text: `row "${id}"\n\n'; DROP TABLE ${name}` }));
  const settings = { async_insert: 0, insert_deduplication_token: 'a' } as const;
  const result = await h
    .client('writer')
    .insert({ table: name, values, format: 'JSONEachRow', clickhouse_settings: settings });
  const summary = String(result.response_headers['x-clickhouse-summary']);
  expect(JSON.parse(summary)).toMatchObject({ written_rows: '12000' });
  const seen = await h.ask('reader', `SELECT count(), max(id), any(endsWith(text, 'DROP TABLE ${name}')) FROM ${name}`);
  expect(seen.text).toBe('12000\t11999\t1\n');
});

test('a token seen before writes nothing, a new one does', async () => {
  const name = await table();
  const insert = (token: string, id: number) =>
    h.client('writer', { database: 'audit_db' }).insert({
      table: 'admin_audit_logs',
      values: [{ id, text: token }],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: token, async_insert: 0 },
    });
  await insert('one', 1);
  await insert('one', 1);
  await Promise.all([insert('two', 2), insert('two', 2), insert('three', 1)]);
  expect((await h.ask('reader', `SELECT id, text FROM ${name} ORDER BY text`)).text).toBe('1\tone\n1\tthree\n2\ttwo\n');
});

test.each([
  ['statement in the body', 'FORMAT JSONEachRow\n{"id":1,"text":"a"}\n{"id":2,"text":"b"}\n'],
  ['empty lines between rows', 'FORMAT JSONEachRow {"id":1,"text":"a"}\n\n\n{"id":2,"text":"b"}\n\n'],
  ['values', "VALUES (1, 'a;\n\nb'), (2, '\\'')"],
  ['values with ending', "(id, text) VALUES (1, 'a'), (2, 'b');"],
  ['CSV with an empty line in a cell', 'FORMAT CSV\n1,"a\n\nSELECT 1"\n2,b\n'],
  ['a column list and settings', '(text, id) SETTINGS max_insert_threads = 1 FORMAT TSV\na\t1\nb\t2\n'],
  ['another format', 'FORMAT TSKV\nid=1\ttext=a\nid=2\ttext=b\n'],
  ['keywords in data', 'FORMAT JSONEachRow {"id":1,"text":"; INSERT INTO FUNCTION"}{"id":2,"text":"SELECT file()"}'],
])('%s', async (_, rest) => {
  const name = await table();
  expect(await h.ask('writer', `/* note */ INSERT INTO ${name} ${rest}`)).toMatchObject({ status: 200, text: '' });
  expect(await count(name)).toBe(2);
});

test('statement in the URL, data in the body, packed or binary', async () => {
  const name = await table();
  const gzip = { headers: { 'Content-Encoding': 'gzip' } };
  await h.ask('writer', gzipSync('{"id":1}\n{"id":2}'), { query: `INSERT INTO ${name} FORMAT JSONEachRow` }, gzip);
  const binary = Buffer.from([3, 0, 0, 0, 2, 0xff, 0xfe, 4, 0, 0, 0, 0]);
  await h.ask('writer', binary, { query: `INSERT INTO ${name} FORMAT RowBinary` });
  await h.ask('writer', "(5, 'x')", { query: `INSERT INTO ${name} VALUES ` });
  expect((await h.ask('reader', `SELECT id, hex(text) FROM ${name} ORDER BY id`)).text).toBe(
    '1\t\n2\t\n3\tFFFE\n4\t\n5\t78\n',
  );
});

test('data is never run as SQL', async () => {
  const name = await table();
  const injected = `{"id":1}\n\nINSERT INTO ${name} VALUES (2, 'injected')`;
  const reply = await h.ask('admin', injected, { query: `INSERT INTO ${name} FORMAT JSONEachRow` });
  expect(reply).toMatchObject({ status: 400, code: '27' });
  expect(await count(name)).toBe(0);
});

test('a bad row writes none of them, and says which', async () => {
  const name = await table();
  const reply = await h.ask('writer', `INSERT INTO ${name} FORMAT JSONEachRow {"id":1}{"id":"x"}`);
  expect(reply).toMatchObject({ status: 400, text: expect.stringContaining('(at row 2)') });
  expect(await count(name)).toBe(0);
});

test('what would silently write nothing is refused', async () => {
  const name = await table();
  const sql = `INSERT INTO ${name} SELECT id, text FROM input('id UInt32, text String') FORMAT CSV\n1,a\n`;
  expect(await h.ask('admin', sql)).toMatchObject({
    status: 501,
    code: '48',
    text: expect.stringContaining('input()'),
  });
  expect(await h.ask('admin', `INSERT INTO ${name} SELECT number, 'n' FROM numbers(3)`)).toMatchObject({ status: 200 });
  expect(await count(name)).toBe(3);
});

test('a body that is too large is refused before it is read', async () => {
  const size = 256 * 1024 * 1024 + 1;
  const headers = { 'X-ClickHouse-User': 'writer', 'X-ClickHouse-Key': USERS.writer.password, 'Content-Length': size };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(h.clickhouse.url, { method: 'POST', headers }, resolve);
    asked.on('error', reject).write(`INSERT INTO ${NAME} FORMAT CSV\n`);
  });
  expect([answer.statusCode, answer.headers['x-clickhouse-exception-code']]).toEqual([413, '223']);
  answer.destroy();
});
