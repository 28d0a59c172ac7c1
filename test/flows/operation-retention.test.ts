import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { migrateClickHouse } from '../../clickhouse/migrate.ts';
import { RETAINED_TABLES } from '../../clickhouse/queries/enforce-retention.ts';
import { CLICKHOUSE_USERS, startStack } from '../../dev/stack.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { type FaultyProxy, startFaultyProxy } from '../faulty-proxy.ts';
import { applyHolds, hold, merge, openHold, readHold } from '../holds.ts';
import { trailOf } from '../operation-records.ts';
import { operationsOf } from '../operations.ts';
import { agesOf, leftOf, plant } from '../retention.ts';

let stack: Awaited<ReturnType<typeof startStack>>;
let dataDir: string;
let proxy: FaultyProxy;
let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let other: Person;

// An engine of its own: merges would take what is planted here before the operation does, and are stopped for all.
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'steward-retention-'));
  stack = await startStack({ dataDir, only: ['clickhouse'] });
  const { url } = stack.clickhouse ?? expect.fail('ClickHouse did not start');
  const { admin, reader, writer, keeper } = stack.secrets.clickhouse;
  await migrateClickHouse({ url, username: CLICKHOUSE_USERS.admin, password: admin });
  proxy = await startFaultyProxy(url);
  app = await startApp({
    CLICKHOUSE_URL: proxy.url,
    CLICKHOUSE_READER_PASSWORD: reader,
    CLICKHOUSE_WRITER_PASSWORD: writer,
    CLICKHOUSE_KEEPER_PASSWORD: keeper,
  });
  const headers = { 'X-ClickHouse-User': CLICKHOUSE_USERS.admin, 'X-ClickHouse-Key': admin };
  app.analytics = async <Row>(sql: string): Promise<Row[]> => {
    const response = await fetch(`${url}/?default_format=JSONEachRow`, { method: 'POST', headers, body: sql });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Row);
  };
  for (const table of RETAINED_TABLES) await app.analytics(`SYSTEM STOP TTL MERGES audit_db.${table}`);
  operations = operationsOf(app);
  [owner, other] = await Promise.all([app.person('owner'), app.person('owner')]);
});
afterEach(() => proxy.decide(() => 'none'));
afterAll(async () => {
  await app.stop();
  await proxy.close();
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Asked for, agreed to and done. */
async function enforced(target: Record<string, unknown>) {
  const asked = await operations.asked(owner, { type: 'retention.enforce', target });
  expect((await operations.approve(other, asked)).status).toBe(200);
  expect((await operations.start(owner, asked.id)).status).toBe(200);
  await operations.reached(asked.id);
  return asked;
}

async function retried(id: string): Promise<void> {
  expect((await operations.call(owner, 'retry-failed', id)).status).toBe(200);
  expect(await operations.reached(id)).toBe('completed');
}

const outcomesOf = async (id: string): Promise<Record<string, string>> => {
  const items: { targetId: string; outcome: string; error: string | null }[] = await operations.items(owner, id);
  return Object.fromEntries(items.map(({ targetId, outcome, error }) => [targetId, error ?? outcome]));
};

/** The audit records of an operation’s tables: how many rows were past their retention before and after. */
async function recordedOf(id: string): Promise<Record<string, [number, number]>> {
  await app.drained();
  const found = await app.analytics<Record<string, string>>(
    `SELECT * FROM audit_db.admin_audit_logs WHERE endsWith(reason, '[operation ${id}]')`,
  );
  const expiredOf = (state = '') => JSON.parse(state).expired;
  for (const { action, resource, actor_id: actor, outcome } of found)
    expect([action, resource, actor, outcome]).toEqual(['retention.enforce', 'retention', owner.id, 'success']);
  return Object.fromEntries(
    found.map((each) => [each.resource_id, [expiredOf(each.before_state), expiredOf(each.after_state)]]),
  );
}

const staying = (after: number, before: number) =>
  `${after} of ${before} rows past their retention are still there: ClickHouse is at work on them, or its next merges take them.`;
const ONE = { type: 'tables', names: ['admin_ui_events'] };

it('knows every table that forgets', async () => {
  const found = await app.analytics<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = 'audit_db' AND match(engine_full, '\\\\bTTL\\\\b') ORDER BY name`,
  );
  expect(found.map(({ name }) => name)).toEqual([...RETAINED_TABLES].sort());
});

it('removes what is past its retention and not on hold, and nothing else', async () => {
  const planted = await Promise.all(
    RETAINED_TABLES.map(async (table) => {
      const { past, within } = agesOf(table);
      return { table, past: await plant(app, table, past), within: await plant(app, table, within) };
    }),
  );
  const held = await plant(app, 'admin_audit_logs', agesOf('admin_audit_logs').past);
  const { id: holdId } = await openHold(app, owner, { actorId: held });
  await hold(app, owner, holdId, 'active');

  const { id, plan } = await enforced({ type: 'every-table' });
  expect([plan.itemsTotal, plan.kinds, plan.warnings]).toEqual([
    4,
    { table: 4 },
    [
      'What is on legal hold stays, and what is within its retention. It may take minutes.',
      'Of admin_audit_logs ClickHouse only learns what has expired; the rows go with its next merges, within hours.',
      'An undo does not bring it back: What is past its retention is gone.',
    ],
  ]);
  expect(await operations.phaseOf(id)).toBe('incomplete');
  const gone = { admin_ui_events: 'succeeded', admin_api_logs: 'succeeded', admin_sessions: 'succeeded' };
  expect(await outcomesOf(id)).toEqual({ ...gone, admin_audit_logs: staying(3, 3) });
  expect(app.log.filter((line) => line.includes('a TTL was not applied'))).toEqual([]);
  // Into one part first: one all of whose rows expire loses its projections, and merges with no other until the engine has cleaned it away,
  // which takes it half a minute.
  await merge(app);
  await app.analytics('SYSTEM START TTL MERGES audit_db.admin_audit_logs');
  await merge(app);
  await app.analytics('SYSTEM STOP TTL MERGES audit_db.admin_audit_logs');
  await retried(id);
  for (const { table, past, within } of planted)
    expect([table, await leftOf(app, table, past), await leftOf(app, table, within)]).toEqual([table, 0, 3]);
  expect(await leftOf(app, 'admin_audit_logs', held)).toBe(3);
  expect(await recordedOf(id)).toEqual({
    admin_audit_logs: [0, 0],
    admin_ui_events: [3, 0],
    admin_api_logs: [3, 0],
    admin_sessions: [3, 0],
  });
  expect((await trailOf(app, id)).slice(-4)).toEqual([
    'operation.start success',
    'operation.complete failure',
    'operation.retry-failed success',
    'operation.complete success',
  ]);
  console.log('past retention: 12 of 12 gone, 3 on hold kept; within it 12, lost 0');
});

it('leaves the sums of a session as they are, and takes days of it one by one', async () => {
  const [actor, session] = [randomUUID(), randomUUID()];
  const add = (age: string) =>
    app.analytics(`INSERT INTO audit_db.admin_sessions (day, actor_id, session_id, ui_events, last_seen)
      SELECT today() - INTERVAL ${age}, '${actor}', '${session}', 5, now64(3)`);
  for (const age of ['3 YEAR', '1 YEAR', '1 YEAR', '1 DAY', '3 YEAR', '1 DAY']) await add(age);
  const { id } = await enforced({ type: 'tables', names: ['admin_sessions'] });
  expect(await outcomesOf(id)).toEqual({ admin_sessions: 'succeeded' });
  const days = await app.analytics<{ events: string }>(
    `SELECT sum(ui_events) AS events FROM audit_db.admin_sessions
     WHERE session_id = '${session}' GROUP BY day ORDER BY day`,
  );
  expect(days.map(({ events }) => Number(events))).toEqual([10, 10]);
});

it('rewrites nothing the second time', async () => {
  let rewrites = 0;
  proxy.decide(({ body }) => {
    if (body.includes('MATERIALIZE TTL')) rewrites++;
    return 'none';
  });
  const { id } = await enforced({ type: 'tables', names: RETAINED_TABLES });
  expect(Object.values(await outcomesOf(id))).toEqual(Array(4).fill('succeeded'));
  const nothing = Object.fromEntries(RETAINED_TABLES.map((table) => [table, [0, 0]]));
  expect([await recordedOf(id), rewrites]).toEqual([nothing, 0]);
});

it('says what stays where ClickHouse did nothing, and what is done where only its word was lost', async () => {
  const actor = await plant(app, 'admin_ui_events', agesOf('admin_ui_events').past);
  const losing = (fault: 'refuse' | 'lose-reply') =>
    proxy.decide(({ body }) => (body.includes('MATERIALIZE TTL') ? fault : 'none'));
  losing('refuse');
  const { id } = await enforced(ONE);
  expect([await outcomesOf(id), await leftOf(app, 'admin_ui_events', actor)]).toEqual([
    { admin_ui_events: staying(3, 3) },
    3,
  ]);
  losing('lose-reply');
  await retried(id);
  expect([await recordedOf(id), await leftOf(app, 'admin_ui_events', actor)]).toEqual([{ admin_ui_events: [3, 0] }, 0]);
});

it('waits for holds that are accepted and not applied', async () => {
  const actor = await plant(app, 'admin_audit_logs', agesOf('admin_audit_logs').past);
  const transaction = await app.db.connect();
  // A hold is applied once every transaction has ended that was there before it.
  await transaction.query('BEGIN; SELECT pg_current_xact_id()');
  const { id: holdId } = await openHold(app, owner, { actorId: actor });
  const { id } = await enforced({ type: 'tables', names: ['admin_audit_logs'] });
  const outcomes = await outcomesOf(id);
  await transaction.query('COMMIT');
  transaction.release();
  expect(outcomes).toEqual({
    admin_audit_logs: 'Legal holds are being applied or released; try again when they are.',
  });
  await until(async () => {
    await applyHolds(app);
    return (await readHold(app, owner, holdId)).status === 'active';
  }, 'the hold is applied');
  await retried(id);
  expect([await recordedOf(id), await leftOf(app, 'admin_audit_logs', actor)]).toEqual([
    { admin_audit_logs: [0, 0] },
    3,
  ]);
});
