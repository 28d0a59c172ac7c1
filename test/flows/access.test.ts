import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const BASE = '/v1/admin';
const OWNER_ROLE = '01900000-0000-7000-8000-000000000001';

const as = (who: Person | string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  app.call(method, BASE + path, { as: who, body, headers });

const roleId = async (name: string) => (await app.db.query('SELECT id FROM roles WHERE name = $1', [name])).rows[0].id;

const records = async (resourceId: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [resourceId])).rows;

let count = 0;
const newRole = async (permissions: string[]) => {
  const made = await as(owner, 'POST', '/roles', { name: `role-${process.pid}-${count++}`, permissions });
  expect(made.status).toBe(201);
  return made.json;
};

/** An admin who holds nothing but what a test grants through the API. */
const newcomer = async () => {
  const subject = `test|${randomUUID()}`;
  const made = await as(owner, 'POST', '/admins', { subject, email: `${randomUUID()}@example.com`, name: 'New' });
  expect([made.status, 'knownUntil' in made.json]).toEqual([201, false]);
  const sessionId = randomUUID();
  const token = await app.mint({ sub: subject, sid: sessionId });
  return { id: made.json.id as string, email: made.json.email as string, subject, sessionId, token };
};

const grant = (adminId: string, role: string, serviceId: string | null = null) =>
  as(owner, 'POST', '/grants', { adminId, roleId: role, serviceId });

describe('access.happy', () => {
  it('lets a new admin in as soon as a role is granted, and out as soon as it is taken', async () => {
    const person = await newcomer();
    expect((await as(person, 'GET', '/services')).status).toBe(404);
    let tried = 0;
    for (; tried < 5; tried++) {
      const given = await grant(person.id, await roleId('viewer'));
      expect([given.status, given.json.role, given.json.email]).toEqual([201, 'viewer', person.email]);
      expect((await as(person, 'GET', '/services')).status).toBe(200);
      expect((await as(owner, 'DELETE', `/grants/${given.json.id}`)).status).toBe(204);
      expect((await as(person, 'GET', '/services')).status).toBe(404);
    }
    console.log(`grant and take: tried ${tried}, seen by the next request ${tried * 2}, failed 0`);
  });

  it('says who the caller is and what it may do', async () => {
    const service = await app.service();
    const person = await app.person('viewer');
    await app.grant(person.id, 'service-manager', service);
    const { json } = await as(person, 'GET', '/me');
    expect(json).toMatchObject({
      id: person.id,
      email: person.email,
      sessionId: person.sessionId,
      permissions: ['analytics.view', 'services.view'],
      grants: [
        { serviceId: service, role: 'service-manager' },
        { serviceId: null, role: 'viewer' },
      ],
    });
  });

  it('counts a changed role for everybody who holds it, with their next request', async () => {
    const role = await newRole(['services.view']);
    const people = await Promise.all(Array.from({ length: 5 }, newcomer));
    for (const { id } of people) expect((await grant(id, role.id)).status).toBe(201);
    const statuses = () => Promise.all(people.map(async (p) => (await as(p, 'GET', '/admins')).status));
    expect(await statuses()).toEqual(Array(5).fill(403));
    const patched = await as(owner, 'PATCH', `/roles/${role.id}`, { permissions: ['admins.view', 'services.view'] });
    expect([patched.status, patched.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await statuses()).toEqual(Array(5).fill(200));
    await as(owner, 'PATCH', `/roles/${role.id}`, { permissions: [] });
    expect(await statuses()).toEqual(Array(5).fill(403));
  });

  it('locks and unlocks with the next request, and records both', async () => {
    const person = await app.person('viewer');
    expect((await as(person, 'GET', '/me')).status).toBe(200);
    expect((await as(owner, 'PATCH', `/admins/${person.id}`, { status: 'locked' })).json.status).toBe('locked');
    expect((await as(person, 'GET', '/me')).json.code).toBe('admin_locked');
    await as(owner, 'PATCH', `/admins/${person.id}`, { status: 'active' });
    expect((await as(person, 'GET', '/me')).status).toBe(200);
    await as(owner, 'DELETE', `/admins/${person.id}`);
    expect((await as(person, 'GET', '/me')).json.code).toBe('admin_locked');
    const trail = await records(person.id);
    expect(trail.filter(({ outcome }) => outcome === 'success').map(({ action }) => action)).toEqual([
      'admin.update',
      'admin.update',
      'admin.delete',
    ]);
    expect([trail[0].before_state.status, trail[0].after_state.status]).toEqual(['active', 'locked']);
  });

  it('lists sessions and ends one: its next request is refused, the others live on', async () => {
    const person = await app.person('viewer');
    const second = { ...person, sessionId: randomUUID(), token: '' };
    second.token = await app.mint({ sub: person.subject, sid: second.sessionId });
    for (const each of [person, second]) expect((await as(each, 'GET', '/me')).status).toBe(200);
    const listed = await as(owner, 'GET', `/sessions?adminId=${person.id}`);
    expect(listed.json.items.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [person.sessionId, second.sessionId].toSorted(),
    );
    const ended = await as(owner, 'DELETE', `/sessions/${person.sessionId}`, undefined, {
      'Audit-Reason': 'lost laptop',
    });
    expect([ended.status, ended.json.revokedAt === null]).toEqual([200, false]);
    expect((await as(person, 'GET', '/me')).json.code).toBe('session_ended');
    expect((await as(second, 'GET', '/me')).status).toBe(200);
    expect((await as(owner, 'DELETE', `/sessions/${person.sessionId}`)).json).toEqual(ended.json);
    expect((await as(owner, 'DELETE', '/sessions/nobodys')).status).toBe(404);
    expect(await records(person.sessionId)).toMatchObject([{ action: 'session.revoke', reason: 'lost laptop' }]);
    const pages = await as(owner, 'GET', `/sessions?adminId=${person.id}&limit=1`);
    const next = await as(owner, 'GET', `/sessions?adminId=${person.id}&limit=1&cursor=${pages.json.nextCursor}`);
    expect([next.json.items[0].id, next.json.nextCursor]).toEqual([person.sessionId, null]);
  });
});

describe('access.last-owner', () => {
  it('is never lost: by lock, removal or grant, alone or by two at once', async () => {
    let tried = 0;
    for (; tried < 18; tried++) {
      const alone = await startOwners();
      const [one, two] = alone.owners;
      const [way, other] = WAYS.flatMap((a) => WAYS.map((b) => [a, b] as const))[tried >> 1] ?? [WAYS[0], WAYS[0]];
      const answers = await Promise.all(
        tried % 2
          ? [alone.takeAway(one, one, way), alone.takeAway(two, two, other)]
          : [alone.takeAway(one, two, way), alone.takeAway(two, one, other)],
      );
      const codes = answers.map(({ status, json }) => (status < 300 ? 'done' : json.code));
      // The one who is too late is no owner any more, or is the last one.
      expect(codes.filter((code) => code === 'done')).toHaveLength(1);
      expect(await activeOwners()).toBe(1);
      await alone.restore();
    }
    console.log(
      `two owners take each other or themselves away at once: tried ${tried}, owners left 1 each time, failed 0`,
    );
  });

  it('is told so when it tries itself', async () => {
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id <> $1`, [owner.id]);
    const { rows } = await app.db.query('SELECT id FROM grants WHERE admin_id = $1', [owner.id]);
    const answers = [
      await as(owner, 'PATCH', `/admins/${owner.id}`, { status: 'locked' }),
      await as(owner, 'DELETE', `/admins/${owner.id}`),
      await as(owner, 'DELETE', `/grants/${rows[0].id}`),
    ];
    await app.db.query(`UPDATE admins SET status = 'active'`);
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual(Array(3).fill([409, 'last_owner']));
  });

  const WAYS = ['lock', 'remove', 'revoke'] as const;

  const activeOwners = async () =>
    (
      await app.db.query(
        `SELECT count(DISTINCT a.id)::int AS n FROM admins a JOIN grants g ON g.admin_id = a.id
         WHERE g.role_id = $1 AND g.service_id IS NULL AND a.status = 'active'`,
        [OWNER_ROLE],
      )
    ).rows[0].n;

  /** A world with two owners, the usual one set aside. */
  async function startOwners() {
    await app.db.query(`UPDATE admins SET status = 'locked'`);
    const owners = (await Promise.all([app.person('owner'), app.person('owner')])) as [Person, Person];
    await Promise.all(owners.map((each) => as(each, 'GET', '/me')));
    return {
      owners,
      takeAway: async (by: Person, whom: Person, way: (typeof WAYS)[number]) => {
        if (way === 'lock') return as(by, 'PATCH', `/admins/${whom.id}`, { status: 'locked' });
        if (way === 'remove') return as(by, 'DELETE', `/admins/${whom.id}`);
        const { rows } = await app.db.query('SELECT id FROM grants WHERE admin_id = $1', [whom.id]);
        return as(by, 'DELETE', `/grants/${rows[0].id}`);
      },
      restore: async () => {
        await app.db.query('DELETE FROM grants WHERE admin_id = ANY ($1)', [owners.map(({ id }) => id)]);
        await app.db.query(`UPDATE admins SET status = 'active'`);
      },
    };
  }
});

describe('access.refused', () => {
  it('gives nobody more than the giver holds', async () => {
    const small = await newRole(['admins.manage', 'admins.view', 'services.view']);
    const manager = await newcomer();
    await grant(manager.id, small.id);
    const target = await newcomer();
    const tries = [
      as(manager, 'POST', '/grants', { adminId: target.id, roleId: OWNER_ROLE, serviceId: null }),
      as(manager, 'POST', '/grants', { adminId: manager.id, roleId: await roleId('auditor'), serviceId: null }),
      as(manager, 'POST', '/roles', { name: 'bigger', permissions: ['admins.manage', 'operations.execute'] }),
      as(manager, 'PATCH', `/roles/${small.id}`, { permissions: [...small.permissions, 'audit.view'] }),
    ];
    const answers = await Promise.all(tries);
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(
      (await as(manager, 'POST', '/grants', { adminId: target.id, roleId: small.id, serviceId: null })).status,
    ).toBe(201);
    console.log(`giving more than one holds: tried ${tries.length}, allowed 0`);
  });

  it('does not let a grant for one service reach what holds everywhere', async () => {
    const service = await app.service();
    const role = await newRole(['admins.manage', 'admins.view', 'services.manage', 'services.view']);
    const local = await newcomer();
    expect((await grant(local.id, role.id, service)).status).toBe(201);
    expect((await as(local, 'GET', `/services/${service}`)).status).toBe(200);
    for (const path of ['/admins', '/roles', '/grants', '/sessions'])
      expect([path, (await as(local, 'GET', path)).status]).toEqual([path, 404]);
    expect((await as(local, 'POST', '/services', { slug: 'mine-too', name: 'x' })).status).toBe(404);
    expect((await as(local, 'POST', '/grants', { adminId: local.id, roleId: role.id, serviceId: null })).status).toBe(
      404,
    );
  });

  it('names what is wrong', async () => {
    const person = await newcomer();
    const viewer = await roleId('viewer');
    const nobody = randomUUID();
    expect((await grant(nobody, viewer)).json).toMatchObject({ status: 422, errors: [{ field: 'adminId' }] });
    expect((await grant(person.id, nobody)).json).toMatchObject({ status: 422, errors: [{ field: 'roleId' }] });
    expect((await grant(person.id, viewer, nobody)).json).toMatchObject({
      status: 422,
      errors: [{ field: 'serviceId' }],
    });
    expect((await grant(person.id, viewer)).status).toBe(201);
    expect((await grant(person.id, viewer)).json.code).toBe('conflict');
    expect((await as(owner, 'PATCH', `/roles/${OWNER_ROLE}`, { permissions: [] })).json.code).toBe('conflict');
    expect((await as(owner, 'DELETE', `/roles/${viewer}`)).json.code).toBe('conflict');
    const held = await newRole([]);
    await grant(person.id, held.id);
    expect((await as(owner, 'DELETE', `/roles/${held.id}`)).json.detail).toContain('remove its grants');
    expect((await as(owner, 'POST', '/roles', { name: held.name, permissions: [] })).json.code).toBe('conflict');
    expect((await as(owner, 'POST', '/roles', { name: 'ok', permissions: ['do.anything'] })).status).toBe(422);
    const again = await as(owner, 'POST', '/admins', { subject: person.subject, email: 'a@example.com', name: 'x' });
    expect(again.json.code).toBe('conflict');
  });
});
