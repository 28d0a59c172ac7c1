import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attempts, type Table, type Who } from './attempts.ts';
import { type Connection, type Engine, openEngine } from './engine.ts';

// The GRANTs of clickhouse/users.sql alone, on the tables of the migrations, with no front before them: what ClickHouse Cloud has.

type As = Who | 'admin';
const ROLES: Record<As, string> = { reader: 'read', writer: 'insert', keeper: 'keep', admin: 'everything' };
const WHO: Who[] = ['reader', 'writer', 'keeper'];

let dataDir: string;
let engine: Engine;
let connections: Record<As, Connection>;

const statementsOf = (text: string) =>
  text.split(/;\s*$/m).filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '');

async function run(as: As, sql: string, parameters: Record<string, string> = {}): Promise<string> {
  for (const [name, value] of Object.entries(parameters)) {
    await connections[as].queryAsync(`SET ${name} = '${value.replaceAll("'", "\\'")}'`);
  }
  return (await connections[as].queryAsync(sql, { format: 'JSONCompactEachRow' })).text();
}

/** What the engine said against it, undefined when it was done. */
const refusal = (as: As, sql: string, parameters?: Record<string, string>) =>
  run(as, sql, parameters).then(
    () => undefined,
    (error: Error) => error.message,
  );

async function rows<Row>(sql: string): Promise<Row[]> {
  const lines = (await run('admin', sql)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Row);
}

async function tables(): Promise<Table[]> {
  const found = await rows<[string, string[]]>(
    `SELECT concat(database, '.', table), groupArray(name) FROM system.columns
     WHERE database IN ('audit_db', 'analytics_db') GROUP BY ALL ORDER BY ALL`,
  );
  return found.map(([name, columns]) => ({ name, columns }));
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'clickhouse-roles-'));
  engine = openEngine(dataDir);
  const connect = async (as: As): Promise<[As, Connection]> => {
    const connection = engine.connect();
    await connection.queryAsync(`SET ROLE ${ROLES[as]}`);
    return [as, connection];
  };
  const connected = await Promise.all((Object.keys(ROLES) as As[]).map(connect));
  connections = Object.fromEntries(connected) as Record<As, Connection>;
  await run('admin', 'CREATE DATABASE audit_db');
  await run('admin', 'CREATE TABLE audit_db.schema_migrations (name String) ENGINE = MergeTree ORDER BY name');
  const folder = new URL('../../clickhouse/migrations/', import.meta.url);
  for (const file of (await readdir(folder)).sort()) {
    for (const sql of statementsOf(await readFile(new URL(file, folder), 'utf8'))) await run('admin', sql);
  }
});
afterAll(async () => {
  for (const connection of Object.values(connections)) connection.close();
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('the GRANTs alone let each user do its own work and nothing else', async () => {
  const wrong: string[] = [];
  const count = { tried: 0, allowed: 0 };
  const expected = { allowed: 0 };
  for (const { sql, url, allowed, refusedBy } of attempts(await tables(), '/nowhere')) {
    if (refusedBy !== 'grants') continue;
    for (const who of WHO) {
      const said = await refusal(who, sql, url);
      count.tried += 1;
      if (said === undefined) count.allowed += 1;
      if (allowed.includes(who)) expected.allowed += 1;
      const right = allowed.includes(who) ? said === undefined : said?.includes('(ACCESS_DENIED)');
      if (!right) wrong.push(`${who}: ${sql} => ${said ?? 'done'}`);
    }
  }
  const { tried, allowed } = count;
  console.log(
    `clickhouse grants: tried ${tried}, allowed ${allowed} (expected ${expected.allowed}), wrong ${wrong.length}`,
  );
  expect(wrong).toEqual([]);
});

test('the writer fills what materialised views derive, and only a view that says so lets it', async () => {
  const target = 'CREATE TABLE audit_db.derived (id UUID) ENGINE = MergeTree ORDER BY id';
  const view = (clause: string) =>
    `CREATE MATERIALIZED VIEW audit_db.derives TO audit_db.derived ${clause} AS SELECT id FROM audit_db.admin_ui_events`;
  const insert = "INSERT INTO audit_db.admin_ui_events (timestamp) VALUES ('2026-01-01 00:00:00')";
  await run('admin', target);
  await run('admin', view('DEFINER = CURRENT_USER SQL SECURITY DEFINER'));
  expect(await refusal('writer', insert)).toBeUndefined();
  expect(await rows('SELECT count() FROM audit_db.derived')).toEqual([[1]]);
  await run('admin', 'DROP VIEW audit_db.derives SYNC');
  await run('admin', view(''));
  expect(await refusal('writer', insert)).toContain('while pushing to view audit_db.derives');
  await run('admin', 'DROP VIEW audit_db.derives SYNC');
  await run('admin', 'DROP TABLE audit_db.derived SYNC');

  const views = await rows<[string, string]>(
    "SELECT name, create_table_query FROM system.tables WHERE engine = 'MaterializedView' AND database != 'system'",
  );
  expect(views.filter(([, sql]) => !sql.includes('SQL SECURITY DEFINER')).map(([name]) => name)).toEqual([]);
});

test('users.sql is understood by this engine, statement by statement', async () => {
  const statements = statementsOf(readFileSync(new URL('../../clickhouse/users.sql', import.meta.url), 'utf8'));
  for (const sql of statements) expect(await refusal('admin', `EXPLAIN AST ${sql}`), sql).toBeUndefined();
  expect(statements.filter((sql) => /^GRANT/m.test(sql))).toHaveLength(11);
});
