import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NeonDbError, neon, neonConfig, types } from '@neondatabase/serverless';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type NeonFront, startNeonFront } from './neon-front.ts';
import { type Postgres, startPostgres } from './start.ts';

// A busy machine takes its time over starting programs.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let postgres: Postgres;
let front: NeonFront;
/** What production would use; only the endpoint differs. */
let url: string;
let sql: ReturnType<typeof neon<false, false>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-neon-'));
  postgres = await startPostgres({ dataDir: join(folder, 'pg') });
  front = await startNeonFront({ postgresPort: postgres.port, maxConnections: 4 });
  neonConfig.fetchEndpoint = front.url;
  const owner = new URL(postgres.ownerUrl);
  url = `postgresql://${owner.username}:${owner.password}@ep-cool-name-123.eu.aws.neon.tech/steward?sslmode=require&options=-c%20geqo%3Doff`;
  sql = neon(url);
  await sql`CREATE TABLE service (id int PRIMARY KEY, name text UNIQUE NOT NULL, size int CHECK (size > 0))`;
});

afterAll(async () => {
  await front?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The request as the driver sends it, for what the driver itself cannot be made to do. */
function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(front.url, {
    method: 'POST',
    body,
    headers: {
      'Neon-Connection-String': url,
      'Neon-Raw-Text-Output': 'true',
      'Neon-Array-Mode': 'true',
      ...headers,
    },
  });
}

async function failure(work: Promise<unknown>): Promise<NeonDbError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NeonDbError);
  return error as NeonDbError;
}

describe('values', () => {
  const everything = `SELECT
    9007199254740993::int8 AS big, 1.10::numeric AS amount, '{"a": [1, null]}'::jsonb AS doc, ARRAY[1, NULL, 3] AS ints,
    ARRAY['a,b', 'c"d'] AS texts, '0190d5b8-7c3e-7000-8000-000000000001'::uuid AS id, true AS yes, 0.1::float8 AS real,
    '2026-11-21 10:20:30.123456+02'::timestamptz AS at, '\\x00ff'::bytea AS raw, NULL::text AS nothing, '' AS empty`;

  it('reach the driver as in production', async () => {
    const [row] = await sql.query(everything);
    expect(row).toEqual({
      big: '9007199254740993',
      amount: '1.10',
      doc: { a: [1, null] },
      ints: [1, null, 3],
      texts: ['a,b', 'c"d'],
      id: '0190d5b8-7c3e-7000-8000-000000000001',
      yes: true,
      real: 0.1,
      at: new Date('2026-11-21T08:20:30.123Z'),
      raw: Buffer.from([0, 255]),
      nothing: null,
      empty: '',
    });
  });

  it('travel as Postgres wrote them', async () => {
    const { rows } = (await (await post(JSON.stringify({ query: everything, params: [] }))).json()) as {
      rows: string[][];
    };
    expect(rows[0]).toEqual([
      '9007199254740993',
      '1.10',
      '{"a": [1, null]}',
      '{1,NULL,3}',
      '{"a,b","c\\"d"}',
      '0190d5b8-7c3e-7000-8000-000000000001',
      't',
      '0.1',
      '2026-11-21 08:20:30.123456+00',
      '\\x00ff',
      null,
      '',
    ]);
  });

  it('come back from parameters of every kind', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    const [row] = await sql`SELECT ${9}::int AS n, ${'é😀\n\'"\\'}::text AS t, ${null}::int AS z, ${true}::bool AS b,
      ${{ a: 'ü' }}::jsonb AS j, ${[1, null]}::int[] AS i, ${['a"b', 'c,d']}::text[] AS s, ${at}::timestamptz AS d,
      ${Buffer.from('hé')}::bytea AS y`;
    expect(row).toEqual({
      n: 9,
      t: 'é😀\n\'"\\',
      z: null,
      b: true,
      j: { a: 'ü' },
      i: [1, null],
      s: ['a"b', 'c,d'],
      d: at,
      y: Buffer.from('hé'),
    });
  });

  it('come back from parameters that are JSON values', async () => {
    const query = 'SELECT $1::int AS n, $2::bool AS b, $3::text[] AS a, $4::jsonb AS j';
    const answer = await post(JSON.stringify({ query, params: [7, false, ['x"y', null, 'ü,'], { k: [1] }] }));
    expect(await answer.json()).toMatchObject({ rows: [['7', 'f', '{"x\\"y",NULL,"ü,"}', '{"k": [1]}']] });
  });

  it('are objects when arrays are not asked for', async () => {
    const answer = await post('{"query": "SELECT 1 AS a, NULL AS b"}', { 'Neon-Array-Mode': 'false' });
    expect(await answer.json()).toMatchObject({ rows: [{ a: '1', b: null }], rowAsArray: false });
  });
});

describe('results', () => {
  it('in array mode are arrays, so that columns of one name both arrive', async () => {
    expect(await sql.query('SELECT 1 AS a, 2 AS a', [], { arrayMode: true })).toEqual([[1, 2]]);
  });

  it('in full tell command, count and the origin of each column', async () => {
    const [{ oid }] = (await sql`SELECT 'service'::regclass::oid AS oid`) as [{ oid: number }];
    const inserted = await sql.query(`INSERT INTO service VALUES (1, 'mail', 1) RETURNING name, size`, [], {
      fullResults: true,
    });
    expect(inserted).toMatchObject({
      command: 'INSERT',
      rowCount: 1,
      rows: [{ name: 'mail', size: 1 }],
      rowAsArray: false,
    });
    expect(inserted.fields).toEqual([
      {
        name: 'name',
        tableID: oid,
        columnID: 2,
        dataTypeID: types.builtins.TEXT,
        dataTypeSize: -1,
        dataTypeModifier: -1,
        format: 'text',
      },
      {
        name: 'size',
        tableID: oid,
        columnID: 3,
        dataTypeID: types.builtins.INT4,
        dataTypeSize: 4,
        dataTypeModifier: -1,
        format: 'text',
      },
    ]);
    const none = await sql.query('SELECT name FROM service WHERE false', [], { fullResults: true });
    expect(none).toMatchObject({ command: 'SELECT', rowCount: 0, rows: [], fields: [{ name: 'name' }] });
    const updated = await sql.query('UPDATE service SET size = 2', [], { fullResults: true });
    expect(updated).toMatchObject({ command: 'UPDATE', rowCount: 1, rows: [], fields: [] });
    const created = await sql.query('CREATE TABLE other ()', [], { fullResults: true });
    expect(created).toMatchObject({ command: 'CREATE', rowCount: null });
  });

  it('may be large', async () => {
    const rows = await sql`SELECT n, repeat('x', 1000) AS fill FROM generate_series(1, 5000) AS n`;
    expect(rows).toHaveLength(5000);
    expect(rows[4999]).toEqual({ n: 5000, fill: 'x'.repeat(1000) });
  });
});

describe('a batch', () => {
  it('commits as one transaction', async () => {
    const [first, second, third] = await sql.transaction((tx) => [
      tx`INSERT INTO service VALUES (10, 'ten', 1) RETURNING id`,
      tx`SELECT count(*)::int AS n FROM service WHERE id = 10`,
      tx`SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS same`,
    ]);
    expect([first, second, third]).toEqual([[{ id: 10 }], [{ n: 1 }], [{ same: true }]]);
    expect(await sql`SELECT name FROM service WHERE id = 10`).toEqual([{ name: 'ten' }]);
  });

  it('leaves nothing behind when one of its queries fails, and the next request is not affected', async () => {
    const error = await failure(
      sql.transaction([
        sql`INSERT INTO service VALUES (20, 'twenty', 1)`,
        sql`INSERT INTO service VALUES (20, 'again', 1)`,
        sql`INSERT INTO service VALUES (21, 'after', 1)`,
      ]),
    );
    expect(error).toMatchObject({ code: '23505', constraint: 'service_pkey' });
    for (let i = 0; i < 5; i += 1) expect(await sql`SELECT id FROM service WHERE id IN (20, 21)`).toEqual([]);
  });

  it('fails as a whole when only its commit fails', async () => {
    await sql`CREATE TABLE late (id int REFERENCES service DEFERRABLE INITIALLY DEFERRED)`;
    const error = await failure(sql.transaction([sql`INSERT INTO late VALUES (999)`]));
    expect(error).toMatchObject({ code: '23503', constraint: 'late_id_fkey' });
    expect(await sql`SELECT * FROM late`).toEqual([]);
  });

  it('that is read-only refuses a write', async () => {
    const error = await failure(sql.transaction([sql`DELETE FROM service`], { readOnly: true }));
    expect(error.code).toBe('25006');
  });

  it('runs in the isolation level asked for', async () => {
    const levels = {
      ReadCommitted: 'read committed',
      RepeatableRead: 'repeatable read',
      Serializable: 'serializable',
    } as const;
    for (const [isolationLevel, shown] of Object.entries(levels)) {
      const [rows] = await sql.transaction([sql`SHOW transaction_isolation`], {
        isolationLevel: isolationLevel as keyof typeof levels,
      });
      expect(rows).toEqual([{ transaction_isolation: shown }]);
    }
    const [deferrable] = await sql.transaction([sql`SHOW transaction_deferrable`], {
      isolationLevel: 'Serializable',
      readOnly: true,
      deferrable: true,
    });
    expect(deferrable).toEqual([{ transaction_deferrable: 'on' }]);
    const unknown = await post('{"queries": []}', { 'Neon-Batch-Isolation-Level': 'Chaos; DROP TABLE service' });
    expect(unknown.status).toBe(400);
  });

  it('reports a conflict between two', async () => {
    const add = () => [
      sql`SELECT sum(size) FROM service`,
      sql`SELECT pg_sleep(0.2)`,
      sql`UPDATE service SET size = size + 1`,
    ];
    const both = await Promise.allSettled([1, 2].map(() => sql.transaction(add(), { isolationLevel: 'Serializable' })));
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: '40001' });
  });

  it('may be empty', async () => {
    expect(await sql.transaction([])).toEqual([]);
  });
});

describe('an error', () => {
  it('carries what Postgres said about it', async () => {
    await sql`INSERT INTO service VALUES (30, 'thirty', 1)`;
    expect(await failure(sql`INSERT INTO service VALUES (31, 'thirty', 1)`)).toMatchObject({
      message: 'duplicate key value violates unique constraint "service_name_key"',
      code: '23505',
      severity: 'ERROR',
      constraint: 'service_name_key',
      schema: 'public',
      table: 'service',
      detail: 'Key (name)=(thirty) already exists.',
    });
    expect(await failure(sql`INSERT INTO service VALUES (32, NULL, 1)`)).toMatchObject({
      code: '23502',
      column: 'name',
    });
    expect(await failure(sql`SELECT raises()`)).toMatchObject({
      code: '42883',
      hint: expect.any(String),
      position: '8',
    });
  });

  it('in the syntax is told with its position, also for two statements in one query', async () => {
    expect(await failure(sql`SELEC 1`)).toMatchObject({ code: '42601', position: '1' });
    expect(await failure(sql.query('SELECT 1; SELECT 2'))).toMatchObject({ code: '42601' });
  });

  it('of the login is a 400 with its code', async () => {
    expect(await failure(neon(url.replace(/:[^:@]+@/, ':wrong@'))`SELECT 1`)).toMatchObject({ code: '28P01' });
    expect(await failure(neon(url.replace('/steward?', '/nowhere?'))`SELECT 1`)).toMatchObject({ code: '3D000' });
  });

  it('of the request itself is a 400 as well', async () => {
    for (const body of [
      '',
      '{',
      'null',
      '7',
      '{"query": 7}',
      '{"queries": [{}]}',
      '{"query": "SELECT 1", "params": 5}',
    ]) {
      expect((await post(body)).status, body).toBe(400);
    }
    expect((await post('{"query": "SELECT 1\\u0000"}')).status).toBe(400);
    expect((await post('{"query": "SELECT 1"}', { 'Neon-Connection-String': 'nonsense' })).status).toBe(400);
    expect((await fetch(front.url)).status).toBe(404);
    expect(await failure(sql`SELECT ${'a\0b'}::text`)).toMatchObject({ code: '22021' });
  });

  it('ends COPY, which needs a connection of its own', async () => {
    expect(await failure(sql`COPY service FROM STDIN`)).toMatchObject({ code: '0A000' });
    expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });

  it('of a server that is not there has no code', async () => {
    const nowhere = await startNeonFront({ postgresPort: 1 });
    const answer = await fetch(nowhere.url, {
      method: 'POST',
      body: '{"query": "SELECT 1"}',
      headers: { 'Neon-Connection-String': url, 'Neon-Raw-Text-Output': 'true' },
    });
    expect(answer.status).toBe(502);
    expect((await fetch(nowhere.url.replace('/sql', '/health'))).status).toBe(503);
    await nowhere.close();
  });

  it('of an answer beyond what Neon allows, of all rows of all statements, is a 507; the next request is not affected', async () => {
    const rows = (count: number) => sql.query(`SELECT repeat('x', 1048576) AS fill FROM generate_series(1, ${count})`);
    expect(await rows(60)).toHaveLength(60);
    await expect(rows(64)).rejects.toThrow('response is too large (max is 67108864 bytes)');
    await expect(sql.transaction([rows(40), rows(40)])).rejects.toThrow(/507.*too large/s);
    expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });

  it('of a body beyond the limit is a 413', async () => {
    const answer = await post(' '.repeat(64 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('larger than') });
  });
});

describe('a session', () => {
  /** Enough requests to meet every pooled connection. */
  const everywhere = <T>(query: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 12 }, query));

  it('keeps nothing of the request before', async () => {
    await everywhere(() => sql`SET search_path TO pg_catalog`);
    await everywhere(() => sql`SELECT set_config('statement_timeout', '7', false)`);
    await everywhere(() => sql`CREATE TEMP TABLE scratch (n int)`);
    await everywhere(() => sql`PREPARE saved AS SELECT 1`);
    await everywhere(() => sql`SELECT pg_advisory_lock_shared(7)`);
    const seen = await everywhere(
      () => sql`SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout,
        to_regclass('pg_temp.scratch') AS scratch, (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`,
    );
    const clean = { path: '"$user", public', timeout: '0', scratch: null, prepared: 0, locks: 0 };
    for (const [row] of seen) expect(row).toEqual(clean);
  });

  it('is not left in a transaction by BEGIN alone', async () => {
    await everywhere(() => sql`BEGIN`);
    await sleep(50);
    const open = sql`SELECT count(*)::int AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'`;
    expect(await open).toEqual([{ n: 0 }]);
    await everywhere(() => sql`SELECT 1`);
  });

  it('ignores the options of the connection string, as Neon does', async () => {
    expect(await sql`SHOW geqo`).toEqual([{ geqo: 'on' }]);
  });

  it('survives that its server process is ended while idle', async () => {
    await everywhere(() => sql`SELECT 1`);
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()`;
    await sleep(50);
    expect(await everywhere(() => sql`SELECT 1 AS one`)).toEqual(Array.from({ length: 12 }, () => [{ one: 1 }]));
  });

  it('is cancelled and rolled back when the client goes away', async () => {
    const body = JSON.stringify({
      queries: [{ query: `INSERT INTO service VALUES (40, 'gone', 1)` }, { query: 'SELECT pg_sleep(30)' }],
    });
    const sent = request(front.url, {
      method: 'POST',
      headers: { 'Neon-Connection-String': url, 'Neon-Raw-Text-Output': 'true' },
    });
    sent.on('error', () => undefined);
    sent.end(body);
    await once(sent, 'finish');
    const sleeping = () =>
      sql`SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND state <> 'idle'`;
    await expect.poll(sleeping).toHaveLength(1);
    sent.destroy();
    await expect.poll(sleeping).toEqual([]);
    expect(await sql`SELECT * FROM service WHERE id = 40`).toEqual([]);
  });
});

describe('many requests at once', () => {
  it('are all answered, through few connections, each counted as one trip', async () => {
    const before = front.roundTrips();
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        (_, i) => sql`SELECT ${i}::int AS i, (SELECT count(*)::int FROM pg_stat_activity
        WHERE usename = current_user) AS connections`,
      ),
    );
    expect(answers.map(([row]) => row?.i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(Math.max(...answers.map(([row]) => Number(row?.connections)))).toBeLessThanOrEqual(4);
    expect(front.roundTrips() - before).toBe(100);
  });

  it('with errors among them do not wedge the pool', async () => {
    const kinds = [
      () => sql`SELECT 1/0`,
      () => sql`SELECT 1`,
      () => sql.transaction([sql`SELECT 1`, sql`SELECT 1/0`]),
      () => sql`BEGIN`,
    ];
    const done = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => kinds[i % 4]?.()));
    expect(done.filter((one) => one.status === 'rejected')).toHaveLength(50);
    expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  });
});

it('says whether Postgres answers', async () => {
  const answer = await fetch(front.url.replace('/sql', '/health'));
  expect(answer.status).toBe(200);
});
