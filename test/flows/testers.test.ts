import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let manager: Person;
beforeAll(async () => {
  app = await commonApp();
  manager = await app.person('service-manager');
});
afterAll(() => app.stop());

const pathOf = (service: string, kind: 'users' | 'admins') => `/v1/admin/services/${service}/testers/${kind}`;
const hence = (ms: number) => new Date(Date.now() + ms).toISOString();
const HOUR = 3_600_000;

const add = (service: string, kind: 'users' | 'admins', body: object, headers: Record<string, string> = {}) =>
  app.call('POST', pathOf(service, kind), { as: manager, body, headers });

const itemsOf = async (service: string, kind: 'users' | 'admins') =>
  (await app.call('GET', pathOf(service, kind), { as: manager })).json.items;

const records = async (service: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE service_id = $1 ORDER BY id', [service])).rows;

const expire = (service: string, table: string) =>
  app.db.query(`UPDATE ${table} SET expires_at = now() - interval '1 ms' WHERE service_id = $1`, [service]);

describe('testers.users', () => {
  it('adds one with the defaults of the specification, lists and removes it, each with its record', async () => {
    const service = await app.service();
    const userId = randomUUID();
    const made = await add(service, 'users', { userId }, { 'Audit-Reason': 'beta' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const state = {
      userId,
      bypassDomain: false,
      bypassIP: false,
      bypassRateLimit: false,
      expiresAt: null,
      note: null,
    };
    expect(made.json).toMatchObject({ ...state, serviceId: service, createdBy: manager.id, expired: false });
    expect(await itemsOf(service, 'users')).toEqual([made.json]);
    const location = made.headers.get('location') ?? '';
    const shouted = `${pathOf(service, 'users')}/${userId.toUpperCase()}`;
    expect((await app.call('DELETE', shouted, { as: manager })).status).toBe(204);
    expect((await app.call('DELETE', location, { as: manager })).status).toBe(404);
    expect(
      (await records(service)).map((r) => [r.action, r.resource_id, r.reason, r.before_state, r.after_state]),
    ).toEqual([
      ['service.tester-user.create', userId, 'beta', null, state],
      ['service.tester-user.delete', userId, '', state, null],
    ]);
  });

  it('is a conflict while the entry counts, also at once; an expired one is replaced and recorded', async () => {
    const service = await app.service();
    const userId = randomUUID();
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => add(service, 'users', { userId, note: `${n}`, expiresAt: hence(HOUR) })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    const first = answers.find(({ status }) => status === 201)?.json;

    await expire(service, 'service_tester_users');
    expect((await itemsOf(service, 'users'))[0]).toMatchObject({ id: first.id, expired: true });
    const again = await Promise.all(
      [5, 6, 7].map((n) => add(service, 'users', { userId, note: `${n}`, bypassIP: true, expiresAt: hence(HOUR) })),
    );
    expect(again.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const second = again.find(({ status }) => status === 201)?.json;
    expect(await itemsOf(service, 'users')).toEqual([second]);
    expect(second).toMatchObject({ bypassIP: true, expired: false });
    const trail = await records(service);
    expect(trail).toHaveLength(2);
    expect([trail[0].before_state, trail[1].before_state?.note, trail[1].after_state.note]).toEqual([
      null,
      first.note,
      second.note,
    ]);
    console.log('one tester at once: tried 4 and 3, made 1 and replaced 1');
  });

  it('replaces nothing when an Idempotency-Key was used before', async () => {
    const service = await app.service();
    const userId = randomUUID();
    const headers = { 'Idempotency-Key': `t-${service}` };
    const body = { userId, expiresAt: hence(HOUR) };
    const first = await add(service, 'users', body, headers);
    await expire(service, 'service_tester_users');
    expect((await add(service, 'users', body, headers)).text).toBe(first.text);
    expect((await itemsOf(service, 'users'))[0].id).toBe(first.json.id);
    expect(await records(service)).toHaveLength(1);
  });

  it('refuses an end that is past, what is no time, unknown fields, secrets in notes', async () => {
    const service = await app.service();
    const bad: [object, string][] = [
      [{ expiresAt: hence(-1000) }, 'expiresAt'],
      [{ expiresAt: 'tomorrow' }, 'expiresAt'],
      [{ expiresAt: '2027-02-30T00:00:00Z' }, 'expiresAt'],
      [{ userId: 'me' }, 'userId'],
      [{ bypassEverything: true }, 'bypassEverything'],
      [{ note: 'use sk_live_abcdefghijklmnop1234' }, 'note'],
      [{ expired: false }, 'expired'],
    ];
    for (const [body, field] of bad) {
      const { status, json } = await add(service, 'users', { userId: randomUUID(), ...body });
      expect([body, status, json.errors?.[0]?.field]).toEqual([body, 422, field]);
    }
    expect(await itemsOf(service, 'users')).toEqual([]);
    console.log(`bad testers: tried ${bad.length}, stored 0`);
  });

  it('keeps an end in UTC, whatever offset it was written with', async () => {
    const { json } = await add(await app.service(), 'users', {
      userId: randomUUID(),
      expiresAt: '2999-06-01T00:30:00+02:00',
    });
    expect(json.expiresAt).toBe('2999-05-31T22:30:00.000Z');
  });

  it('is 404 for another service’s, 403 without the permission', async () => {
    const [service, other] = [await app.service(), await app.service()];
    const userId = randomUUID();
    await add(service, 'users', { userId });
    expect((await app.call('DELETE', `${pathOf(other, 'users')}/${userId}`, { as: manager })).status).toBe(404);
    const stranger = await app.person('service-manager', other);
    expect((await app.call('DELETE', `${pathOf(service, 'users')}/${userId}`, { as: stranger })).status).toBe(404);
    const viewer = await app.person('viewer');
    const refused = await app.call('POST', pathOf(service, 'admins'), { as: viewer, body: {} });
    expect([refused.status, refused.json.detail]).toEqual([403, 'This needs the permission services.testers.manage.']);
    expect(await itemsOf(service, 'users')).toHaveLength(1);
  });
});

describe('testers.admins', () => {
  it('adds, lists, replaces when expired, and removes', async () => {
    const service = await app.service();
    const adminId = manager.id;
    const made = await add(service, 'admins', { adminId, note: 'on call', expiresAt: hence(HOUR) });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      adminId,
      email: manager.email,
      note: 'on call',
      createdBy: manager.id,
      expired: false,
    });
    expect((await add(service, 'admins', { adminId })).json.code).toBe('conflict');
    await expire(service, 'service_tester_admins');
    const next = await add(service, 'admins', { adminId });
    expect([next.status, next.json.note]).toEqual([201, null]);
    expect(await itemsOf(service, 'admins')).toEqual([next.json]);
    expect((await app.call('DELETE', `${pathOf(service, 'admins')}/${adminId}`, { as: manager })).status).toBe(204);
    expect((await records(service)).map((r) => [r.action, r.resource_id, r.before_state?.note])).toEqual([
      ['service.tester-admin.create', adminId, undefined],
      ['service.tester-admin.create', adminId, 'on call'],
      ['service.tester-admin.delete', adminId, null],
    ]);
  });

  it('knows who is an admin', async () => {
    const { status, json } = await add(await app.service(), 'admins', { adminId: randomUUID() });
    expect([status, json.errors]).toEqual([422, [{ field: 'adminId', reason: 'there is no such admin' }]]);
  });
});

describe('testers.limit', () => {
  const fill = async (count: number, userId = randomUUID()) => {
    const service = await app.service();
    await app.db.query(
      `INSERT INTO service_tester_users (id, service_id, user_id, created_by, expires_at)
       SELECT gen_random_uuid(), $1, CASE n WHEN 1 THEN $3::uuid ELSE gen_random_uuid() END, $2,
         CASE n WHEN 1 THEN now() - interval '1 s' END FROM generate_series(1, $4::int) AS n`,
      [service, manager.id, userId, count],
    );
    return service;
  };

  it('is 1,000 a service; one who takes an expired place of his own needs no other', async () => {
    const userId = randomUUID();
    const service = await fill(1000, userId);
    const full = await add(service, 'users', { userId: randomUUID() });
    expect([full.status, full.json.detail]).toEqual([409, expect.stringContaining('1000')]);
    expect((await add(service, 'users', { userId })).status).toBe(201);
  });

  it('holds when several come at once for the last place', async () => {
    let tried = 0;
    for (; tried < 10; tried++) {
      const service = await fill(999);
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => add(service, 'users', { userId: randomUUID() })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
    }
    console.log(`six at once for the last place of 1,000 testers: tried ${tried}, more than one got it 0`);
  });
});
