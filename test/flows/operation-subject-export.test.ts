import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findSecret } from '../../domain/audit/redact.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { insertRows, type Row, row, type Table } from '../audit-rows.ts';
import { type FileRow, rowsOfNdjson } from '../exported-file.ts';
import { operationsOf } from '../operations.ts';
import { hashedId, type Planted, plantAdmin, plantUser } from '../personal-data.ts';
import { roleOf, takeRole } from '../roles.ts';

const OF_ADMIN = ['personal_data', 'audit_logs', 'api_logs', 'ui_events', 'sessions'];

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let officer: Person;
let role: string;
beforeAll(async () => {
  app = await startApp({
    ...{ OPERATION_LEASE_SECONDS: '1', EXPORT_LEASE_SECONDS: '1' },
    ...{ EXPORT_CONCURRENCY: '16', EXPORT_CONCURRENCY_PER_ADMIN: '16' },
  });
  operations = operationsOf(app);
  owner = await app.person('owner');
  role = await roleOf(app, 'operations.execute', 'audit.view', 'exports.download');
  officer = await app.person(role);
  await app.grant(officer.id, await roleOf(app, 'exports.request'));
});
beforeEach(() => app.postgres.decide(() => 'none'));
afterAll(() => app.stop());

type Target = { type: 'admin' | 'user'; id: string };
interface Item {
  targetId: string;
  outcome: string;
  error: string | null;
  after: { exportId: string } | null;
}

/** Asked for and agreed to. */
async function agreed(target: Target, parameters = {}, as = officer): Promise<string> {
  const asked = await operations.asked(as, { type: 'subject.export', target, parameters, reason: 'asked by letter' });
  expect(asked).toMatchObject({ phase: 'awaiting_approval', risk: 'irreversible', approval: { needed: 1 } });
  expect((await operations.approve(owner, asked)).json).toMatchObject({ phase: 'approved' });
  return asked.id;
}

/** Started and done. @returns export type → its item */
async function done(target: Target, parameters = {}): Promise<Map<string, Item>> {
  const id = await agreed(target, parameters);
  expect((await operations.start(officer, id)).status).toBe(200);
  expect(await operations.reached(id)).toBe('completed');
  const items: Item[] = await operations.items(officer, id);
  expect(items.map(({ outcome, error }) => [outcome, error])).toEqual(items.map(() => ['succeeded', null]));
  return new Map(items.map((item) => [item.targetId, item]));
}

async function textOf({ after }: Item): Promise<string> {
  const view = await app.finished(officer, after?.exportId ?? '');
  expect(view).toMatchObject({ status: 'ready', requestedBy: officer.id, bundleUrl: expect.any(String) });
  const { pathname, search } = new URL(view.downloadUrl);
  const response = await fetch(new URL(pathname + search, app.worker().url));
  expect(response.status).toBe(200);
  return response.text();
}

/** Rows of what somebody did, in the tables of ClickHouse; in one session. @returns their ids */
async function plantActivity({ id, email, sessionId }: Person, service: string): Promise<Record<Table, string[]>> {
  const make = (more: Record<string, string | number>): Row =>
    row(Date.now() - 60_000 - Math.floor(Math.random() * 1000), {
      ...{ actor_id: id, actor_email: email, actor_role: 'viewer', session_id: sessionId, service_id: service },
      ...more,
    });
  const rows: Record<Table, Row[]> = {
    admin_audit_logs: [1, 2, 3].map((n) =>
      make({ action: 'service.update', resource: 'service', resource_id: `${n}`, outcome: 'success' }),
    ),
    admin_api_logs: [1, 2].map(() => make({ endpoint: '/v1/admin/me', method: 'GET', status_code: 200 })),
    admin_ui_events: [1, 2].map(() => make({ event_type: 'app.widget.click', properties: '{}' })),
  };
  for (const [table, all] of Object.entries(rows)) await insertRows(app, table as Table, all);
  const idsOf = (table: Table) => rows[table].map((each) => each.id).sort();
  return {
    admin_audit_logs: idsOf('admin_audit_logs'),
    admin_api_logs: idsOf('admin_api_logs'),
    admin_ui_events: idsOf('admin_ui_events'),
  };
}

const idsIn = (text: string) => rowsOfNdjson(text).map(({ id }) => String(id));

/** Every planted row is there, as what it was planted, and no other one but the operation that made the file. */
function checkPlanted(rows: readonly FileRow[], planted: readonly Planted[]): void {
  const others = rows.filter(({ data }) => !String(data).includes('"subject.export"'));
  const nameOf = ({ store, id, relation }: Pick<Planted, 'store' | 'id' | 'relation'>) => `${store} ${id} ${relation}`;
  expect(others.map((each) => nameOf(each as unknown as Planted)).sort()).toEqual(planted.map(nameOf).sort());
  for (const { store, id, text, hides } of planted) {
    const data = rows.find((each) => each.store === store && each.id === id)?.data;
    if (text !== undefined) expect(data).toContain(text);
    if (hides !== undefined) expect(data).not.toContain(hides);
  }
}

describe.concurrent('subject.export', () => {
  it('makes files of all there is of an admin, and of nothing about anybody else', async () => {
    const service = await app.service();
    const [who, other, one, two] = await Promise.all(Array.from({ length: 4 }, () => app.person(null)));
    if (!who || !other || !one || !two) throw new Error('there are four');
    const planted = await plantAdmin(app, who, one, service);
    const strangers = await plantAdmin(app, other, two, service);
    const [mine, theirs] = [await plantActivity(who, service), await plantActivity(other, service)];
    const items = await done({ type: 'admin', id: who.id });
    expect([...items.keys()]).toEqual(OF_ADMIN);
    const texts = new Map(
      await Promise.all([...items].map(async ([type, item]) => [type, await textOf(item)] as const)),
    );
    const textFor = (type: string) => texts.get(type) ?? expect.fail(`there is no file of ${type}`);
    checkPlanted(rowsOfNdjson(textFor('personal_data')), planted);
    expect(idsIn(textFor('audit_logs')).sort()).toEqual(mine.admin_audit_logs);
    expect(idsIn(textFor('api_logs')).sort()).toEqual(mine.admin_api_logs);
    expect(idsIn(textFor('ui_events')).sort()).toEqual(mine.admin_ui_events);
    expect(rowsOfNdjson(textFor('sessions')).map((each) => [each.session_id, each.api_calls])).toEqual([
      [who.sessionId, 2],
    ]);
    const whole = [...texts.values()].join('\n');
    const foreign = [
      ...[other, one, two].flatMap(({ id, email, subject, sessionId }) => [id, email, subject, sessionId]),
      ...strangers.flatMap(({ id, text }) => (text === undefined ? [id] : [id, text])),
      ...Object.values(theirs).flat(),
    ];
    expect(foreign.filter((each) => whole.includes(each))).toEqual([]);
    // Ids of sessions, where files lie, and what looks like a secret.
    const listed = await app.db.query('SELECT id FROM admin_sessions WHERE admin_id = $1', [who.id]);
    const { rows: objects } = await app.db.query(
      'SELECT object_key FROM service_documents WHERE created_by = $1 UNION SELECT file_location FROM admin_exports WHERE file_location IS NOT NULL',
      [who.id],
    );
    const keys = [...listed.rows.map(({ id }) => id), ...objects.map(({ object_key }) => object_key)];
    expect(listed.rows.map(({ id }) => hashedId(id)).every((hash) => whole.includes(hash))).toBe(true);
    expect(keys.filter((key) => whole.includes(key))).toEqual([]);
    const cells = [...texts.values()].flatMap((text) => rowsOfNdjson(text).flatMap((each) => Object.values(each)));
    expect(cells.filter((cell) => typeof cell === 'string' && findSecret(cell))).toEqual([]);
    console.log(
      `subject.export: files ${texts.size}, planted ${planted.length + 8}, missing 0; of others tried ${foreign.length}, found 0; secrets tried ${keys.length}, found 0`,
    );
  });

  it('makes one file of a user who is a tester, in the format asked for', async () => {
    const services = [await app.service(), await app.service()];
    const [userId, stranger] = [randomUUID(), randomUUID()];
    const planted = await plantUser(app, userId, owner, services);
    const strangers = await plantUser(app, stranger, owner, services);
    const items = await done({ type: 'user', id: userId }, { fileFormat: 'json' });
    expect([...items.keys()]).toEqual(['personal_data']);
    const text = await textOf(items.get('personal_data') as Item);
    checkPlanted(JSON.parse(text), planted);
    const foreign = [stranger, owner.id, owner.email, ...strangers.flatMap(({ id, text = id }) => [id, text])];
    expect(foreign.filter((each) => text.includes(each))).toEqual([]);
  });

  it('records each file as asked for by who started it, once', async () => {
    const who = await app.person(null);
    const items = await done({ type: 'admin', id: who.id });
    await app.drained();
    for (const [type, { after }] of items) {
      const records = (await app.auditOf(after?.exportId ?? '')).filter(({ action }) => action === 'export.request');
      expect(records).toHaveLength(1);
      expect(records[0]).toMatchObject({ outcome: 'success', actor_id: officer.id, actor_role: role });
      expect(records[0]?.reason).toMatch(/^operation [0-9a-f-]{36}: asked by letter$/);
      const about = type === 'personal_data' ? { adminId: who.id } : { actorId: who.id };
      expect(JSON.parse(records[0]?.after_state ?? '')).toMatchObject({ exportType: type, parameters: about });
    }
  });
});

/** Columns that name a person and are in no file of personal data: domain/exports/types/personal-data.ts says why. */
const LEFT_OUT = [
  'audit_holds.actor_id',
  'audit_outbox.actor_id',
  'idempotency_keys.admin_id',
  'observed_reads.admin_id',
];

describe.concurrent('subject.export complete', () => {
  it('is tried with a row for every column of Postgres that names a person', async () => {
    const { rows: columns } = await app.db.query<{ table: string; column: string }>(
      `SELECT c.relname AS table, a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
         AND (a.attname ~ '^(admin|actor|user|owner|person)(_admin)?_id$' OR a.attname ~ '_by$' AND a.atttypid = 'uuid'::regtype OR EXISTS (
           SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.confrelid = 'admins'::regclass AND a.attnum = ANY (k.conkey)))
       ORDER BY 1, 2`,
    );
    const [who, other, userId, service] = [
      await app.person(null),
      await app.person(null),
      randomUUID(),
      await app.service(),
    ];
    await plantAdmin(app, who, other, service);
    await plantUser(app, userId, other, [service]);
    const without: string[] = [];
    for (const { table, column } of columns) {
      const { rowCount } = await app.db.query(`SELECT FROM ${table} WHERE ${column} IN ($1, $2)`, [who.id, userId]);
      if (!rowCount) without.push(`${table}.${column}`);
    }
    expect(without).toEqual(LEFT_OUT);
    console.log(
      `columns that name a person: ${columns.length}, left out with a reason ${LEFT_OUT.length}, forgotten 0`,
    );
  });
});

describe.concurrent('subject.export denied', () => {
  it('is refused to whoever may not see all audit records, and for a person there is nothing of', async () => {
    const who = await app.person(null);
    const lacks = await app.person(await roleOf(app, 'operations.execute', 'exports.request', 'exports.download'));
    const body = { type: 'subject.export', target: { type: 'admin', id: who.id } };
    const refused = await operations.post(lacks, body);
    expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
    expect(refused.json.detail).toContain('audit.view');
    for (const type of ['admin', 'user'])
      expect((await operations.post(officer, { ...body, target: { type, id: randomUUID() } })).status).toBe(404);
    const swapped = await operations.post(officer, { ...body, target: { type: 'user', id: who.id } });
    expect(swapped.status).toBe(404);
  });

  it('fails each file with the permission that whoever starts it lacks, on the record, and makes it when retried', async () => {
    const who = await app.person(null);
    const lacks = await app.person(role);
    const id = await agreed({ type: 'admin', id: who.id }, {}, lacks);
    await operations.start(lacks, id);
    expect(await operations.reached(id)).toBe('incomplete');
    const items: Item[] = await operations.items(officer, id);
    const why = `${lacks.email}, who started it, lacks exports.request now.`;
    expect(items.map(({ outcome, error }) => [outcome, error])).toEqual(items.map(() => ['failed', why]));
    const { rows } = await app.db.query(`SELECT FROM admin_exports WHERE requested_by = $1`, [lacks.id]);
    expect(rows).toHaveLength(0);
    await app.drained();
    const denied = await app.analytics(
      `SELECT reason FROM audit_db.admin_audit_logs WHERE actor_id = '${lacks.id}' AND action = 'export.request' AND outcome = 'denied'`,
    );
    expect(denied).toEqual(items.map(() => ({ reason: `operation ${id}: ${why}` })));
    await app.grant(lacks.id, await roleOf(app, 'exports.request'));
    expect((await operations.call(lacks, 'retry-failed', id)).status).toBe(200);
    expect(await operations.reached(id)).toBe('completed');
    await until(async () => {
      const made = await app.db.query(`SELECT status FROM admin_exports WHERE requested_by = $1`, [lacks.id]);
      return made.rows.length === 5 && made.rows.every(({ status }) => status === 'ready');
    }, 'the files are ready');
  });

  it('does not start for who has lost the permission since it was agreed to', async () => {
    const person = await app.person(role);
    const id = await agreed({ type: 'admin', id: (await app.person(null)).id }, {}, person);
    await takeRole(app, owner, person, role);
    await app.grant(person.id, await roleOf(app, 'operations.execute'));
    const started = await operations.start(person, id);
    expect([started.status, started.json.code]).toEqual([403, 'forbidden']);
    expect(started.json.detail).toContain('audit.view');
  });
});

describe('subject.export crash', () => {
  /** SQL that keeps what became of the files; and that which asks for one. */
  const [KEEPS, ASKS] = ['INSERT INTO \\"admin_operation_items\\"', 'ON CONFLICT (id) DO NOTHING RETURNING *'];

  it('makes one export a file when the runtime is killed after them, and before anybody knows', async () => {
    const who = await app.person(null);
    const id = await agreed({ type: 'admin', id: who.id });
    let [asked, held] = [0, 0];
    app.postgres.decide(({ body }) => {
      if (body.includes(ASKS) && body.includes(id)) asked++;
      if (!body.includes(KEEPS) || !body.includes(id)) return 'none';
      held++;
      return 'hang';
    });
    await operations.start(officer, id);
    await until(async () => held > 0, 'all files are asked for');
    expect(asked).toBe(OF_ADMIN.length);
    const made = async () =>
      (
        await app.db.query(
          `SELECT id, export_type, status FROM admin_exports WHERE parameters::text LIKE '%' || $1 || '%' ORDER BY id`,
          [who.id],
        )
      ).rows;
    const before = (await made()).map((each) => each.id);
    expect(before).toHaveLength(OF_ADMIN.length);
    await app.crash();
    app.postgres.decide(({ body }) => {
      if (body.includes(ASKS) && body.includes(id)) asked++;
      return 'none';
    });
    await until(
      async () => {
        await app.worker().scheduled('* * * * *');
        // The others wait for audit records; what a drainer has in hand when it is killed waits for its lease.
        const file = (await made()).find(({ export_type }) => export_type === 'personal_data');
        return (await operations.phaseOf(id)) === 'completed' && file?.status === 'ready';
      },
      'the sweep has brought it to its end, and the file to its own',
      40_000,
      300,
    );
    expect(asked).toBe(2 * OF_ADMIN.length);
    expect((await made()).map((each) => each.id)).toEqual(before);
    const items: Item[] = await operations.items(officer, id);
    expect(items.map(({ after }) => after?.exportId).sort()).toEqual(before);
    const { rows: records } = await app.db.query<{ action: string; n: number }>(
      `SELECT action, count(*)::int AS n FROM audit_outbox WHERE reason LIKE '%' || $1 || '%'
         AND action IN ('export.request', 'subject.export') GROUP BY action ORDER BY action`,
      [id],
    );
    expect(records.map(({ action, n }) => [action, n])).toEqual([
      ['export.request', OF_ADMIN.length],
      ['subject.export', OF_ADMIN.length],
    ]);
    console.log(
      `subject.export killed once: exports asked for ${asked}, made ${before.length}, records ${records.map(({ n }) => n)}`,
    );
  });
});
