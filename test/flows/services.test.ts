import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const SERVICES = '/v1/admin/services';
let count = 0;
const newSlug = () => `made-${process.pid}-${count++}`;

const create = (body: object, headers: Record<string, string> = {}, as: Person = owner) =>
  app.call('POST', SERVICES, { as, body, headers });

const records = async (resourceId: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [resourceId])).rows;

describe('services.happy', () => {
  it('creates one with its default configuration, reads, changes, archives and restores it', async () => {
    const slug = newSlug();
    const made = await create({ slug, name: 'Made', description: 'By a test' }, { 'Audit-Reason': 'we need it' });
    expect(made.status).toBe(201);
    const path = `${SERVICES}/${made.json.id}`;
    expect(made.headers.get('location')).toBe(path);
    expect(made.json).toMatchObject({ slug, name: 'Made', description: 'By a test', archivedAt: null, version: 1 });
    expect((await app.call('GET', path, { as: owner })).json).toEqual(made.json);
    expect((await app.call('GET', `${path}/config`, { as: owner })).json.rateLimitRequests).toBe(1000);

    const patched = await app.call('PATCH', path, {
      as: owner,
      body: { description: null },
      headers: { 'If-Match': '"1"' },
    });
    expect([patched.status, patched.headers.get('etag'), patched.json.description]).toEqual([200, '"2"', null]);
    const same = await app.call('PATCH', path, { as: owner, body: { name: 'Made' } });
    expect(same.headers.get('etag')).toBe('"2"');
    expect(
      (await app.call('PATCH', path, { as: owner, body: { name: 'x' }, headers: { 'If-Match': '"1"' } })).status,
    ).toBe(412);

    const archived = await app.call('DELETE', path, { as: owner });
    expect(archived.json.archivedAt).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    expect((await app.call('DELETE', path, { as: owner })).headers.get('etag')).toBe('"3"');
    const restored = await app.call('POST', `${path}/restore`, { as: owner });
    expect([restored.status, restored.json.archivedAt]).toEqual([200, null]);

    const trail = await records(made.json.id);
    expect(trail.map(({ action }) => action)).toEqual([
      'service.create',
      'service.update',
      'service.delete',
      'service.restore',
    ]);
    expect(trail[0]).toMatchObject({
      actor_id: owner.id,
      reason: 'we need it',
      before_state: null,
      after_state: { slug, name: 'Made', description: 'By a test', archivedAt: null },
    });
    expect([trail[1].before_state.description, trail[1].after_state.description]).toEqual(['By a test', null]);
  });

  it('lists by keyset: every service once, whatever the page', async () => {
    const mine = await Promise.all(
      Array.from({ length: 7 }, async () => (await create({ slug: newSlug(), name: 'Listed one' })).json.id),
    );
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await app.call('GET', `${SERVICES}?limit=3&search=LISTED%20o${cursor && `&cursor=${cursor}`}`, {
        as: owner,
      });
      expect(page.status).toBe(200);
      seen.push(...page.json.items.map(({ id }: { id: string }) => id));
      cursor = page.json.nextCursor;
    } while (cursor);
    expect(seen.toSorted()).toEqual(mine.toSorted());
  });

  it('leaves archived ones out unless they are asked for', async () => {
    const slug = newSlug();
    const { id } = (await create({ slug, name: 'Gone soon' })).json;
    await app.call('DELETE', `${SERVICES}/${id}`, { as: owner });
    const found = async (archived: string) =>
      (await app.call('GET', `${SERVICES}?search=${slug}${archived}`, { as: owner })).json.items.length;
    expect([
      await found(''),
      await found('&archived=true'),
      await found('&archived=any'),
      await found('&archived=false'),
    ]).toEqual([0, 1, 1, 0]);
  });

  it('shows an admin of one service only that one', async () => {
    const service = await app.service();
    const manager = await app.person('service-manager', service);
    const { json } = await app.call('GET', SERVICES, { as: manager });
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([service]);
  });
});

describe('services.refused', () => {
  it('names the field, the taken slug, the missing permission', async () => {
    const slug = newSlug();
    expect((await create({ slug, name: 'One' })).status).toBe(201);
    expect((await create({ slug, name: 'Two' })).json).toMatchObject({ status: 409, code: 'conflict' });
    expect((await create({ slug: 'Not A Slug', name: 'x' })).json).toMatchObject({
      status: 422,
      errors: [{ field: 'slug' }],
    });
    expect((await create({ slug: newSlug(), name: 'x', owner: 'me' })).json).toMatchObject({
      status: 422,
      errors: [{ field: 'owner' }],
    });
    const refused = await create({ slug: newSlug(), name: 'x' }, {}, await app.person('viewer'));
    expect([refused.status, refused.json.detail]).toEqual([403, 'This needs the permission services.manage.']);
    expect((await app.call('GET', `${SERVICES}?sort=name`, { as: owner })).json.code).toBe('unknown_parameter');
    expect((await app.call('GET', `${SERVICES}?cursor=nonsense`, { as: owner })).json.code).toBe('malformed_request');
  });

  it('gives the first answer again for the same Idempotency-Key, also at once and after a change', async () => {
    const body = { slug: newSlug(), name: 'Once' };
    const headers = { 'Idempotency-Key': newSlug() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(body, headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { id } = answers[0]?.json ?? {};
    await app.call('PATCH', `${SERVICES}/${id}`, { as: owner, body: { name: 'Renamed' } });
    expect((await create(body, headers)).text).toBe(answers[0]?.text);
    expect((await create({ ...body, name: 'Other' }, headers)).json.code).toBe('idempotency_key_reused');
    expect(await records(id)).toHaveLength(2);
    console.log('one Idempotency-Key at once: tried 8, created 1');
  });
});
