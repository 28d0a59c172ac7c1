import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrateClickHouse } from '../../clickhouse/migrate.ts';
import { type Attempt, attempts, type Table, type Who } from '../../dev/clickhouse/attempts.ts';
import { CLICKHOUSE_USERS, startStack } from '../../dev/stack.ts';

type Try = Attempt & { who: Who };
type Outcome = Try & { status: number; code: string | null; text: string };

// An engine of its own: what is tried here would be felt by every other test if it worked.
async function startStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'steward-users-'));
  const { clickhouse, secrets, stop } = await startStack({ dataDir, only: ['clickhouse'] });
  if (!clickhouse) throw new Error('ClickHouse did not start');
  const { url } = clickhouse;
  await migrateClickHouse({ url, username: CLICKHOUSE_USERS.admin, password: secrets.clickhouse.admin });
  const secretFile = join(dataDir, 'secret.csv');
  await writeFile(secretFile, 'seen by nobody\n');
  return { url, passwords: secrets.clickhouse, dataDir, secretFile, stop };
}

let store: Awaited<ReturnType<typeof startStore>>;
let tables: Table[];
beforeAll(async () => {
  store = await startStore();
  const columns = await rows<[string, string[]]>(
    `SELECT concat(database, '.', table), groupArray(name) FROM system.columns
     WHERE database IN ('audit_db', 'analytics_db') GROUP BY ALL ORDER BY ALL`,
  );
  tables = columns.map(([name, list]) => ({ name, columns: list }));
});
afterAll(async () => {
  await store.stop();
  await rm(store.dataDir, { recursive: true, force: true });
});

async function ask(who: Who | 'admin', sql: string, parameters: Record<string, string> = {}) {
  const headers = { 'X-ClickHouse-User': CLICKHOUSE_USERS[who], 'X-ClickHouse-Key': store.passwords[who] };
  const response = await fetch(`${store.url}/?${new URLSearchParams(parameters)}`, {
    method: 'POST',
    headers,
    body: sql,
  });
  const code = response.headers.get('x-clickhouse-exception-code');
  return { status: response.status, code, text: await response.text() };
}

async function rows<Row>(sql: string): Promise<Row[]> {
  const { status, text } = await ask('admin', `${sql} FORMAT JSONCompactEachRow`);
  if (status !== 200) throw new Error(text);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Every definition in the store, and every row of its tables in short. `legal_hold` is left out on request. */
async function state({ holds = true } = {}): Promise<unknown> {
  const defined = await rows(
    "SELECT database, name, create_table_query FROM system.tables WHERE database != 'system' ORDER BY ALL",
  );
  const contents = tables.map(({ name, columns }) => {
    const compared = holds || !columns.includes('legal_hold') ? '*' : '* EXCEPT legal_hold';
    return rows(`SELECT '${name}', count(), sum(cityHash64(${compared})) FROM ${name}`);
  });
  return { databases: await rows('SHOW DATABASES'), defined, contents: await Promise.all(contents) };
}

async function tryAll(list: Try[]): Promise<Outcome[]> {
  const left = [...list];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      outcomes.push({ ...next, ...(await ask(next.who, next.sql, next.url)) });
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return outcomes;
}

/** Not for want of the right spelling: a missing right, readonly, or a second statement. */
const isRefused = ({ status, code, text }: Outcome) =>
  (status === 403 && (code === '497' || code === '164')) || (status === 400 && text.includes('Multi-statements'));

it('lets each user do its own work on the audit tables and nothing else', async () => {
  const seeded = "('2026-01-01 00:00:00', 'a'), ('2026-01-02 00:00:00', 'b')";
  await ask('admin', `INSERT INTO audit_db.admin_audit_logs (timestamp, reason) VALUES ${seeded}`);
  await ask('admin', `INSERT INTO audit_db.admin_ui_events (timestamp, page_path) VALUES ${seeded}`);
  await ask('admin', `INSERT INTO audit_db.admin_api_logs (timestamp, endpoint) VALUES ${seeded}`);
  await ask('admin', `INSERT INTO audit_db.admin_sessions (day, session_id) VALUES (today(), 'a'), (today(), 'b')`);
  const WHO: Who[] = ['reader', 'writer', 'keeper'];
  const all = attempts(tables, store.secretFile).flatMap((attempt) => WHO.map((who) => ({ ...attempt, who })));
  const mayNot = all.filter(({ who, allowed }) => !allowed.includes(who));
  const may = all.filter(({ who, allowed }) => allowed.includes(who));

  const before = await state();
  const refused = await tryAll(mayNot);
  const untouched = await state();
  const flagless = await state({ holds: false });
  const kept = await tryAll(may.filter(({ who }) => who !== 'writer'));
  const flagged = await state({ holds: false });
  const written = await tryAll(may.filter(({ who }) => who === 'writer'));

  const done = [...kept, ...written];
  const wrong = [...refused.filter((outcome) => !isRefused(outcome)), ...done.filter(({ status }) => status !== 200)];
  const allowed = [...refused, ...done].filter(({ status }) => status === 200).length;
  console.log(
    `clickhouse users: tried ${all.length}, allowed ${allowed} (expected ${may.length}), wrong ${wrong.length}`,
  );
  expect(wrong.map(({ who, sql, text }) => ({ who, sql, text }))).toEqual([]);
  expect(refused.filter(({ text }) => text.includes('seen by nobody'))).toEqual([]);
  expect(existsSync(`${store.secretFile}.out`)).toBe(false);
  expect(untouched).toEqual(before);
  expect(flagged).toEqual(flagless);
  // The writer's three tables took a row each, whatever hangs on them.
  expect(written).toHaveLength(3);
});
