import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beyondErasures, disguisedErasures, ERASABLE, erasures } from './attempts-erasures.ts';
import { almostHolds, disguisedHolds, holds, RETAINED } from './attempts-holds.ts';
import { openEngine } from './engine.ts';
import { forbiddenFunctions, guard } from './guard.ts';
import { parseStatement } from './statement.ts';
import { type Harness, harness } from './testing.ts';

const TABLE = 'audit_db.admin_audit_logs';
const CREATE = `CREATE TABLE ${TABLE} (id UUID, timestamp DateTime, actor_id UUID, actor_email String, ip_address IPv6, resource String,
  resource_id String, service_id UUID, before_state String, after_state String, reason String, accepted_at DateTime64(6),
  legal_hold UInt8 DEFAULT 0) ENGINE = MergeTree ORDER BY id
  TTL timestamp + INTERVAL 7 YEAR DELETE WHERE legal_hold = 0`;
const OTHERS = RETAINED.map(
  (table) =>
    `CREATE TABLE ${table} (id UUID, timestamp DateTime, session_id String, actor_id UUID) ENGINE = MergeTree ORDER BY id TTL timestamp + INTERVAL 7 YEAR`,
);
const OLD = '0198f000-0000-7000-8000-00000000000a';
const NEW = '0198f000-0000-7000-8000-00000000000b';
const ROWS = `INSERT INTO ${TABLE} (id, timestamp, resource, reason, legal_hold) VALUES
  ('${OLD}', '2001-01-01 00:00:00', 'old', 'x', 1), ('${NEW}', now(), 'new', 'y', 0)`;

let h: Harness;
let secret: string;
beforeAll(async () => {
  h = await harness();
  secret = join(h.dataDir, 'secret.csv');
  writeFileSync(secret, 'top-secret\n');
  for (const sql of ['CREATE DATABASE audit_db', CREATE, ...OTHERS, ROWS]) {
    expect(await h.ask('admin', sql)).toMatchObject({ status: 200 });
  }
}, 60_000);
afterAll(() => h.end());

const seen = async () =>
  (await h.ask('keeper', `SELECT resource, reason, legal_hold FROM ${TABLE} ORDER BY resource FORMAT CSV`)).text;

test('may hold, release, erase and have the TTL applied, and nothing that looks like it', async () => {
  const before = await seen();
  const forbidden = [...almostHolds(), ...disguisedHolds(secret), ...beyondErasures(), ...disguisedErasures(secret)];
  for (const sql of forbidden) {
    const { status, code, text } = await h.ask('keeper', sql, { param_t: 'system.one', param_flag: '0' });
    expect({ sql, refused: [403, 400].includes(status) && ['497', '62'].includes(String(code)) }, text).toEqual({
      sql,
      refused: true,
    });
    expect(text).not.toContain('top-secret');
  }
  expect(existsSync(`${secret}.out`)).toBe(false);
  expect(await seen()).toBe(before);
  const own = [...holds(), ...erasures()];
  for (const { sql, url } of own) expect(await h.ask('keeper', sql, url), sql).toMatchObject({ status: 200 });
  expect(await seen()).toBe(before);
  console.log(`keeper: refused ${forbidden.length}, allowed ${own.length}`);
});

test('holds a row with parameters, and a released one goes when its TTL is applied', async () => {
  const keeper = h.client('keeper');
  const hold = (flag: number, id: string) =>
    keeper.command({
      query: `ALTER TABLE ${TABLE} UPDATE legal_hold = {flag:UInt8} WHERE id IN {ids:Array(UUID)} SETTINGS mutations_sync = 2`,
      query_params: { flag, ids: [id] },
    });
  await hold(1, NEW);
  expect(await seen()).toBe('"new","y",1\n"old","x",1\n');
  await h.ask('admin', `OPTIMIZE TABLE ${TABLE} FINAL`);
  await hold(0, OLD);
  await keeper.command({ query: `ALTER TABLE ${TABLE} MATERIALIZE TTL SETTINGS mutations_sync = 2` });
  expect(await seen()).toBe('"new","y",1\n');
});

test.each(RETAINED)('has the TTL of %s applied, which it may neither read nor change', async (table) => {
  const left = async () => (await h.ask('admin', `SELECT session_id FROM ${table}`)).text;
  await h.ask('admin', `SYSTEM STOP TTL MERGES ${table}`);
  const rows = `('${OLD}', '2001-01-01 00:00:00', 'old'), ('${NEW}', now(), 'new')`;
  expect(await h.ask('admin', `INSERT INTO ${table} (id, timestamp, session_id) VALUES ${rows}`)).toMatchObject({
    status: 200,
  });
  for (const sql of [`SELECT 1 FROM ${table}`, `OPTIMIZE TABLE ${table} FINAL`, `DELETE FROM ${table} WHERE 1`])
    expect(await h.ask('keeper', sql)).toMatchObject({ status: 403, code: '497' });
  expect((await left()).split('\n').sort()).toEqual(['', 'new', 'old']);
  await h.client('keeper').command({ query: `ALTER TABLE ${table} MATERIALIZE TTL SETTINGS mutations_sync = 2` });
  expect(await left()).toBe('new\n');
});

test('takes a person out of a record that is not on hold, and out of no other', async () => {
  const [free, held] = ['0198f000-0000-7000-8000-0000000000f1', '0198f000-0000-7000-8000-0000000000f2'];
  const rows = [free, held].map(
    (id) => `('${id}', now(), '${NEW}', 'erase', 'x', 'y', 'z', 'w', ${id === held ? 1 : 0})`,
  );
  const insert = `INSERT INTO ${TABLE} (id, timestamp, actor_id, resource, actor_email, before_state, after_state, reason, legal_hold) VALUES`;
  expect(await h.ask('admin', `${insert} ${rows.join(', ')}`)).toMatchObject({ status: 200 });
  const all = ERASABLE.map((column) => `${column} = ${column === 'ip_address' ? "toIPv6('::2')" : "'gone'"}`).join(
    ', ',
  );
  const sql = `ALTER TABLE ${TABLE} UPDATE ${all} WHERE legal_hold = 0 AND (actor_id = '${NEW}') SETTINGS mutations_sync = 2`;
  expect(await h.ask('keeper', sql)).toMatchObject({ status: 200 });
  const { text } = await h.ask(
    'keeper',
    `SELECT ${ERASABLE.join(', ')} FROM ${TABLE} WHERE resource = 'erase' ORDER BY id FORMAT CSV`,
  );
  expect(text).toBe('"gone","::2","gone","gone","gone"\n"x","::","y","z","w"\n');
});

test('stays a keeper in a session, with readonly=0 and by GET', async () => {
  const hold = `ALTER TABLE ${TABLE} UPDATE legal_hold = 1 WHERE id = '${NEW}'`;
  const session = { session_id: 'k' };
  expect(await h.ask('keeper', hold, session)).toMatchObject({ status: 200 });
  for (const sql of ['SET ROLE everything', `DROP TABLE ${TABLE}`, `INSERT INTO ${TABLE} (reason) VALUES ('z')`]) {
    expect(await h.ask('keeper', sql, { ...session, readonly: '0' })).toMatchObject({ status: 403, code: '497' });
  }
  expect(await h.ask('keeper', '', { query: hold }, { method: 'GET', body: null })).toMatchObject({ code: '164' });
});

test('the guard needs no grant to refuse what only looks like it', () => {
  const all = [...almostHolds(), ...disguisedHolds(secret), ...beyondErasures(), ...disguisedErasures(secret)];
  const passes = all.filter((sql) => {
    try {
      guard('keep', parseStatement(sql), [], forbiddenFunctions([]));
      return true;
    } catch {
      return false;
    }
  });
  expect(passes).toEqual([]);
});

// The guard without the grants: what it lets pass is run with every right, and still changes nothing but the flag.
test('the guard lets nothing pass that changes more than the flag, however a statement is bent', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'clickhouse-guard-'));
  const engine = openEngine(dataDir);
  const all = engine.connect();
  const run = async (sql: string) => (await all.queryAsync(sql, { format: 'TSV' })).text();
  const young = ROWS.replace("'2001-01-01 00:00:00'", 'now()');
  const others = RETAINED.map(
    (table) => `INSERT INTO ${table} (id, timestamp, session_id) VALUES ('${NEW}', now(), 'new')`,
  );
  for (const sql of ['CREATE DATABASE audit_db', CREATE, young, ...OTHERS, ...others]) await run(sql);
  const state = async () => [
    await run(`SELECT id, timestamp, resource, reason FROM ${TABLE} ORDER BY id`),
    ...(await Promise.all(RETAINED.map((table) => run(`SELECT * FROM ${table} ORDER BY id`)))),
    await run("SELECT create_table_query FROM system.tables WHERE database != 'system' ORDER BY name"),
  ];
  await run("SET mutations_sync = 2, param_flag = '1', param_names = '[]'");
  const before = await state();
  const count = { tried: 0, passed: 0, done: 0 };
  const attempt = async (sql: string) => {
    count.tried += 1;
    try {
      guard('keep', parseStatement(sql), [], engine.forbidden);
    } catch {
      return;
    }
    count.passed += 1;
    try {
      await run(sql);
    } catch {
      return;
    }
    count.done += 1;
    expect(await state(), sql).toEqual(before);
  };
  await fc.assert(fc.asyncProperty(bent, attempt), { numRuns: 1_000 });
  console.log(`keeper's guard: tried ${count.tried}, passed ${count.passed}, of these ${count.done} were run`);
  expect(count.done).toBeGreaterThan(50);
  all.close();
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const BASES = [
  `ALTER TABLE ${TABLE} UPDATE legal_hold = 1 WHERE resource = 'new'`,
  `ALTER TABLE ${TABLE} UPDATE legal_hold = 0 WHERE resource IN ('a', 'b') AND NOT (reason = 'z') SETTINGS max_threads = 1`,
  `ALTER TABLE ${TABLE} UPDATE legal_hold = {flag:UInt8} IN PARTITION tuple() WHERE has({names:Array(String)}, resource)`,
  `ALTER TABLE ${TABLE} MATERIALIZE TTL`,
  ...RETAINED.map((table) => `ALTER TABLE ${table} MATERIALIZE TTL`),
  `ALTER TABLE ${TABLE} UPDATE reason = '', legal_hold = 1 WHERE 1`,
  `ALTER TABLE ${TABLE} DELETE WHERE 1, UPDATE legal_hold = 1 WHERE 1`,
];
const PIECES = [
  ...[
    ' ',
    ', ',
    '; ',
    ' -- ',
    '/* ',
    ' */',
    '# ',
    '\n',
    "'",
    '`',
    '"',
    '\\',
    '$a$',
    '(',
    ')',
    '{',
    '}',
    '=',
    '0',
    '1',
    '.',
  ],
  ...['DELETE WHERE 1', ', DELETE WHERE 1', ", UPDATE reason = '' WHERE 1", 'reason', " reason = '',", ', reason = 1'],
  ...[' WHERE ', ' OR 1', ' SETTINGS ', ' max_threads = 2', ' IN PARTITION tuple()', ' MATERIALIZE TTL', ' UPDATE '],
  ...[
    `; DROP TABLE ${TABLE}`,
    'DROP TABLE ',
    'TRUNCATE TABLE ',
    ' MODIFY TTL timestamp',
    '(SELECT 1)',
    ' IN ',
    'SELECT ',
  ],
  ...['{flag:UInt8}', 'DELETE', ' DROP COLUMN reason', ' CLEAR COLUMN reason', 'EXPLAIN ', ' FORMAT Null', ''],
];
/** A statement with up to three of its words cut out or something else put among them. */
const bent = fc
  .tuple(
    fc.constantFrom(...BASES.map((sql) => sql.split(/\b/))),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...PIECES)), { maxLength: 3 }),
  )
  .map(([words, edits]) => {
    const text = [...words];
    for (const [at, removed, piece] of edits) text.splice(at % (text.length + 1), removed, piece);
    return text.join('');
  });
