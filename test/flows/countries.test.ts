import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let manager: Person;
let service: string;
let path: string;
beforeAll(async () => {
  app = await commonApp();
  service = await app.service();
  manager = await app.person('service-manager', service);
  path = `/v1/admin/services/${service}/countries`;
});
afterAll(() => app.stop());

const add = (body: object, headers: Record<string, string> = {}, as: Person = manager) =>
  app.call('POST', path, { as, body, headers });

const records = async (code: string) =>
  (
    await app.db.query('SELECT * FROM audit_outbox WHERE service_id = $1 AND resource_id = $2 ORDER BY id', [
      service,
      code,
    ])
  ).rows;

describe('countries.happy', () => {
  it('adds, reads, changes and removes one, each with its record', async () => {
    const made = await add({ code: 'de', note: 'from May on' }, { 'Audit-Reason': 'launch' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    expect(made.json).toMatchObject({
      code: 'DE',
      name: 'Germany',
      isAvailable: true,
      note: 'from May on',
      version: 1,
    });
    expect(made.headers.get('location')).toBe(`${path}/DE`);
    expect((await app.call('GET', `${path}/de`, { as: manager })).json).toEqual(made.json);

    const patched = await app.call('PATCH', `${path}/DE`, {
      as: manager,
      body: { isAvailable: false, note: null },
      headers: { 'If-Match': '"1"' },
    });
    expect([patched.status, patched.json.isAvailable, patched.json.note, patched.json.version]).toEqual([
      200,
      false,
      null,
      2,
    ]);
    const same = await app.call('PATCH', `${path}/DE`, { as: manager, body: { isAvailable: false } });
    expect([same.status, same.headers.get('etag')]).toEqual([200, '"2"']);
    const stale = { 'If-Match': '"1"' };
    expect((await app.call('PATCH', `${path}/DE`, { as: manager, body: { note: 'x' }, headers: stale })).status).toBe(
      412,
    );
    expect((await app.call('DELETE', `${path}/DE`, { as: manager, headers: stale })).status).toBe(412);
    expect((await app.call('DELETE', `${path}/DE`, { as: manager })).status).toBe(204);
    expect((await app.call('GET', `${path}/DE`, { as: manager })).status).toBe(404);
    expect((await app.call('DELETE', `${path}/DE`, { as: manager })).status).toBe(404);

    const trail = await records('DE');
    const before = { code: 'DE', note: 'from May on', isAvailable: true };
    const after = { code: 'DE', note: null, isAvailable: false };
    expect(trail.map((r) => [r.action, r.outcome, r.before_state, r.after_state])).toEqual([
      ['service.country.create', 'success', null, before],
      ['service.country.update', 'success', before, after],
      ['service.country.delete', 'success', after, null],
    ]);
    expect([trail[0].reason, trail[0].actor_id]).toEqual(['launch', manager.id]);
  });

  it('takes all 249 assigned countries and lists each once, by code', async () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const pairs = letters.flatMap((a) => letters.map((b) => a + b));
    const added: string[] = [];
    const refused: number[] = [];
    for (let i = 0; i < pairs.length; i += 26)
      for (const answer of await Promise.all(pairs.slice(i, i + 26).map((code) => add({ code }))))
        if (answer.status === 201) added.push(answer.json.code);
        else refused.push(answer.status);
    expect(new Set(refused)).toEqual(new Set([422]));
    const seen: { code: string; name: string }[] = [];
    let cursor = '';
    do {
      const page = await app.call('GET', `${path}?limit=100${cursor && `&cursor=${cursor}`}`, { as: manager });
      seen.push(...page.json.items);
      cursor = page.json.nextCursor;
    } while (cursor);
    expect(seen.map(({ code }) => code)).toEqual(added.toSorted());
    expect(added).toHaveLength(249);
    expect(seen.every(({ name }) => name.length > 3)).toBe(true);
    console.log(`two-letter codes: tried ${pairs.length}, added ${added.length}, refused ${refused.length}`);
  });
});

describe('countries.refused', () => {
  it('says which field is wrong', async () => {
    const wrong: [body: object, field: string][] = [
      [{ code: 'XX' }, 'code'],
      [{ code: 'UK' }, 'code'],
      [{ code: 'DEU' }, 'code'],
      [{ code: 'ß' }, 'code'],
      [{ code: 'ıs' }, 'code'],
      [{ code: ' D' }, 'code'],
      [{ code: '' }, 'code'],
      [{ code: 7 }, 'code'],
      [{}, 'code'],
      [{ code: 'FR', isAvailable: 'yes' }, 'isAvailable'],
      [{ code: 'FR', note: 'x'.repeat(501) }, 'note'],
      [{ code: 'FR', note: 'Authorization: Bearer abcdefghijkl' }, 'note'],
      [{ code: 'FR', name: 'France' }, 'name'],
    ];
    for (const [body, field] of wrong)
      expect((await add(body)).json).toMatchObject({ status: 422, code: 'invalid_field', errors: [{ field }] });
    expect((await app.call('PATCH', `${path}/FR`, { as: manager, body: { code: 'GB' } })).json.errors[0].field).toBe(
      'code',
    );
    expect((await app.call('GET', `${path}/ZZ`, { as: manager })).status).toBe(404);
    expect((await app.call('GET', `${path}/a%00`, { as: manager })).status).toBe(400);
    expect((await app.call('GET', `${path}?sort=x`, { as: manager })).json.code).toBe('unknown_parameter');
    console.log(`wrong bodies: tried ${wrong.length}, accepted 0`);
  });

  it('lets one of 20 add the same country', async () => {
    const other = await app.service();
    const owner = await app.person('owner');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        app.call('POST', `/v1/admin/services/${other}/countries`, { as: owner, body: { code: 'AT' } }),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, ...Array(19).fill(409)]);
    console.log('the same country at once: tried 20, created 1, conflicts 19');
  });

  it('hides another service’s countries, and records who tried', async () => {
    const stranger = await app.person('service-manager', await app.service());
    const calls = [
      app.call('GET', path, { as: stranger }),
      app.call('GET', `${path}/FR`, { as: stranger }),
      add({ code: 'FR' }, {}, stranger),
      app.call('PATCH', `${path}/FR`, { as: stranger, body: { note: 'x' } }),
      app.call('DELETE', `${path}/FR`, { as: stranger }),
      app.call('GET', `/v1/admin/services/${randomUUID()}/countries`, { as: await app.person('owner') }),
    ];
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(6).fill(404));
    const { rows } = await app.db.query(
      `SELECT action, outcome FROM audit_outbox WHERE actor_id = $1 AND service_id = $2`,
      [stranger.id, service],
    );
    expect(rows.map(({ outcome }) => outcome)).toEqual(Array(5).fill('denied'));
    const viewer = await app.person('viewer', service);
    expect((await app.call('GET', path, { as: viewer })).status).toBe(200);
    expect((await add({ code: 'FR' }, {}, viewer)).json.detail).toBe(
      'This needs the permission services.content.manage.',
    );
  });
});
