import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateClickHouse } from '../../clickhouse/migrate.ts';
import { CLICKHOUSE_USERS, startStack } from '../../dev/stack.ts';

// An engine of its own: its ledger is forged here.
let stop: () => Promise<void>;
let address: { url: string; username: string; password: string };
let dataDir: string;
let files: string[];
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'steward-migrations-'));
  const stack = await startStack({ dataDir, only: ['clickhouse'] });
  if (!stack.clickhouse) throw new Error('ClickHouse did not start');
  stop = stack.stop;
  address = {
    url: stack.clickhouse.url,
    username: CLICKHOUSE_USERS.admin,
    password: stack.secrets.clickhouse.admin,
  };
  files = (await readdir(join(import.meta.dirname, '../../clickhouse/migrations'))).sort();
});
afterAll(async () => {
  await stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function ask<Row>(sql: string): Promise<Row[]> {
  const response = await fetch(`${address.url}/?default_format=JSONEachRow`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': address.username, 'X-ClickHouse-Key': address.password },
    body: sql,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

const LEDGER = 'audit_db.schema_migrations';
const ledger = () => ask<{ name: string; sha256: string }>(`SELECT name, sha256 FROM ${LEDGER} ORDER BY name`);
/** What a broken off run leaves: the file's statements ran, and nobody wrote that down. */
const forget = (name: string) => ask(`ALTER TABLE ${LEDGER} DELETE WHERE name = '${name}' SETTINGS mutations_sync = 2`);

/** Every definition, and how many rows each table has. */
async function state() {
  const tables = await ask<{ table: string; created: string; engine: string }>(
    `SELECT concat(database, '.', name) AS table, create_table_query AS created, engine FROM system.tables
     WHERE database IN ('audit_db', 'analytics_db') AND name != 'schema_migrations' ORDER BY table`,
  );
  const counts = await ask<{ table: string; n: number }>(
    tables.map(({ table }) => `SELECT '${table}' AS table, toUInt32(count()) AS n FROM ${table}`).join(' UNION ALL '),
  );
  const rowsOf = new Map(counts.map(({ table, n }) => [table, n]));
  return tables.map(({ table, created }) => ({ table, created, rows: rowsOf.get(table) }));
}

describe('ClickHouse migrations', () => {
  it('run once, each on record with its hash', async () => {
    expect(files.length).toBeGreaterThan(7);
    expect(await migrateClickHouse(address)).toEqual(files);
    const recorded = await ledger();
    expect(recorded.map(({ name }) => name)).toEqual(files);
    expect(recorded.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    expect(await migrateClickHouse(address)).toEqual([]);
    expect(await ledger()).toEqual(recorded);
  });

  it('may be broken off anywhere: run again, they change nothing that is there', async () => {
    for (const table of ['admin_audit_logs', 'admin_ui_events', 'admin_api_logs'])
      await ask(
        `INSERT INTO audit_db.${table} (timestamp, session_id) SELECT now(), toString(number) FROM numbers(50)`,
      );
    const before = await state();
    expect(before.filter(({ rows }) => (rows ?? 0) > 0).length).toBeGreaterThan(3);
    for (const name of files) {
      await forget(name);
      expect(await migrateClickHouse(address)).toEqual([name]);
      expect([name, await state()]).toEqual([name, before]);
    }
    console.log(`migrations broken off: tried ${files.length}, changed 0`);
  });

  it('refuse a file that was changed after it ran, and run nothing after it', async () => {
    const [first, last] = [files[0] as string, files.at(-1) as string];
    const recorded = await ledger();
    await forget(last);
    await ask(`ALTER TABLE ${LEDGER} UPDATE sha256 = 'other' WHERE name = '${first}' SETTINGS mutations_sync = 2`);
    await expect(migrateClickHouse(address)).rejects.toThrow(
      `${first} was changed after it ran; restore it and write a new migration instead.`,
    );
    expect((await ledger()).map(({ name }) => name)).toEqual(recorded.slice(0, -1).map(({ name }) => name));
  });
});
