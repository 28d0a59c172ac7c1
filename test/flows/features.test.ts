import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type App, commonApp, type Person } from '../app.ts';
import { random } from '../random.ts';

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await commonApp();
  operator = await app.person('service-manager');
});
afterAll(() => app.stop());

interface Feature {
  id: string;
  parentId: string | null;
  code: string;
  depth: number;
  effective: boolean;
}

const pathOf = (service: string) => `/v1/admin/services/${service}/features`;

const add = (service: string, body: object, headers: Record<string, string> = {}, as = operator) =>
  app.call('POST', pathOf(service), { as, body: { name: 'A feature', ...body }, headers });

const patch = (service: string, id: string, body: object, headers: Record<string, string> = {}, as = operator) =>
  app.call('PATCH', `${pathOf(service)}/${id}`, { as, body, headers });

const remove = (service: string, id: string, query = '', headers: Record<string, string> = {}) =>
  app.call('DELETE', `${pathOf(service)}/${id}${query}`, { as: operator, headers });

const treeOf = async (service: string): Promise<Feature[]> =>
  (await app.call('GET', pathOf(service), { as: operator })).json.items;

const records = async (service: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE service_id = $1 ORDER BY id', [service])).rows;

/** A path of so many features, each below the one before it: their ids. */
async function chain(service: string, length: number, name: string, parentId: string | null = null): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 1; n <= length; n++) {
    const made: Answer = await add(service, { code: `${name}${n}`, parentId: ids.at(-1) ?? parentId });
    if (made.status !== 201) throw new Error(made.text);
    ids.push(made.json.id);
  }
  return ids;
}

const told = ({ status, json }: Answer) => [status, json.code, json.detail];

describe('features.happy', () => {
  it('adds, changes and removes one, each with its record', async () => {
    const service = await app.service();
    const made = await add(service, { code: 'checkout', name: 'Checkout' }, { 'Audit-Reason': 'launch' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const state = {
      parentId: null,
      name: 'Checkout',
      code: 'checkout',
      description: null,
      category: null,
      isActive: true,
      isDefault: false,
      displayOrder: 0,
    };
    expect(made.json).toMatchObject({ ...state, serviceId: service, createdBy: operator.id, version: 1 });
    const { id } = made.json;
    const body = { description: 'Pay', category: 'shop', isDefault: true, displayOrder: -3 };
    const changed = await patch(service, id, body, { 'If-Match': '"1"' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect(changed.json).toMatchObject({ ...state, ...body });
    expect((await patch(service, id, { isDefault: true })).json.version).toBe(2);
    expect((await patch(service, id, { name: 'x' }, { 'If-Match': '"1"' })).status).toBe(412);
    expect((await remove(service, id, '', { 'If-Match': '"1"' })).status).toBe(412);
    const gone = await remove(service, id.toUpperCase());
    expect([gone.status, gone.json]).toEqual([200, { deleted: 1 }]);
    expect((await remove(service, id)).status).toBe(404);
    expect((await records(service)).map((r) => [r.action, r.resource_id, r.before_state, r.after_state])).toEqual([
      ['service.feature.create', id, null, state],
      ['service.feature.update', id, state, { ...state, ...body }],
      ['service.feature.delete', id, { ...state, ...body }, null],
    ]);
  });

  it('answers the tree in order, with depth and what counts after all', async () => {
    const service = await app.service();
    const [a = '', b = ''] = await chain(service, 3, 'a');
    await add(service, { code: 'z', displayOrder: -1 });
    await add(service, { code: 'b' });
    await add(service, { code: 'a0', parentId: a, displayOrder: 1 });
    await patch(service, b, { isActive: false });
    const { json } = await app.call('GET', pathOf(service), { as: operator });
    expect(json.nextCursor).toBeNull();
    expect(json.items.map((f: Feature) => [f.code, f.depth, f.effective])).toEqual([
      ['z', 1, true],
      ['a1', 1, true],
      ['a2', 2, false],
      ['a3', 3, false],
      ['a0', 2, true],
      ['b', 1, true],
    ]);
    expect((await app.call('GET', `${pathOf(service)}?limit=5`, { as: operator })).json.code).toBe('unknown_parameter');
  });

  it('answers the same of a feature in the tree as alone, whatever its times are', async () => {
    const service = await app.service();
    const ids = await chain(service, 4, 'a');
    const times = [
      '2026-01-31T12:00:00.000Z',
      '2026-01-31T12:00:00.500Z',
      '2026-02-01T00:00:10.120Z',
      '1999-12-31T23:59:59.999Z',
    ];
    await app.db.query(
      'UPDATE service_features f SET created_at = t.time, updated_at = t.time FROM unnest($1::uuid[], $2::timestamptz[]) AS t (id, time) WHERE f.id = t.id',
      [ids, times],
    );
    const tree = (await app.call('GET', pathOf(service), { as: operator })).json.items;
    for (const [i, id] of ids.entries()) {
      const alone = (await patch(service, id, {})).json;
      expect(alone.createdAt).toBe(times[i]);
      expect(tree[i]).toEqual({ ...alone, depth: i + 1, effective: true });
    }
  });

  it('answers 1,000 features in one round trip', async () => {
    const service = await app.service();
    await grow(service, 1000);
    await treeOf(service);
    // What is asked after the answer, for the API log, is no trip of the answer.
    const ownTrip = (body: string) => body.includes('service_features') && !body.includes('testerUsers');
    let tree: Awaited<ReturnType<typeof treeOf>> = [];
    const trips = await app.tripsOf(ownTrip, async () => {
      tree = await treeOf(service);
    });
    expect([tree.length, trips]).toEqual([1000, 1]);
    expectTree(tree);
    const full = await add(service, { code: 'one-more' });
    expect([full.status, full.json.detail]).toEqual([409, expect.stringContaining('1000')]);
  });

  it('moves what is below along, and to the root', async () => {
    const service = await app.service();
    const [a = '', b = '', c = ''] = await chain(service, 3, 'a');
    const [x = ''] = await chain(service, 1, 'x');
    expect((await patch(service, b, { parentId: x })).json.parentId).toBe(x);
    expect((await treeOf(service)).map(({ id, depth }) => [id, depth])).toEqual([
      [a, 1],
      [x, 1],
      [b, 2],
      [c, 3],
    ]);
    expect((await patch(service, c, { parentId: null })).json.parentId).toBeNull();
    expect((await treeOf(service)).find(({ id }) => id === c)?.depth).toBe(1);
  });

  it('gives the first answer again for the same Idempotency-Key', async () => {
    const service = await app.service();
    const headers = { 'Idempotency-Key': `f-${service}` };
    const answers = await Promise.all([1, 2, 3].map(() => add(service, { code: 'once' }, headers)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await treeOf(service)).toHaveLength(1);
    expect(await records(service)).toHaveLength(1);
  });
});

describe('features.refused', () => {
  it('a cycle, naming it', async () => {
    const service = await app.service();
    const [a = '', b = '', c = ''] = await chain(service, 3, 'a');
    for (const parentId of [a, b, c]) {
      const answer = await patch(service, a, { parentId });
      expect(told(answer)).toEqual([409, 'conflict', expect.stringContaining('cycle')]);
      expect(answer.json.errors[0].field).toBe('parentId');
    }
    expect((await treeOf(service)).map(({ depth }) => depth)).toEqual([1, 2, 3]);
  });

  it('more than 8 levels, counting what moves along', async () => {
    const service = await app.service();
    const deep = await chain(service, 8, 'a');
    expect(told(await add(service, { code: 'a9', parentId: deep[7] }))).toEqual([
      422,
      'invalid_field',
      expect.stringContaining('9 levels'),
    ]);
    const [x = '', y = ''] = await chain(service, 3, 'x');
    expect(told(await patch(service, x, { parentId: deep[5] }))).toEqual([
      422,
      'invalid_field',
      expect.stringContaining('9 levels'),
    ]);
    expect(told(await patch(service, x, { parentId: deep[7] }))[2]).toContain('11 levels');
    expect((await patch(service, y, { parentId: deep[5] })).status).toBe(200);
    expect((await patch(service, x, { parentId: deep[6] })).status).toBe(200);
    expect(Math.max(...(await treeOf(service)).map(({ depth }) => depth))).toBe(8);
  });

  it('a parent that is none of the service, a taken code, wrong fields', async () => {
    const [service, other] = [await app.service(), await app.service()];
    const [theirs = ''] = await chain(other, 1, 'a');
    const [mine = '', second = ''] = await chain(service, 2, 'a');
    for (const parentId of [theirs, randomUUID()])
      for (const answer of [await add(service, { code: 'x', parentId }), await patch(service, mine, { parentId })])
        expect([answer.status, answer.json.errors[0].field]).toEqual([422, 'parentId']);
    expect(told(await add(service, { code: 'a1' }))).toEqual([409, 'conflict', expect.stringContaining('code')]);
    expect(told(await patch(service, second, { code: 'a1' }))).toEqual([
      409,
      'conflict',
      expect.stringContaining('code'),
    ]);
    const bad: [object, string][] = [
      [{ code: 'a b' }, 'code'],
      [{ code: '' }, 'code'],
      [{ name: ' ' }, 'name'],
      [{ displayOrder: 1.5 }, 'displayOrder'],
      [{ isActive: 'yes' }, 'isActive'],
      [{ parentId: 'root' }, 'parentId'],
      [{ depth: 1 }, 'depth'],
      [{ description: 'AKIAABCDEFGHIJKLMNOP' }, 'description'],
    ];
    for (const [body, field] of bad)
      for (const answer of [await add(service, { code: 'x', ...body }), await patch(service, mine, body)])
        expect([body, answer.status, answer.json.errors?.[0]?.field]).toEqual([body, 422, field]);
    expect(await treeOf(service)).toHaveLength(2);
    expect((await patch(service, theirs, { name: 'x' })).status).toBe(404);
    expect((await remove(service, theirs)).status).toBe(404);
    expect((await add(service, { code: 'x' }, {}, await app.person('viewer'))).json.detail).toContain(
      'services.features.manage',
    );
    console.log(`bad features: tried ${bad.length * 2}, stored 0`);
  });

  it('to remove a parent without saying so; with it all go, in one record', async () => {
    const service = await app.service();
    const [a = '', b = ''] = await chain(service, 4, 'a');
    await chain(service, 2, 'b', b);
    await chain(service, 1, 'c');
    const refused = await remove(service, b);
    expect(told(refused)).toEqual([
      409,
      'conflict',
      '4 features below it would go too; repeat with ?cascade=true if that is meant.',
    ]);
    expect(refused.json.errors).toEqual([{ field: 'cascade', reason: '4 features below it would go too' }]);
    expect((await remove(service, b, '?cascade=yes')).status).toBe(400);
    const before = (await records(service)).length;
    const gone = await remove(service, b, '?cascade=true');
    expect([gone.status, gone.json]).toEqual([200, { deleted: 5 }]);
    expect((await treeOf(service)).map(({ code }) => code)).toEqual(['a1', 'c1']);
    const [record, ...more] = (await records(service)).slice(before);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ action: 'service.feature.delete', resource_id: b, after_state: null });
    const { below, ...top } = record.before_state;
    expect(top).toMatchObject({ code: 'a2', parentId: a });
    expect(below.map(({ code }: { code: string }) => code)).toEqual(['a3', 'b1', 'a4', 'b2']);
    expect(below.every(({ id, name }: { id: string; name: string }) => id && name)).toBe(true);
  });
});

/** A random tree of so many features, at most 8 deep. */
async function grow(service: string, count: number): Promise<void> {
  const depths: number[] = [];
  const ids = Array.from({ length: count }, () => randomUUID());
  const parents = ids.map((_, i) => {
    const above = Math.floor(random() * (i + 1));
    const isRoot = above === i || depths[above] === 8;
    depths.push(isRoot ? 1 : (depths[above] ?? 0) + 1);
    return isRoot ? null : ids[above];
  });
  await app.db.query(
    `INSERT INTO service_features (id, service_id, parent_id, name, code, created_by)
     SELECT id, $1, parent, 'Feature', 'f' || nr, $2 FROM unnest($3::uuid[], $4::uuid[]) WITH ORDINALITY AS x (id, parent, nr)`,
    [service, operator.id, ids, parents],
  );
}

function expectTree(tree: Feature[]): void {
  const line: string[] = [];
  for (const { id, parentId, depth } of tree) {
    line.length = depth - 1;
    expect([id, line.at(-1) ?? null]).toEqual([id, parentId]);
    line.push(id);
  }
  expect(Math.max(...tree.map(({ depth }) => depth))).toBeLessThanOrEqual(8);
}

describe('features.concurrency', () => {
  it('stays a tree through 216 moves, 18 new and 6 removed features of four admins at once', async () => {
    const service = await app.service();
    await grow(service, 60);
    const ids = (await treeOf(service)).map(({ id }) => id);
    const admins = [operator, ...(await Promise.all([1, 2, 3].map(() => app.person('service-manager'))))];
    const any = () => ids[Math.floor(random() * ids.length)] ?? '';
    const outcomes: Record<string, number> = {};
    const one = async (n: number): Promise<void> => {
      const as = admins[n % 4] ?? operator;
      const answer =
        n % 40 === 39
          ? await app.call('DELETE', `${pathOf(service)}/${any()}?cascade=true`, { as })
          : n % 10 === 9
            ? await add(service, { code: `new${n}`, parentId: any() }, {}, as)
            : await patch(service, any(), { parentId: n % 7 === 0 ? null : any() }, {}, as);
      const outcome = answer.status < 300 ? `${answer.status}` : `${answer.status} ${answer.json.code}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    const moves = Array.from({ length: 240 }, (_, n) => n);
    for (let at = 0; at < moves.length; at += 40) await Promise.all(moves.slice(at, at + 40).map(one));
    expect(Object.keys(outcomes).filter((outcome) => !/^(?:200|201|404|409|422)\b/.test(outcome))).toEqual([]);
    const tree = await treeOf(service);
    expectTree(tree);
    const { rows } = await app.db.query('SELECT count(*)::int AS n FROM service_features WHERE service_id = $1', [
      service,
    ]);
    expect(tree).toHaveLength(rows[0].n);
    expect(outcomes['409 conflict']).toBeGreaterThan(0);
    console.log(
      `moves at once: tried ${moves.length}, ${JSON.stringify(outcomes)}; cycles 0, unreachable 0, too deep 0`,
    );
  });

  it('lets one of two moves that together would be a cycle through', async () => {
    let tried = 0;
    for (; tried < 25; tried++) {
      const service = await app.service();
      const [a = ''] = await chain(service, 1, 'a');
      const [b = ''] = await chain(service, 1, 'b');
      const answers = await Promise.all([patch(service, a, { parentId: b }), patch(service, b, { parentId: a })]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      expectTree(await treeOf(service));
    }
    console.log(`two moves that would be a cycle: tried ${tried}, failed 0`);
  });
});
