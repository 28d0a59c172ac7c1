import { createHash, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type App, type Person, startApp } from '../app.ts';
import { queued } from '../broker.ts';
import { trailOf } from '../operation-records.ts';
import { operationsOf } from '../operations.ts';
import { roleOf } from '../roles.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let other: Person;
let operator: Person;
beforeAll(async () => {
  app = await startApp({ OPERATION_BATCH_ITEMS: '2' });
  operations = operationsOf(app);
  [owner, other, operator] = await Promise.all([app.person('owner'), app.person('owner'), app.person('operator')]);
  // Whoever is seen for the first time has their session listed.
  for (const as of [owner, other, operator]) await app.call('GET', '/v1/admin/me', { as });
});
beforeEach(() => app.postgres.decide(() => 'none'));
afterAll(() => app.stop());

type Body = Record<string, unknown>;
const plan = (as: Person, body: Body) => app.call('POST', '/v1/admin/operations/plan', { as, body });
const said = ({ status, json }: Answer) => [status, json.code];
const maintenance = (ids: string[]) => ({
  type: 'services.maintenance',
  target: { type: 'services', ids },
  parameters: { maintenanceMode: true },
});
const revoke = (target: Body, parameters: Body = {}) => ({ type: 'sessions.revoke', target, parameters });
const toggle = (...items: Body[]) => ({ type: 'features.toggle', target: { type: 'features', items } });

const feature = async (serviceId: string, code: string) => {
  const body = { code, name: code, isActive: false };
  const made = await app.call('POST', `/v1/admin/services/${serviceId}/features`, { as: owner, body });
  expect(made.status).toBe(201);
  return { serviceId, code, id: made.json.id as string, isActive: true };
};
const named = ({ serviceId, code, isActive }: Awaited<ReturnType<typeof feature>>) => ({ serviceId, code, isActive });

/** One of each selection there is. */
async function everyPlan(): Promise<Body[]> {
  const services = [await app.service(), await app.service()];
  const victim = await app.person('viewer', services[0]);
  await app.call('GET', '/v1/admin/me', { as: victim });
  await app.db.query(
    `INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent) SELECT unnest($1::text[]), $2, '192.0.2.0', 'x'`,
    [Array.from({ length: 12 }, () => randomUUID()), victim.id],
  );
  const { rows } = await app.db.query(`SELECT id FROM roles WHERE name = 'viewer'`);
  return [
    maintenance(services),
    { ...maintenance([]), target: { type: 'service', id: services[1] } },
    {
      ...maintenance([]),
      target: { type: 'every-service' },
      parameters: { maintenanceMode: true, message: 'Grüße\n"!"' },
    },
    {
      type: 'services.config.apply',
      target: { type: 'services', ids: services },
      parameters: { patch: { rateLimitWindow: 30, ipWhitelist: ['192.0.2.0/24'] } },
    },
    toggle(named(await feature(services[0] as string, 'one')), named(await feature(services[1] as string, 'two'))),
    { type: 'admins.lock', target: { type: 'admins', ids: [victim.id, operator.id] } },
    revoke({ type: 'admin', id: victim.id }),
    revoke({ type: 'role', id: rows[0].id }),
    revoke({ type: 'service', id: services[0] }),
    revoke({ type: 'everyone' }),
    revoke({ type: 'sessions', ids: [victim.sessionId, operator.sessionId] }),
  ];
}

const countsOf = async (): Promise<Record<string, number>> => {
  const { rows: tables } = await app.db.query(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const each = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS n FROM "${name}"`);
  const { rows } = await app.db.query(each.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
};

describe('a plan that is only asked for', () => {
  it('writes nothing but its record, and is the plan of the operation asked for afterwards', async () => {
    const all = await everyPlan();
    const hashes = new Set<string>();
    for (const body of all) {
      const before = await countsOf();
      const { status, json } = await plan(owner, body);
      expect([body.type, status]).toEqual([body.type, 200]);
      expect(await countsOf()).toEqual({ ...before, audit_outbox: (before.audit_outbox ?? 0) + 1 });
      const asked = await operations.asked(owner, { ...body, start: false });
      expect(asked.plan).toEqual(json);
      expect(json.itemsTotal).toBe(Object.values<number>(json.kinds).reduce((sum, n) => sum + n, 0));
      hashes.add(json.hash);
    }
    expect(hashes.size).toBe(all.length);
    await app.drained();
    const records = await app.analytics<Record<string, string>>(
      `SELECT * FROM audit_db.admin_audit_logs WHERE actor_id = '${owner.id}' AND action = 'operation.plan' ORDER BY timestamp, id`,
    );
    expect(
      records.map(({ resource, outcome, after_state }) => [resource, outcome, JSON.parse(after_state ?? '').type]),
    ).toEqual(all.map(({ type }) => ['operation', 'success', type]));
    expect(new Set(records.map(({ after_state }) => JSON.parse(after_state ?? '').planHash))).toEqual(hashes);
    console.log(`plans: tried ${all.length} kinds of target, each wrote 1 record and nothing else`);
  });

  it('is refused, and recorded, where the operation would be', async () => {
    const [viewer, service] = [await app.person('viewer'), await app.service()];
    const lock = { type: 'admins.lock', target: { type: 'admin', id: viewer.id } };
    for (const [as, body, permission] of [
      [viewer, maintenance([service]), 'operations.execute'],
      [operator, lock, 'admins.manage'],
    ] as const)
      for (const answer of [await plan(as, body), await operations.post(as, body)]) {
        expect(said(answer)).toEqual([403, 'forbidden']);
        expect(answer.json.detail).toContain(permission);
      }
    await app.drained();
    const records = await app.analytics<Record<string, string>>(
      `SELECT action, resource, outcome FROM audit_db.admin_audit_logs WHERE actor_id IN ('${viewer.id}', '${operator.id}')
       AND action IN ('operation.plan', 'operation.request') AND outcome = 'denied'`,
    );
    expect(records.map(({ action, resource }) => `${action} ${resource}`).toSorted()).toEqual([
      ...Array(2).fill('operation.plan operation'),
      ...Array(2).fill('operation.request operation'),
    ]);
  });
});

describe('the hash of a plan', () => {
  /** As Postgres writes jsonb: keys by length, then by bytes; a space after each colon and comma. */
  const jsonb = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(jsonb).join(', ')}]`;
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    const size = (key: string) => Buffer.byteLength(key);
    const entries = Object.entries(value).toSorted(
      ([a], [b]) => size(a) - size(b) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}: ${jsonb(each)}`).join(', ')}}`;
  };

  const VERSION: Record<string, string> = {
    service_config: 'SELECT version FROM service_config WHERE service_id::text = $1',
    service_feature: 'SELECT version FROM service_features WHERE id::text = $1',
    admin: 'SELECT version FROM admins WHERE id::text = $1',
  };
  const versionOf = async (kind: string, id: string): Promise<string> =>
    VERSION[kind] ? String((await app.db.query(VERSION[kind], [id])).rows[0].version) : '';

  it('is of type, target, parameters and every target, and of nothing else', async () => {
    let [tried, grouped] = [0, 0];
    for (const body of await everyPlan()) {
      const asked = await operations.asked(owner, { ...body, start: false });
      const { ids, items: named, ...target } = body.target as { type: string; ids?: unknown; items?: Body[] };
      const ask = {
        ...target,
        ...('id' in target ? { [`${target.type}Id`]: target.id } : {}),
        ...('exceptMe' in asked.parameters ? { exceptMe: asked.parameters.exceptMe } : {}),
      };
      const parts = [[body.type, jsonb(ask), jsonb(asked.parameters)]];
      const items = await operations.items(owner, asked.id);
      expect(items).toHaveLength(asked.plan.itemsTotal);
      let last = '';
      for (const { kind, targetId, label } of items) {
        const args = named ? [jsonb({ isActive: true })] : [];
        const line = [kind, targetId, await versionOf(kind, targetId), ...args].join('\t');
        // Sessions that are not named one by one are one part an admin, but for the caller's own.
        const part = kind === 'session' && ids === undefined && targetId !== owner.sessionId ? label : targetId;
        if (part === last) parts.at(-1)?.push(line);
        else parts.push([line]);
        last = part;
      }
      const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
      const hash = sha256(Buffer.concat(parts.map((lines) => sha256(lines.join('\n'))))).toString('hex');
      expect([body.type, hash]).toEqual([body.type, asked.plan.hash]);
      grouped += parts.filter(({ length }) => length > 3).length;
      tried++;
    }
    expect(grouped).toBeGreaterThan(3);
    console.log(`plans: ${tried} hashes worked out from what the API shows, equal to the plans’`);
  });

  it('is another one after a target has changed', async () => {
    const services = [await app.service(), await app.service()];
    const before = (await plan(operator, maintenance(services))).json.hash;
    expect((await plan(other, maintenance(services.toReversed()))).json.hash).toBe(before);
    await app.patch(operator, services[1] as string, { rateLimitWindow: 44 });
    expect((await plan(operator, maintenance(services))).json.hash).not.toBe(before);
  });
});

describe('what is named', () => {
  const operationsThere = async () => (await app.db.query('SELECT count(*)::int AS n FROM admin_operations')).rows[0].n;

  it('and is not there is named back, one by one, and nothing is planned', async () => {
    const [service, victim, nobody] = [await app.service(), await app.person('viewer'), randomUUID()];
    const here = named(await feature(service, 'here'));
    const tries: [Body, string[]][] = [
      [maintenance([service, nobody, service, randomUUID()]), ['target.ids.1', 'target.ids.3']],
      [
        toggle(here, { ...here, code: 'there' }, { ...here, serviceId: nobody }, { ...here, code: 'HERE' }),
        ['target.items.1', 'target.items.2', 'target.items.3'],
      ],
      [{ type: 'admins.lock', target: { type: 'admins', ids: [nobody, victim.id] } }, ['target.ids.0']],
      [revoke({ type: 'sessions', ids: [owner.sessionId, 'nobody’s'] }), ['target.ids.1']],
    ];
    const before = await operationsThere();
    for (const [body, fields] of tries)
      for (const answer of [await plan(owner, body), await operations.post(owner, body)]) {
        expect([body.type, ...said(answer)]).toEqual([body.type, 422, 'invalid_field']);
        expect(answer.json.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
      }
    // The one thing a request is about is absent, as it is in a path.
    const ones = [
      { ...maintenance([]), target: { type: 'service', id: nobody } },
      { type: 'admins.lock', target: { type: 'admin', id: nobody } },
      revoke({ type: 'admin', id: nobody }),
    ];
    for (const body of ones)
      for (const answer of [await plan(owner, body), await operations.post(owner, body)])
        expect([body.type, ...said(answer)]).toEqual([body.type, 404, 'not_found']);
    expect(await operationsThere()).toBe(before);
    const { rows: dryRuns } = await app.db.query(
      `SELECT outcome FROM audit_outbox WHERE action = 'operation.plan' ORDER BY id DESC LIMIT $1`,
      [tries.length + ones.length],
    );
    expect(new Set(dryRuns.map(({ outcome }) => outcome))).toEqual(new Set(['failure']));
    console.log(
      `plans: ${tries.length + ones.length} requests that name what is not there, each answered with its place`,
    );
  });

  it('twice counts once, and the plan says so', async () => {
    const [service, victim] = [await app.service(), await app.person('viewer')];
    await app.call('GET', '/v1/admin/me', { as: victim });
    const tries: Body[] = [
      maintenance([service, service, service]),
      { type: 'admins.lock', target: { type: 'admins', ids: [victim.id, victim.id.toUpperCase(), victim.id] } },
      revoke({ type: 'sessions', ids: Array(3).fill(victim.sessionId) }),
    ];
    for (const body of tries) {
      const { json } = await plan(owner, body);
      expect([body.type, json.itemsTotal, json.warnings]).toEqual([
        body.type,
        1,
        expect.arrayContaining(['2 of what is named is named twice; it counts once.']),
      ]);
      expect((await operations.asked(owner, { ...body, start: false })).plan).toEqual(json);
    }
  });

  it('with what it is to become is named once', async () => {
    const once = named(await feature(await app.service(), 'once'));
    for (const body of [toggle(once, { ...once, isActive: false }), toggle(once, once)])
      for (const answer of [await plan(owner, body), await operations.post(owner, body)]) {
        expect(said(answer)).toEqual([422, 'invalid_field']);
        expect(answer.json.errors).toEqual([{ field: 'target.items', reason: 'must name each feature once' }]);
      }
  });

  it('and cannot be read is refused with its field', async () => {
    const [id, reason] = [await app.service(), 'because'];
    const tries: [Body, string][] = [
      [{ ...maintenance([id]), target: { type: 'services', ids: [] } }, 'target.ids'],
      [{ ...maintenance([id]), target: { type: 'services', ids: ['x'] } }, 'target.ids.0'],
      [{ ...maintenance([id]), target: { type: 'everyone' } }, 'target.type'],
      [{ ...maintenance([id]), target: { type: 'service', id, more: 1 } }, 'target.more'],
      [{ ...maintenance([id]), parameters: {} }, 'parameters.maintenanceMode'],
      [{ ...maintenance([id]), parameters: { maintenanceMode: true, loud: 1 } }, 'parameters.loud'],
      [{ ...maintenance([id]), type: 'services.explode' }, 'type'],
    ];
    for (const [body, field] of tries)
      for (const answer of [await plan(owner, body), await operations.post(owner, { ...body, reason })]) {
        expect([field, ...said(answer)]).toEqual([field, 422, 'invalid_field']);
        expect(answer.json.errors.map((each: { field: string }) => each.field)).toContain(field);
      }
    const silent = await operations.post(owner, { ...maintenance([id]), reason: '' });
    expect([...said(silent), silent.json.errors[0].field]).toEqual([422, 'invalid_field', 'reason']);
  });
});

describe('oneself', () => {
  const OWN = 'The session you are using now is among them.';
  const SELF = 'You are among those who are signed out.';

  it('and one’s own session are warned of', async () => {
    const both = (await plan(owner, revoke({ type: 'admin', id: owner.id }))).json;
    expect(both.warnings).toEqual(expect.arrayContaining([SELF, OWN]));
    expect(both.sample.map(({ flag }: { flag: string }) => flag)).toEqual(
      expect.arrayContaining(['self', 'own_session']),
    );
    const listed = (await plan(owner, revoke({ type: 'sessions', ids: [owner.sessionId, other.sessionId] }))).json;
    expect([listed.warnings.includes(OWN), listed.warnings.includes(SELF)]).toEqual([true, false]);
    const others = (await plan(owner, revoke({ type: 'admin', id: other.id }))).json;
    expect([others.warnings.includes(OWN), others.warnings.includes(SELF)]).toEqual([false, false]);
  });

  it('is left out of everyone but me, and of everyone only when asked to', async () => {
    const mine = [owner.id, owner.sessionId];
    for (const target of [{ type: 'everyone' }, { type: 'role', id: '01900000-0000-7000-8000-000000000001' }]) {
      const without = await operations.asked(owner, revoke(target));
      const withMe = await operations.asked(owner, revoke(target, { exceptMe: false }));
      const idsOf = async (id: string) =>
        (await operations.items(owner, id)).map(({ targetId }: { targetId: string }) => targetId);
      const [some, all] = [await idsOf(without.id), await idsOf(withMe.id)];
      expect(some).toEqual(expect.arrayContaining([other.id, other.sessionId]));
      expect(all.filter((each: string) => !some.includes(each)).toSorted()).toEqual(mine.toSorted());
      expect([without.plan.warnings.includes(SELF), withMe.plan.warnings.includes(SELF)]).toEqual([false, true]);
    }
  });

  it('cannot be locked: there is no such plan and no operation', async () => {
    const { rows: before } = await app.db.query('SELECT count(*)::int AS n FROM admin_operations');
    for (const target of [
      { type: 'admin', id: owner.id },
      { type: 'admins', ids: [(await app.person('viewer')).id, owner.id] },
    ])
      for (const answer of [
        await plan(owner, { type: 'admins.lock', target }),
        await operations.post(owner, { type: 'admins.lock', target }),
      ])
        expect(said(answer)).toEqual([409, 'would_lock_out']);
    const { rows: after } = await app.db.query('SELECT count(*)::int AS n FROM admin_operations');
    expect(after).toEqual(before);
  });
});

describe('a plan without a target', () => {
  it('may be looked at and is no operation', async () => {
    const { rows } = await app.db.query('SELECT id FROM roles WHERE name = $1', [await roleOf(app, 'services.view')]);
    const body = revoke({ type: 'role', id: rows[0].id });
    expect((await plan(owner, body)).json).toMatchObject({ hash: null, itemsTotal: 0, kinds: {}, sample: [] });
    const answer = await operations.post(owner, body);
    expect([...said(answer), answer.json.errors]).toEqual([
      422,
      'invalid_field',
      [{ field: 'target', reason: 'finds nothing' }],
    ]);
  });
});

describe('the last active owner', () => {
  afterEach(() => app.db.query(`UPDATE admins SET status = 'active'`));
  const OWNERS = `SELECT a.id, a.status FROM admins a JOIN grants g ON g.admin_id = a.id JOIN roles r ON r.id = g.role_id
    WHERE r.name = 'owner' AND g.service_id IS NULL ORDER BY a.email`;
  const owners = async (): Promise<{ id: string; status: string }[]> => (await app.db.query(OWNERS)).rows;

  const activeOnes = async () => (await owners()).filter(({ status }) => status === 'active').map(({ id }) => id);

  it('stays unlocked and is reported, whether the owners are in one batch or in several', async () => {
    const third = await app.person('owner');
    const keeper = await app.person(await roleOf(app, 'operations.execute', 'admins.manage'));
    const approver = await app.person(await roleOf(app, 'operations.approve'));
    const lockAll = async (ids: string[]) => {
      const asked = await operations.asked(keeper, { type: 'admins.lock', target: { type: 'admins', ids } });
      expect((await operations.approve(approver, asked)).status).toBe(200);
      expect((await operations.start(keeper, asked.id)).status).toBe(200);
      expect(await operations.reached(asked.id)).toBe('incomplete');
      const failed = await operations.items(keeper, asked.id, '&outcome=failed');
      for (const { error } of failed) expect(error).toBe('No active owner would be left.');
      expect((await trailOf(app, asked.id)).at(-1)).toBe('operation.complete failure');
      return { id: asked.id as string, failed: failed.map(({ targetId }: { targetId: string }) => targetId) };
    };
    // Whoever else is an owner here takes no part.
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id <> ALL ($1)`, [
      [owner.id, other.id, third.id, keeper.id, approver.id],
    ]);
    const all = (await owners()).filter(({ status }) => status === 'active');
    expect(all.map(({ status }) => status)).toEqual(Array(3).fill('active'));

    // Batches are of two: the third owner is alone in the second one.
    const three = await lockAll(all.map(({ id }) => id));
    expect(three.failed).toEqual([all[2]?.id]);
    expect(await activeOnes()).toEqual([all[2]?.id]);
    expect((await operations.call(keeper, 'undo', three.id)).status).toBe(200);
    expect(await operations.reached(three.id, ['undone'])).toBe('undone');
    expect(await activeOnes()).toEqual(all.map(({ id }) => id));

    // Two owners in one batch, and no other one.
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [all[2]?.id]);
    const two = await lockAll(all.slice(0, 2).map(({ id }) => id));
    const left = await activeOnes();
    expect(left).not.toEqual([]);
    expect(two.failed.toSorted()).toEqual(left.toSorted());
  });
});

describe('the targets of a plan', () => {
  it('are those that were there when it was made', async () => {
    const before = [await app.service(), await app.service()];
    const asked = await operations.asked(operator, {
      type: 'services.maintenance',
      target: { type: 'every-service' },
      parameters: { maintenanceMode: true, message: 'frozen' },
      start: false,
    });
    const later = await app.service();
    expect((await operations.start(operator, asked.id)).status).toBe(200);
    expect(await operations.reached(asked.id)).toBe('completed');
    const { rows } = await app.db.query(`SELECT service_id FROM service_config WHERE maintenance_message = 'frozen'`);
    const touched = rows.map(({ service_id }) => service_id);
    expect(touched).toHaveLength(asked.plan.itemsTotal);
    expect(touched).toEqual(expect.arrayContaining(before));
    expect(touched).not.toContain(later);
  });

  it('that are gone by then are reported, and the others are done', async () => {
    const service = await app.service();
    const features = [await feature(service, 'a'), await feature(service, 'b'), await feature(service, 'c')];
    // Whoever takes it up meets a database that is away.
    app.postgres.decide(({ body }) => (body.includes('SELECT o.locks, o.type') ? 'refuse' : 'none'));
    const asked = await operations.asked(operator, toggle(...features.map(named)));
    const path = `/v1/admin/services/${service}/features/${features[1]?.id}`;
    expect((await app.call('DELETE', path, { as: owner })).status).toBe(200);
    expect(await operations.phaseOf(asked.id)).toBe('queued');
    app.postgres.decide(() => 'none');
    await app.broker.deliver([queued({ v: 1, kind: 'operation.run', operationId: asked.id })], { queue: 'operations' });
    expect(await operations.read(operator, asked.id)).toMatchObject({
      phase: 'incomplete',
      itemsDone: 3,
      itemsFailed: 1,
      failureReason: '1 of 3 items failed.',
    });
    const items = await operations.items(operator, asked.id);
    expect(items.map((each: Record<string, string>) => [each.targetId, each.outcome, each.error])).toEqual([
      [features[0]?.id, 'succeeded', null],
      [features[1]?.id, 'failed', 'It does not exist any more.'],
      [features[2]?.id, 'succeeded', null],
    ]);
    expect(await trailOf(app, asked.id)).toEqual(['operation.request success', 'operation.complete failure']);
  });
});

describe('Idempotency-Key of a request', () => {
  it('is one operation and one answer, also for 20 at once', async () => {
    const [service, key] = [await app.service(), { 'Idempotency-Key': `k-${randomUUID()}` }];
    const body = { ...maintenance([service]), start: false };
    const answers = await Promise.all(Array.from({ length: 20 }, () => operations.post(operator, body, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { id } = answers[0]?.json ?? {};
    expect(answers[0]?.headers.get('location')).toBe(`/v1/admin/operations/${id}`);
    for (const changed of [
      { ...body, reason: 'for fun' },
      { ...body, start: true },
      maintenance([await app.service()]),
    ])
      expect(said(await operations.post(operator, changed, key))).toEqual([422, 'idempotency_key_reused']);
    const others = [await operations.post(owner, body, key), await operations.post(operator, body)];
    expect(new Set([id, ...others.map(({ json }) => json.id)]).size).toBe(3);
    expect(await trailOf(app, id)).toEqual(['operation.request success']);
    console.log('Idempotency-Key of a request: 20 at once, 1 operation');
  });

  it('gives the first answer again, whatever has become of the operation', async () => {
    const [service, key] = [await app.service(), { 'Idempotency-Key': `k-${randomUUID()}` }];
    const first = await operations.post(operator, maintenance([service]), key);
    expect(await operations.reached(first.json.id)).toBe('completed');
    const again = await operations.post(operator, maintenance([service]), key);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(await trailOf(app, first.json.id)).toEqual(['operation.request success', 'operation.complete success']);
  });
});
