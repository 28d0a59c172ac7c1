import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, harness, USERS } from './testing.ts';

let h: Harness;
let secret: string;
beforeAll(async () => {
  h = await harness();
  secret = join(h.dataDir, 'secret.csv');
  writeFileSync(secret, 'top-secret\n');
  await h.ask('admin', 'CREATE DATABASE audit_db');
  await h.ask(
    'admin',
    'CREATE TABLE audit_db.admin_audit_logs (id UInt32, text String, url String) ENGINE = MergeTree ORDER BY id',
  );
  await h.ask('admin', "INSERT INTO audit_db.admin_audit_logs VALUES (1, 'a', 'u')");
}, 60_000);
afterAll(() => h.end());

describe('who', () => {
  const status = async (headers: Record<string, string>, url = '') => {
    const response = await fetch(`${h.clickhouse.url}/?query=SELECT+1${url}`, { headers });
    return [response.status, response.headers.get('x-clickhouse-exception-code')];
  };
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  test('is let in by header, Basic or URL', async () => {
    const { password } = USERS.reader;
    expect(await status({ 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': password })).toEqual([200, null]);
    expect(await status(basic(`reader:${password}`))).toEqual([200, null]);
    expect(await status(basic(`admin:${USERS.admin.password}`))).toEqual([200, null]);
    expect(await status({}, `&user=reader&password=${password}`)).toEqual([200, null]);
  });

  test.each([
    ['nobody', {}, ''],
    ['wrong password', { 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': 'x' }, ''],
    ['no password', { 'X-ClickHouse-User': 'reader' }, ''],
    ['unknown user', basic('root:'), ''],
    ['not Basic', { Authorization: 'Bearer abc' }, ''],
    ['two ways at once', basic('reader:reader-password'), '&user=reader&password=reader-password'],
    ['a name of Object', { 'X-ClickHouse-User': 'constructor' }, ''],
  ])('is kept out: %s', async (_, headers, url) => {
    expect(await status(headers as Record<string, string>, url)).toEqual([403, '516']);
  });
});

describe('a reader', () => {
  test.each([
    "SELECT text FROM audit_db.admin_audit_logs WHERE url = '/a/b' AND id IN (SELECT 1)",
    '-- first\n/* second */ ((SELECT 1)) UNION ALL SELECT 2',
    'WITH x AS (SELECT 1 AS a) SELECT a FROM x SETTINGS max_threads = 1',
    'SHOW TABLES FROM audit_db',
    'SHOW CREATE TABLE audit_db.admin_audit_logs',
    'DESCRIBE TABLE audit_db.admin_audit_logs',
    'EXISTS TABLE audit_db.admin_audit_logs',
    'EXPLAIN SELECT * FROM audit_db.admin_audit_logs',
    "SELECT 'INSERT INTO x; DROP TABLE audit_db.admin_audit_logs', format('{}', 'a') AS format",
    "SELECT count() FROM numbers(3) AS a, merge('audit_db', 'admin_audit_logs') AS b, values('a UInt8', 1) AS c",
    'SELECT count() FROM system.parts;',
  ])('may %s', async (sql) => {
    expect(await h.ask('reader', sql)).toMatchObject({ status: 200 });
  });

  const forbidden = () => [
    "INSERT INTO audit_db.admin_audit_logs VALUES (2, 'x', '')",
    '/* SELECT */ DROP TABLE audit_db.admin_audit_logs',
    '(DROP TABLE audit_db.admin_audit_logs)',
    'CREATE TABLE audit_db.x (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE x (a Int8)',
    'ALTER TABLE audit_db.admin_audit_logs DELETE WHERE 1',
    'OPTIMIZE TABLE audit_db.admin_audit_logs',
    'TRUNCATE TABLE audit_db.admin_audit_logs',
    'KILL QUERY WHERE 1',
    'SYSTEM FLUSH LOGS',
    'SET max_threads = 1',
    'SET ROLE everything',
    'USE system',
    '1 + 1',
    "WITH x AS (SELECT 2 AS a) INSERT INTO audit_db.admin_audit_logs SELECT a, '', '' FROM x",
    'EXPLAIN AST INSERT INTO audit_db.admin_audit_logs VALUES (1)',
    `SELECT 1 INTO OUTFILE '${join(h.dataDir, 'out')}'`,
    `SELECT 1 INTO /**/ outfile '${join(h.dataDir, 'out')}' FORMAT CSV`,
    `SELECT * FROM file('${secret}')`,
    `SELECT * FROM\`file\`/* */('${secret}')`,
    `SELECT * FROM "file"('${secret}')`,
    `SELECT * FROM \`\\x66ile\`('${secret}')`,
    `SELECT file('${secret}')`,
    `SELECT FILE('${secret}')`,
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM \`${secret}\``,
    `SELECT * FROM default.\`${secret}\``,
    `SELECT (SELECT * FROM '${secret}')`,
    `SELECT * FROM loop('${secret}')`,
    `EXISTS TABLE \`${secret}\``,
    'EXISTS TABLE {t:Identifier}',
    `DESCRIBE \`${secret}\``,
    `DESCRIBE file('${secret}')`,
    `EXPLAIN SELECT * FROM file('${secret}')`,
    `SELECT 1 // /*\n, file('${secret}') -- */`,
    `SELECT 1 /* /* */ -- */ , file('${secret}')\n`,
    `SELECT 1 # /*\n, file('${secret}') # */`,
    `SELECT $a$ ' $a$, file('${secret}'), ' '`,
    `SELECT ‘ " ’, file('${secret}'), ' " '`,
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM s3('http://127.0.0.1/x')",
    "SELECT * FROM s3Cluster('default', 'http://127.0.0.1/x')",
    "SELECT * FROM icebergLocal('/')",
    "SELECT * FROM sqlite('/x', 'y')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT * FROM filesystem('/')",
    "SELECT * FROM input('a String')",
    "SELECT hasColumnInTable('127.0.0.1', 'a', 'b', 'c')",
    `SELECT 1 FORMAT Template SETTINGS format_template_row = '${secret}'`,
    `SELECT 1 SETTINGS max_threads = 1, \`format_template_resultset\` = '${secret}' FORMAT Template`,
    'SELECT 1 SETTINGS readonly = 0',
    "SELECT 1 SETTINGS profile = 'default'",
  ];

  test('may not change, leave, or reach a file or another machine', async () => {
    const outcomes = await Promise.all(forbidden().map(async (sql) => ({ sql, ...(await h.ask('reader', sql)) })));
    const allowed = outcomes.filter(({ status, code }) => status !== 403 || (code !== '497' && code !== '164'));
    expect(allowed.map(({ sql, status, text }) => ({ sql, status, text }))).toEqual([]);
    expect(outcomes.some(({ text }) => text.includes('top-secret'))).toBe(false);
    expect(existsSync(join(h.dataDir, 'out'))).toBe(false);
    expect((await h.ask('admin', 'SELECT count() FROM audit_db.admin_audit_logs')).text).toBe('1\n');
  });

  test.each([
    [{ readonly: '0', format_schema: 'x' }],
    [{ format_template_row: '/etc/hostname' }],
    [{ role: 'everything' }],
    [{ profile: 'default' }],
    [{ additional_result_filter: "file('/etc/hostname') != ''" }],
    [{ dialect: 'prql', allow_experimental_prql_dialect: '1' }],
    [{ output_format_schema: '/tmp/x' }],
    [{ format_avro_schema_registry_url: 'http://127.0.0.1:1' }],
  ])('may not set %j', async (url) => {
    expect(await h.ask('reader', 'SELECT 1', url as Record<string, string>)).toMatchObject({
      status: 403,
      code: '497',
    });
  });

  test('stays a reader with readonly=0, in a session, and with two statements', async () => {
    expect((await h.ask('reader', "SELECT getSetting('readonly')", { readonly: '0' })).text).toBe('2\n');
    const inSession = await h.ask('reader', 'DROP TABLE audit_db.admin_audit_logs', { session_id: 's' });
    expect(inSession).toMatchObject({ status: 403, code: '497' });
    expect(await h.ask('reader', 'SELECT 1; DROP TABLE audit_db.admin_audit_logs')).toMatchObject({
      status: 400,
      code: '62',
    });
    expect(
      await h.ask('reader', ' FORMAT CSV; DROP TABLE audit_db.admin_audit_logs', { query: 'SELECT 1' }),
    ).toMatchObject({ code: '62' });
  });
});

describe('an inserter', () => {
  const forbidden = () => [
    'SELECT 1',
    "SELECT 'ping' FROM audit_db.admin_audit_logs",
    "SELECT 'ping', 1",
    'SHOW TABLES',
    'DESCRIBE audit_db.admin_audit_logs',
    'DROP TABLE audit_db.admin_audit_logs',
    'SET ROLE everything',
    'INSERT INTO audit_db.admin_audit_logs SELECT * FROM audit_db.admin_audit_logs',
    "INSERT INTO audit_db.admin_audit_logs SELECT 1, 'a', 'b'",
    'INSERT INTO audit_db.admin_audit_logs WITH 1 AS a SELECT a',
    'INSERT INTO audit_db.admin_audit_logs (SELECT 1)',
    `INSERT INTO audit_db.admin_audit_logs VALUES (1, file('${secret}'), '')`,
    "INSERT INTO audit_db.admin_audit_logs VALUES (1, (SELECT text FROM audit_db.admin_audit_logs), '')",
    `INSERT INTO audit_db.admin_audit_logs FROM INFILE '${secret}' FORMAT CSV`,
    `INSERT INTO FUNCTION file('${secret}', 'CSV', 'a Int8') VALUES (1)`,
    `INSERT INTO TABLE FUNCTION file('${secret}', 'CSV', 'a Int8') VALUES (1)`,
    `INSERT INTO \`${secret}\` VALUES (1)`,
    `INSERT INTO default.\`${secret}\` FORMAT CSV\n1\n`,
    "INSERT INTO audit_db.admin_audit_logs SETTINGS input_format_record_errors_file_path = '/tmp/x' FORMAT CSV\n1,a,b\n",
    '/* /* */ INSERT INTO audit_db.admin_audit_logs FORMAT CSV */ SELECT 1',
  ];

  test('may do nothing else', async () => {
    const outcomes = await Promise.all(forbidden().map(async (sql) => ({ sql, ...(await h.ask('writer', sql)) })));
    const allowed = outcomes.filter(({ status, code }) => status !== 403 || (code !== '497' && code !== '164'));
    expect(allowed.map(({ sql, status, text }) => ({ sql, status, text }))).toEqual([]);
    expect((await h.ask('admin', 'SELECT count() FROM audit_db.admin_audit_logs')).text).toBe('1\n');
  });

  test('may insert into a table', async () => {
    const sql = 'INSERT INTO TABLE `audit_db`.`admin_audit_logs` (`id`, text) FORMAT JSONEachRow {"id":9,"text":"z"}';
    expect(await h.ask('writer', sql)).toMatchObject({ status: 200 });
    await h.ask('admin', 'DELETE FROM audit_db.admin_audit_logs WHERE id = 9 SETTINGS mutations_sync = 2');
  });
});

test('passwords and queries stay out of the log', async () => {
  await h.ask('reader', "SELECT 'canary-1' FROM missing_canary", { param_secret: 'canary-2', query_id: 'visible' });
  await expect.poll(() => h.log.some((line) => line.includes('visible'))).toBe(true);
  const all = h.log.join('\n');
  for (const kept of ['canary', 'password', secret, USERS.admin.password]) expect(all).not.toContain(kept);
});
