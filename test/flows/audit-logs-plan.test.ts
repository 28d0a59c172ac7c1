import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorId, featureId, serviceId, writeAuditYears } from '../../bench/audit-data.ts';
import { type App, commonApp, type Person, until } from '../app.ts';

const ROWS = 60_000;
const MIGRATIONS = join(import.meta.dirname, '../../clickhouse/migrations');

let app: App;
let auditor: Person;
const database = `plan_${randomBytes(4).toString('hex')}`;
const own = (sql: string) => sql.replaceAll('audit_db.', `${database}.`);
const run = (sql: string) => app.analytics<Record<string, string | number>>(own(sql));

async function migrate(name: string): Promise<void> {
  const text = await readFile(join(MIGRATIONS, name), 'utf8');
  for (const statement of text.split(/;\s*$/m).filter((part) => part.replace(/^--.*$/gm, '').trim() !== ''))
    await run(statement);
}

/** A table of the first version with three years of records in it, brought up to date, twice. */
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
  await run(`CREATE DATABASE ${database}`);
  await migrate('0001_admin_audit_logs.sql');
  const write = (sql: string) => run(sql).then(() => '');
  await writeAuditYears(write, ROWS, Date.now());
  for (let time = 0; time < 2; time++) await migrate('0004_audit_logs_find.sql');
  await until(async () => {
    const [row] = await run(`SELECT countIf(NOT is_done) AS n FROM system.mutations WHERE database = '${database}'`);
    return Number(row?.n) === 0;
  }, 'indexes and projections are there');
});
afterAll(async () => {
  await run(`DROP DATABASE ${database}`);
  await app.stop();
});

interface Captured {
  sql: string;
  settings: string[];
}

/** The statements a request sends to ClickHouse, as they stand there. */
async function statementsOf(path: string, status = 200): Promise<Captured[]> {
  const sent: { path: string; body: string }[] = [];
  app.clickhouse.decide((call) => {
    // Other requests' logs are on their way at the same time.
    if (call.body.includes('FROM audit_db.admin_audit_logs')) sent.push(call);
    return 'none';
  });
  const answer = await app.call('GET', path, { as: auditor });
  app.clickhouse.decide(() => 'none');
  expect([path, answer.status]).toEqual([path, status]);
  return sent.map(({ path: url, body }) => {
    const { searchParams } = new URL(url, 'http://clickhouse');
    const given = [...searchParams].filter(([name]) => name.startsWith('param_'));
    // As text, what is a parameter otherwise.
    const sql = given.reduce(
      (text, [name, value]) =>
        text.replaceAll(
          new RegExp(`\\{${name.slice(6)}:([^}]+)\\}`, 'g'),
          (_, type) => `CAST(${literal(value, type)} AS ${type})`,
        ),
      body.replace(/\sFORMAT \w+\s*$/, ''),
    );
    const settings = [...searchParams]
      .filter(([name]) => /^(?:optimize|use)_/.test(name))
      .map(([name, value]) => `${name} = ${value}`);
    return { sql, settings };
  });
}

const literal = (value: string, type: string) =>
  type.startsWith('Array') ? value : `'${value.replaceAll("'", "\\'")}'`;

async function planOf({ sql, settings }: Captured): Promise<string> {
  const lines = await run(
    `EXPLAIN indexes = 1, projections = 1 ${sql} ${settings.length > 0 ? `SETTINGS ${settings.join(', ')}` : ''}`,
  );
  return lines.map((line) => line.explain).join('\n');
}

describe('the statements behind audit logs', () => {
  const range = `from=${new Date(Date.now() - 1000 * 86_400_000).toISOString()}`;
  it.each([
    ['an admin', `?actorId=${actorId(700)}&${range}`, /ReadFromMergeTree \(actor_history\)/],
    [
      'a resource',
      `?resource=service_feature&resourceId=${featureId(7)}&${range}`,
      /ReadFromMergeTree \(resource_history\)/,
    ],
    ['a trace', `?traceId=ABSENT&${range}`, /Name: by_trace[\s\S]*Parts: 0\/\d/],
    ['a request', `?requestId=ABSENT&${range}`, /Name: by_request[\s\S]*Parts: 0\/\d/],
    ['a session', `?sessionId=ABSENT&${range}`, /Name: by_session[\s\S]*Parts: 0\/\d/],
    [
      'words',
      `?q=Part77+NOSUCHWORD&${range}`,
      /__text_index_by_words[\s\S]*Name: by_words[\s\S]*tokens: \["nosuchword", "part77"\][\s\S]*Parts: 0\/\d/,
    ],
    ['the newest', '', /Name: by_time/],
    ['an e-mail address', `?actorEmail=nobody@example.com&${range}`, /ReadFromMergeTree \(actor_emails\)/],
    ['volume', `/histogram?${range}`, /ReadFromMergeTree \(hourly\)/],
    ['volume of a service', `/histogram?serviceId=${serviceId(3)}&${range}`, /ReadFromMergeTree \(hourly\)/],
    ['volume of an admin', `/histogram?actorId=${actorId(700)}&${range}`, /ReadFromMergeTree \(actor_history\)/],
  ])('lead to %s by what was made for it', async (_, path, plan) => {
    // A bloom filter takes one granule of a hundred for one that has the value: not for each of five values.
    const absent = path.includes('ABSENT') ? ['a', 'b', 'c', 'd', 'e'] : [''];
    const plans: string[] = [];
    for (const value of absent) {
      const [statement] = await statementsOf(`/v1/audit/logs${path.replace('ABSENT', value)}`);
      plans.push(statement ? await planOf(statement) : '');
    }
    expect(plans.find((each) => plan.test(each)) ?? plans[0]).toMatch(plan);
  });

  it('find one record by the time in its id', async () => {
    // From the middle of a granule: its end may divide a day, which is then in two.
    const [row] = await run(
      'SELECT id FROM audit_db.admin_audit_logs WHERE _part_offset % 8192 BETWEEN 2000 AND 6000 ORDER BY sipHash64(id) LIMIT 1',
    );
    // The table it is not in is asked for it; what was asked is then run on the one it is in.
    const [statement] = await statementsOf(`/v1/audit/logs/${row?.id}`, 404);
    expect(await run(statement?.sql ?? '')).toMatchObject([{ id: row?.id }]);
    expect(statement && (await planOf(statement))).toMatch(/Granules: 1\/\d/);
  });
});

describe('a table that held records before', () => {
  it('has its indexes and projections over all of them, and a hold leaves these as they are', async () => {
    const projections = `SELECT name, sum(rows) AS n, groupArray(modification_time) AS times FROM system.projection_parts
      WHERE active AND database = '${database}' GROUP BY name ORDER BY name`;
    const before = await run(projections);
    const counts = Object.fromEntries(before.map(({ name, n }) => [name, Number(n)]));
    expect(counts).toMatchObject({ actor_history: ROWS, resource_history: ROWS });
    const [sums] =
      await run(`SELECT (SELECT sum(n) FROM (SELECT count() AS n FROM audit_db.admin_audit_logs GROUP BY actor_email, actor_id)) AS emails,
      (SELECT sum(n) FROM (SELECT count() AS n FROM audit_db.admin_audit_logs GROUP BY toStartOfHour(timestamp))) AS hours SETTINGS force_optimize_projection = 1`);
    expect([Number(sums?.emails), Number(sums?.hours)]).toEqual([ROWS, ROWS]);
    const indexes = await run(
      `SELECT name, data_compressed_bytes AS n FROM system.data_skipping_indices WHERE database = '${database}'`,
    );
    expect(indexes.filter(({ n }) => Number(n) === 0)).toEqual([]);

    await run(
      `ALTER TABLE audit_db.admin_audit_logs UPDATE legal_hold = 1 WHERE resource = 'role' SETTINGS mutations_sync = 2`,
    );
    const [held] =
      await run(`SELECT countIf(legal_hold = 1) AS held, countIf(resource = 'role') AS wanted, countIf(legal_hold = 1 AND resource <> 'role') AS wrong,
      count() AS all FROM audit_db.admin_audit_logs`);
    expect([held?.held, Number(held?.wrong), Number(held?.all)]).toEqual([held?.wanted, 0, ROWS]);
    expect(await run(projections)).toEqual(before);
  });
});
