import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
beforeAll(async () => {
  app = await commonApp();
});
afterAll(() => app.stop());

const MINE = '/v1/admin/me/sessions';

const another = async (person: Person, claims: object = {}): Promise<Person> => {
  const sessionId = randomUUID();
  return { ...person, sessionId, token: await app.mint({ sub: person.subject, sid: sessionId, ...claims }) };
};
const me = (as: Person) => app.call('GET', '/v1/admin/me', { as });

const recordsOf = async (actor: Person) =>
  (
    await app.db.query(
      `SELECT id, action, resource, resource_id, outcome, reason, before_state, after_state FROM audit_outbox
       WHERE actor_id = $1 AND action <> 'me.read' ORDER BY action, resource_id`,
      [actor.id],
    )
  ).rows;

describe('me-sessions.happy', () => {
  it('lists one’s own sessions page by page, whatever one may do otherwise, and nobody else’s', async () => {
    const service = await app.service();
    const person = await app.person('viewer', service);
    const stranger = await app.person('owner');
    const second = await another(person);
    for (const each of [person, second, stranger]) expect((await me(each)).status).toBe(200);
    const all = await app.call('GET', MINE, { as: person });
    expect(all.json.items.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [person.sessionId, second.sessionId].toSorted(),
    );
    const first = await app.call('GET', `${MINE}?limit=1`, { as: person });
    const rest = await app.call('GET', `${MINE}?limit=1&cursor=${first.json.nextCursor}`, { as: person });
    expect([...first.json.items, ...rest.json.items]).toEqual(all.json.items);
    expect(rest.json.nextCursor).toBeNull();
  });

  it('ends another one of one’s own: refused from its next request on, recorded once', async () => {
    const person = await app.person('viewer');
    const lost = await another(person);
    expect([(await me(person)).status, (await me(lost)).status]).toEqual([200, 200]);
    const end = () =>
      app.call('DELETE', `${MINE}/${lost.sessionId}`, { as: person, headers: { 'Audit-Reason': 'lost laptop' } });
    const ended = await end();
    expect(ended).toMatchObject({ status: 200, json: { id: lost.sessionId, revokedAt: expect.any(String) } });
    expect(await me(lost)).toMatchObject({ status: 401, json: { code: 'session_ended' } });
    expect((await end()).json).toEqual(ended.json);
    expect((await me(person)).status).toBe(200);
    expect(await recordsOf(person)).toMatchObject([
      { action: 'session.revoke', resource: 'session', resource_id: lost.sessionId, reason: 'lost laptop' },
    ]);
    const alive = await app.call('GET', `${MINE}?alive=true`, { as: person });
    expect(alive.json.items).toMatchObject([{ id: person.sessionId }]);
    const over = await app.call('GET', `${MINE}?alive=false`, { as: person });
    expect(over.json.items).toMatchObject([{ id: lost.sessionId }]);
  });
});

describe('me-sessions.security', () => {
  it('finds nobody else’s session, also for an owner', async () => {
    const [owner, person] = [await app.person('owner'), await app.person('viewer')];
    expect((await me(person)).status).toBe(200);
    for (const id of [person.sessionId, 'nobodys'])
      expect((await app.call('DELETE', `${MINE}/${id}`, { as: owner })).status).toBe(404);
    expect((await me(person)).status).toBe(200);
  });
});

describe('sign-out-everywhere', () => {
  const ALL = '/v1/admin/me/sign-out-everywhere';

  it('ends every session at once, also one that nobody has seen yet, and lets a later sign-in in', async () => {
    const person = await app.person('operator');
    const bystander = await app.person('operator');
    const others = [await another(person), await another(person)];
    const now = Math.floor(Date.now() / 1000);
    const unseen = await another(person, { iat: now - 30, nbf: now - 30 });
    for (const each of [person, ...others, bystander]) expect((await me(each)).status).toBe(200);
    const answer = await app.call('POST', ALL, { as: person, headers: { 'Audit-Reason': 'phished' } });
    expect(answer).toMatchObject({ status: 200, json: { ended: 3, since: expect.any(String) } });
    for (const each of [person, ...others, unseen])
      expect(await me(each)).toMatchObject({ status: 401, json: { code: 'session_ended' } });
    expect((await app.call('POST', ALL, { as: person })).status).toBe(401);
    const later = await another(person, { iat: now + 5, nbf: now });
    expect([(await me(later)).status, (await me(bystander)).status]).toEqual([200, 200]);
  });

  it('leaves a record of the admin and one of each session', async () => {
    const person = await app.person('operator');
    const second = await another(person);
    for (const each of [person, second]) await me(each);
    const { json } = await app.call('POST', ALL, { as: person, headers: { 'Audit-Reason': 'phished' } });
    const records = await recordsOf(person);
    expect(records.map(({ action, resource_id }) => `${action} ${resource_id}`).toSorted()).toEqual(
      [
        `me.sign-out-everywhere ${person.id}`,
        `session.revoke ${person.sessionId}`,
        `session.revoke ${second.sessionId}`,
      ].toSorted(),
    );
    for (const record of records) {
      expect(record).toMatchObject({ outcome: 'success', reason: 'phished' });
      expect(record.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      if (record.resource === 'session')
        expect([record.before_state.revokedAt, record.after_state.revokedAt]).toEqual([null, json.since]);
      else
        expect([record.before_state, record.after_state]).toEqual([
          { sessionsNotBefore: null },
          { sessionsNotBefore: json.since },
        ]);
    }
    const [mark] = (await app.db.query('SELECT version, sessions_not_before FROM admins WHERE id = $1', [person.id]))
      .rows;
    expect([mark.version, mark.sessions_not_before.toISOString()]).toEqual([2, json.since]);
  });
});
