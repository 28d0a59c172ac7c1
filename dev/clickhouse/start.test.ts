import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouse, startClickHouse } from './start.ts';
import { ask, USERS } from './testing.ts';

let root: string;
const started: ClickHouse[] = [];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clickhouse-start-'));
});
afterAll(async () => {
  await Promise.all(started.map((clickhouse) => clickhouse.stop()));
  rmSync(root, { recursive: true, force: true });
});

async function start(dir: string, port = 0): Promise<ClickHouse> {
  const clickhouse = await startClickHouse({ dataDir: join(root, dir), port, users: USERS });
  started.push(clickhouse);
  return clickhouse;
}

// Of the few tables the writer may insert into.
const TABLE = 'audit_db.admin_audit_logs';
const sum = async ({ url }: ClickHouse) => (await ask(url, 'admin', `SELECT sum(id) FROM ${TABLE}`)).text;
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('what was inserted outlives a stop and a kill', async () => {
  const first = await start('kept');
  await ask(first.url, 'admin', 'CREATE DATABASE audit_db');
  await ask(first.url, 'admin', `CREATE TABLE ${TABLE} (id UInt32) ENGINE = MergeTree ORDER BY id`);
  await ask(first.url, 'admin', `INSERT INTO ${TABLE} VALUES (1)`);
  process.kill(first.pid, 'SIGINT');
  await ask(first.url, 'writer', `INSERT INTO ${TABLE} FORMAT JSONEachRow {"id":10}`);
  await first.stop();
  expect(await first.exited).toEqual({ code: 0, signal: null });

  const second = await start('kept');
  expect(await sum(second)).toBe('11\n');
  await ask(second.url, 'writer', `INSERT INTO ${TABLE} FORMAT JSONEachRow {"id":100}`);
  process.kill(second.pid, 'SIGKILL');
  expect(await second.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await second.stop();

  const third = await start('kept');
  expect(await sum(third)).toBe('111\n');
}, 30_000);

test('a stop ends running queries', async () => {
  const clickhouse = await start('busy');
  const sql = 'SELECT count() FROM numbers(100000000000) WHERE cityHash64(number) = 1';
  const asked = ask(clickhouse.url, 'reader', sql).catch((error: unknown) => error);
  const processes =
    "SELECT count() FROM system.processes WHERE query LIKE '%cityHash64%' AND query NOT LIKE '%processes%'";
  await expect.poll(async () => (await ask(clickhouse.url, 'admin', processes)).text, { timeout: 5_000 }).toBe('1\n');
  await clickhouse.stop();
  expect(await clickhouse.exited).toEqual({ code: 0, signal: null });
  expect(await asked).toBeInstanceOf(Error);
}, 30_000);

test('a start that cannot succeed says what to do', async () => {
  const clickhouse = await start('one');
  const port = Number(new URL(clickhouse.url).port);
  await expect(start('one')).rejects.toThrow(/in use by another process: stop it or choose another directory\.$/);
  await expect(start('two', port)).rejects.toThrow(/cannot listen on port \d+ \(EADDRINUSE\): stop what uses it/);
  writeFileSync(join(root, 'a-file'), '');
  await expect(start('a-file/below')).rejects.toThrow(/cannot use .*a-file\/below \(ENOTDIR\): make it writable/);
  await expect(start('glob*')).rejects.toThrow(/cannot use .*glob\* \(its path has one of/);
  expect(await (await fetch(`${clickhouse.url}/ping`)).text()).toBe('Ok.\n');
}, 30_000);

test('the process ends when its parent is gone', async () => {
  const code = `
    const { startClickHouse } = await import(${JSON.stringify(new URL('./start.ts', import.meta.url).href)});
    const { pid } = await startClickHouse({ dataDir: ${JSON.stringify(join(root, 'orphan'))}, users: {} });
    console.log(pid);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (data) => resolve(Number(data))));
  expect(alive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => alive(pid), { timeout: 10_000 }).toBe(false);
}, 30_000);
