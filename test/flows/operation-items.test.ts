import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHASES, type Phase, STATUS_OF } from '../../domain/operations/phases.ts';
import { type Answer, type App, commonApp, type Person } from '../app.ts';
import { allPages, pick } from '../audit-rows.ts';
import { trailOf } from '../operation-records.ts';
import { operationsOf } from '../operations.ts';
import { roleOf } from '../roles.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let other: Person;
let operator: Person;
beforeAll(async () => {
  app = await commonApp();
  operations = operationsOf(app);
  [owner, other, operator] = await Promise.all([app.person('owner'), app.person('owner'), app.person('operator')]);
});
afterAll(() => app.stop());

const PATH = '/v1/admin/operations';
const said = ({ status, json }: Answer) => [status, json.code ?? json.phase];
const maintenance = (target: Record<string, unknown>) => ({
  type: 'services.maintenance',
  target,
  parameters: { maintenanceMode: true },
});
const done = async (as: Person, body: Record<string, unknown>) => {
  const asked = await operations.asked(as, body);
  expect(await operations.reached(asked.id)).toBe('completed');
  return asked;
};
const inMaintenance = async (ids: string[]): Promise<string[]> =>
  (
    await app.db.query('SELECT service_id FROM service_config WHERE service_id = ANY ($1) AND maintenance_mode', [ids])
  ).rows.map(({ service_id }) => service_id);

const services = async (count: number, on = 0): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => randomUUID());
  await app.db.query(
    `WITH s AS (INSERT INTO services (id, slug, name) SELECT id, 's-' || id, 'Test' FROM unnest($1::uuid[]) AS id RETURNING id)
     INSERT INTO service_config (id, service_id, maintenance_mode) SELECT gen_random_uuid(), id, id = ANY ($2) FROM s`,
    [ids, ids.slice(0, on)],
  );
  return ids;
};

describe('the items of an operation', () => {
  it('are all there before its start, and keep what each target was before and became', async () => {
    const [first = '', second = ''] = await services(2);
    const before = await Promise.all(
      [first, second].map(async (id) => (await app.call('GET', `/v1/admin/services/${id}/config`, { as: owner })).json),
    );
    const asked = await operations.asked(operator, {
      ...maintenance({ type: 'services', ids: [first, second] }),
      start: false,
    });
    const pending = await operations.items(operator, asked.id);
    const nothing = { outcome: 'pending', error: null, before: null, after: null, doneAt: null, undoOutcome: null };
    expect(pending).toHaveLength(2);
    for (const [seq, item] of pending.entries())
      expect(item).toMatchObject({ ...nothing, seq, kind: 'service_config', label: `s-${item.targetId}` });
    expect(await operations.items(operator, asked.id, '&outcome=pending')).toEqual(pending);
    expect(await inMaintenance([first, second])).toEqual([]);

    expect((await operations.start(operator, asked.id)).status).toBe(200);
    expect(await operations.reached(asked.id)).toBe('completed');
    // What happens to the targets later is not what the operation found or made.
    for (const id of [first, second]) await app.patch(operator, id, { maintenanceMode: false, rateLimitWindow: 5 });
    const items = await operations.items(operator, asked.id);
    expect(items.map(({ seq, targetId }: { seq: number; targetId: string }) => [seq, targetId])).toEqual(
      pending.map(({ seq, targetId }: { seq: number; targetId: string }) => [seq, targetId]),
    );
    for (const item of items) {
      const { id, serviceId, version, updatedAt, ...state } = before.find((each) => each.serviceId === item.targetId);
      expect(item).toMatchObject({ outcome: 'succeeded', error: null, before: state });
      expect(item.after).toEqual({ ...item.before, maintenanceMode: true });
      expect(Date.parse(item.doneAt)).toBeGreaterThanOrEqual(Date.parse(asked.createdAt));
    }
    expect(await trailOf(app, asked.id)).toEqual([
      'operation.request success',
      'operation.start success',
      'operation.complete success',
    ]);
  });

  it('can be paged through by outcome: 450 of them, none twice, none missing', async () => {
    const ids = await services(450, 40);
    const stubborn = ids.slice(100, 102);
    await app.db.query(
      `CREATE TRIGGER stubborn BEFORE UPDATE ON service_config FOR EACH ROW
       WHEN (OLD.service_id IN ('${stubborn.join("', '")}')) EXECUTE FUNCTION refuse_change()`,
    );
    const { id } = await operations.asked(operator, maintenance({ type: 'services', ids }));
    expect(await operations.reached(id)).toBe('incomplete');
    await app.db.query('DROP TRIGGER stubborn ON service_config');
    expect(await operations.read(operator, id)).toMatchObject({ itemsDone: 450, itemsSkipped: 40, itemsFailed: 2 });
    const wanted: [string | undefined, string[]][] = [
      [undefined, ids],
      ['succeeded', ids.slice(40).filter((each) => !stubborn.includes(each))],
      ['skipped', ids.slice(0, 40)],
      ['failed', stubborn],
      ['pending', []],
    ];
    let pages = 0;
    for (const limit of [33, 200])
      for (const [outcome, targets] of wanted) {
        const found = await allPages(app, operator, `${PATH}/${id}/items`, { limit, outcome });
        expect(found.items.map(({ targetId }) => targetId)).toEqual(targets.toSorted());
        if (outcome) expect(new Set(found.items.map((item) => item.outcome)).size).toBeLessThanOrEqual(1);
        expect(found.pages).toBe(Math.max(1, Math.ceil(targets.length / limit)));
        pages += found.pages;
      }
    for (const query of ['outcome=lost', 'limit=201', 'limit=0', 'cursor=x', 'offset=3'])
      expect([query, (await app.call('GET', `${PATH}/${id}/items?${query}`, { as: operator })).status]).toEqual([
        query,
        400,
      ]);
    console.log(`items: 450 by ${wanted.length} outcomes on ${pages} pages, none twice, none missing`);
  });
});

describe('who may do and see what', () => {
  let [a, b]: string[] = [];
  /** May do everything with operations and configurations of one service. */
  let local: Person;
  let localRole: string;
  beforeAll(async () => {
    [a, b] = await services(2);
    localRole = await roleOf(app, 'operations.execute', 'services.config.update');
    local = await app.person(localRole, a);
  });

  it('every service is every service of the caller’s', async () => {
    const { id, plan } = await done(local, maintenance({ type: 'every-service' }));
    expect(plan).toMatchObject({ itemsTotal: 1, sample: [{ id: a }] });
    expect(await inMaintenance([a as string, b as string])).toEqual([a]);
    await app.drained();
    const records = await app.auditOf(id);
    expect(records.map(({ action, outcome, service_id }) => [action, outcome, service_id])).toEqual([
      ['operation.request', 'success', a],
      ['operation.complete', 'success', a],
    ]);
  });

  it('another service is as absent as one that is not there', async () => {
    const nobody = randomUUID();
    const bare = ({ json }: Answer) => ({ ...json, requestId: '', instance: '' });
    let tried = 0;
    for (const path of [PATH, `${PATH}/plan`])
      for (const target of [
        (id: string) => ({ type: 'services', ids: [a, id] }),
        (id: string) => ({ type: 'service', id }),
      ]) {
        const ask = (id: string) => {
          const body = maintenance(target(id));
          return app.call('POST', path, { as: local, body: path === PATH ? { ...body, reason: 'because' } : body });
        };
        const [theirs, absent] = [await ask(b as string), await ask(nobody)];
        expect([404, 422]).toContain(theirs.status);
        expect(bare(theirs)).toEqual(bare(absent));
        tried++;
      }
    // What only holds everywhere, and what they hold no permission for.
    const others = [
      { type: 'sessions.revoke', target: { type: 'everyone' } },
      { type: 'features.toggle', target: { type: 'features', items: [{ serviceId: a, code: 'x', isActive: true }] } },
    ];
    const answers = [];
    for (const body of others) answers.push(said(await operations.post(local, body)));
    expect(answers).toEqual([
      [404, 'not_found'],
      [403, 'forbidden'],
    ]);
    console.log(`operations about another one’s service: tried ${tried}, told apart from an absent one 0`);
  });

  it('one sees one’s own operations and those about one’s services only', async () => {
    const plan = (as: Person, body: Record<string, unknown>) => operations.asked(as, { ...body, start: false });
    const mine = await plan(local, maintenance({ type: 'service', id: a }));
    const aboutA = await plan(operator, maintenance({ type: 'service', id: a }));
    const aboutB = await plan(operator, maintenance({ type: 'service', id: b }));
    const aboutBoth = await plan(operator, maintenance({ type: 'services', ids: [a, b] }));
    const aboutAll = await plan(owner, { type: 'sessions.revoke', target: { type: 'everyone' } });
    for (const { id } of [mine, aboutA]) {
      expect((await app.call('GET', `${PATH}/${id}`, { as: local })).status).toBe(200);
      expect((await app.call('GET', `${PATH}/${id}/items`, { as: local })).status).toBe(200);
    }
    for (const { id } of [aboutB, aboutBoth, aboutAll]) {
      for (const path of [`${PATH}/${id}`, `${PATH}/${id}/items`, `${PATH}/${id}/events`])
        expect([path, said(await app.call('GET', path, { as: local }))]).toEqual([path, [404, 'not_found']]);
      for (const verb of ['start', 'cancel'])
        expect(said(await operations.call(local, verb, id, verb === 'start' ? {} : undefined))).toEqual([
          404,
          'not_found',
        ]);
      const trail = await trailOf(app, id);
      expect(trail[0]).toBe('operation.request success');
      expect(trail.slice(-2)).toEqual(['operation.start denied', 'operation.cancel denied']);
      expect(trail).toContain('operation.read denied');
      expect(trail.filter((each) => each.endsWith('success'))).toHaveLength(1);
    }
    const { items } = await allPages(app, local, PATH, { limit: 200 });
    const ids = items.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([mine.id, aboutA.id]));
    for (const { id } of [aboutB, aboutBoth, aboutAll]) expect(ids).not.toContain(id);
    // Their own stays theirs to see after the grant is gone.
    await app.db.query('UPDATE grants SET service_id = $2 WHERE admin_id = $1', [local.id, b]);
    expect((await operations.read(local, mine.id)).id).toBe(mine.id);
    expect((await app.call('GET', `${PATH}/${aboutA.id}`, { as: local })).status).toBe(404);
    await app.db.query('UPDATE grants SET service_id = $2 WHERE admin_id = $1', [local.id, a]);
  });

  it('states are shown to whoever holds the permission on what they are about', async () => {
    const [c = ''] = await services(1);
    const asked = await done(operator, maintenance({ type: 'service', id: c }));
    const statesFor = async (...permissions: string[]) => {
      const [item] = await operations.items(await app.person(await roleOf(app, ...permissions), c), asked.id);
      return [item.outcome, item.label, item.before?.maintenanceMode ?? null, item.after?.maintenanceMode ?? null];
    };
    const label = `s-${c}`;
    expect(await statesFor('operations.execute')).toEqual(['succeeded', label, null, null]);
    expect(await statesFor('operations.approve')).toEqual(['succeeded', label, null, null]);
    expect(await statesFor('operations.approve', 'services.view')).toEqual(['succeeded', label, null, null]);
    expect(await statesFor('operations.approve', 'services.config.update')).toEqual(['succeeded', label, false, true]);
  });
});

describe('the list of operations', () => {
  const TYPES = ['services.maintenance', 'services.config.apply', 'admins.lock', 'sessions.revoke'] as const;
  interface Row {
    id: string;
    type: string;
    parameters: object;
    phase: Phase;
    actor_admin_id: string;
    break_glass_by: string | null;
    reviewed: boolean;
    late: boolean;
    decided: boolean;
  }

  /**
   * 120 operations of two people, newest first, as if planned long ago. Moved in the future: nobody works on them, and were they taken
   * for stuck, the next file's operations would wait for their locks for ever.
   */
  async function fill(people: Person[]): Promise<Row[]> {
    const [service] = await services(1);
    const { id: template } = await operations.asked(operator, {
      ...maintenance({ type: 'service', id: service }),
      start: false,
    });
    const newest = Date.now() - 1_000_000;
    const rows = Array.from(
      { length: 120 },
      (_, n): Row => ({
        id: v7({ msecs: newest - n * 7 }),
        type: pick(TYPES),
        parameters: { patch: { rateLimitWindow: 1 } },
        phase: n < 30 ? 'awaiting_approval' : pick(PHASES),
        actor_admin_id: pick(people).id,
        break_glass_by: n % 3 === 0 ? operator.id : null,
        reviewed: n % 2 === 0,
        late: n % 5 === 0,
        decided: n % 7 === 0,
      }),
    );
    await app.db.query(
      `INSERT INTO admin_operations SELECT (jsonb_populate_record(o, r || jsonb_build_object('status', s.status, 'progress_at', now() + interval '1 day', 'approve_by',
         now() + CASE WHEN (r->>'late')::boolean THEN -1 ELSE 1 END * interval '1 hour',
         'reviewed_at', CASE WHEN (r->>'reviewed')::boolean THEN now() END))).*
       FROM admin_operations o CROSS JOIN jsonb_array_elements($2::jsonb) AS r
         JOIN jsonb_each_text($3::jsonb) AS s (phase, status) ON s.phase = r->>'phase' WHERE o.id = $1`,
      [template, JSON.stringify(rows), JSON.stringify(STATUS_OF)],
    );
    await app.db.query(
      `INSERT INTO admin_operation_approvals (operation_id, admin_id, decision, plan_hash, reason)
       SELECT id::uuid, $2, 'approve', '', '' FROM unnest($1::text[]) AS id`,
      [rows.filter(({ decided }) => decided).map(({ id }) => id), owner.id],
    );
    return rows;
  }

  it('gives every page of every filter, newest first: none twice, none missing', async () => {
    const people = [await app.person('operator'), await app.person('operator')] as const;
    const rows = await fill([...people]);
    const known = new Set(rows.map(({ id }) => id));
    const forOwner = (each: Row) => each.phase === 'awaiting_approval' && !each.late && !each.decided;
    const filters: [Record<string, string>, (each: Row) => boolean][] = [
      [{}, () => true],
      ...people.map(({ id }): (typeof filters)[number] => [
        { actorId: id.toUpperCase() },
        (each) => each.actor_admin_id === id,
      ]),
      ...TYPES.map((type): (typeof filters)[number] => [{ type }, (each) => each.type === type]),
      ...PHASES.map((phase): (typeof filters)[number] => [{ phase }, (each) => each.phase === phase]),
      ...['pending', 'running', 'completed', 'failed'].map((status): (typeof filters)[number] => [
        { status },
        (each) => STATUS_OF[each.phase] === status,
      ]),
      [{ forMe: 'true' }, forOwner],
      [{ toReview: 'true' }, (each) => each.break_glass_by !== null && !each.reviewed],
      [
        { actorId: people[0].id, type: TYPES[1], status: 'pending', forMe: 'true' },
        (each) => each.actor_admin_id === people[0].id && each.type === TYPES[1] && forOwner(each),
      ],
    ];
    let pages = 0;
    for (const [query, isMeant] of filters) {
      const found = await allPages(app, owner, PATH, { limit: 7, ...query });
      const ids = found.items.map(({ id }) => id).filter((id) => known.has(id));
      expect([query, ids]).toEqual([query, rows.filter(isMeant).map(({ id }) => id)]);
      pages += found.pages;
    }
    // Nobody waits for the word of whoever has none to give, nor for one's own.
    for (const person of [people[0], operator])
      expect((await app.call('GET', `${PATH}?forMe=true`, { as: person })).json.items).toEqual([]);
    console.log(`list: 120 operations by ${filters.length} filters on ${pages} pages, none twice, none missing`);
  });

  it('is not disturbed by what comes while it is read', async () => {
    const before = await allPages(app, owner, PATH, { limit: 200 });
    const [service] = await services(1);
    const during = await allPages(app, owner, PATH, { limit: 50 }, async () => {
      await operations.asked(operator, { ...maintenance({ type: 'service', id: service }), start: false });
    });
    expect(during.pages).toBeGreaterThan(2);
    expect(during.items.map(({ id }) => id)).toEqual(before.items.map(({ id }) => id));
    const after = await allPages(app, owner, PATH, { limit: 200 });
    expect(after.items.length - before.items.length).toBe(during.pages - 1);
  });

  it('refuses what it does not know', async () => {
    for (const query of [
      'phase=lost',
      'status=done',
      'type=x',
      'forMe=false',
      'limit=201',
      'cursor=x',
      'page=2',
      'actorId=me',
    ])
      expect([query, (await app.call('GET', `${PATH}?${query}`, { as: owner })).status]).toEqual([query, 400]);
    expect(said(await app.call('GET', PATH, { as: await app.person(null) }))).toEqual([404, 'not_found']);
    expect((await app.call('GET', PATH, { as: await app.person('viewer') })).json.items).toEqual([]);
    expect(said(await operations.approve(other, { id: randomUUID(), plan: { hash: '0'.repeat(64) } }))).toEqual([
      404,
      'not_found',
    ]);
  });
});
