import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { insertRows, NO_SERVICE, row } from '../audit-rows.ts';

const PATH = '/v1/audit/logs';

let app: App;
let operator: Person;
let auditor: Person;
beforeAll(async () => {
  app = await commonApp();
  [operator, auditor] = [await app.person('operator'), await app.person('auditor')];
});
afterAll(() => app.stop());

const get = async (path: string, as: Person = auditor) => (await app.call('GET', `${PATH}${path}`, { as })).json;
const idsOf = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);

/** An old record put where the lists find it. */
async function stored(more: Record<string, string>): Promise<string> {
  const one = row(Date.now() - 3_600_000, {
    resource: 'service_config',
    action: 'service.config.update',
    outcome: 'success',
    ...more,
  });
  await insertRows(app, 'admin_audit_logs', [one]);
  return one.id;
}

describe('one audit log', () => {
  it('says field by field what a change changed', async () => {
    const service = await app.service();
    await app.patch(operator, service, { rateLimitRequests: 77, ipWhitelist: ['198.51.100.0/24'] });
    await app.drained();
    const { items } = await get(`?resourceId=${service}`);
    const record = await get(`/${items[0].id}`);
    expect(record).toMatchObject({ ...items[0], sessionId: operator.sessionId, changesTruncated: false });
    const changed = record.changes.map(({ path, kind }: { path: string; kind: string }) => `${kind} ${path}`);
    expect(changed.sort()).toEqual(['changed /ipWhitelist', 'changed /rateLimitRequests']);
    expect(record.changes).toContainEqual({ path: '/rateLimitRequests', kind: 'changed', before: 1000, after: 77 });
  });

  it('lists every field of what was created or deleted, and nothing where there is no state', async () => {
    const after_state = JSON.stringify({ name: 'x', tags: ['a'] });
    const created = await get(`/${await stored({ after_state })}`);
    expect([created.before, created.changes]).toEqual([
      null,
      [
        { path: '/name', kind: 'added', before: null, after: 'x' },
        { path: '/tags', kind: 'added', before: null, after: ['a'] },
      ],
    ]);
    const deleted = await get(`/${await stored({ before_state: after_state })}`);
    expect(deleted.changes.map(({ kind }: { kind: string }) => kind)).toEqual(['removed', 'removed']);
    expect((await get(`/${await stored({})}`)).changes).toEqual([]);
    const many = JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, n])));
    const large = await get(`/${await stored({ after_state: many })}`);
    expect([large.changes.length, large.changesTruncated]).toEqual([200, true]);
  });
});

describe('an auditor of some services', () => {
  it('sees these only, in lists, charts and alone, and loses them with the grant at once', async () => {
    const [mine, other] = [await app.service(), await app.service()];
    const session_id = randomUUID();
    const ids = await Promise.all([mine, other, NO_SERVICE].map((service_id) => stored({ service_id, session_id })));
    const scoped = await app.person('auditor', mine);
    const list = () => app.call('GET', `${PATH}?sessionId=${session_id}`, { as: scoped });
    expect(idsOf((await list()).json)).toEqual([ids[0]]);
    expect((await get(`/histogram?sessionId=${session_id}`, scoped)).total).toBe(1);
    expect((await get(`/histogram?sessionId=${session_id}`)).total).toBe(3);
    const statuses = async () => {
      const answers = await Promise.all(ids.map((id) => app.call('GET', `${PATH}/${id}`, { as: scoped })));
      return answers.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 404, 404]);
    // What is about no service, or about one that is not theirs, is refused by Postgres, which records it.
    for (const serviceId of [other, NO_SERVICE, randomUUID()])
      for (const path of [PATH, `${PATH}/histogram`])
        expect((await app.call('GET', `${path}?serviceId=${serviceId}`, { as: scoped })).status).toBe(404);
    const { rows } = await app.db.query(
      `SELECT action, outcome FROM audit_outbox WHERE actor_id = $1 AND service_id = $2`,
      [scoped.id, other],
    );
    expect(rows).toEqual([1, 2].map(() => ({ action: 'audit.logs.read', outcome: 'denied' })));
    expect(
      idsOf(
        (await app.call('GET', `${PATH}?sessionId=${session_id}&serviceId=${mine.toUpperCase()}`, { as: scoped })).json,
      ),
    ).toEqual([ids[0]]);

    const owner = await app.person('owner');
    const grants = await app.call('GET', `/v1/admin/grants?adminId=${scoped.id}`, { as: owner });
    const removed = await app.call('DELETE', `/v1/admin/grants/${grants.json.items[0].id}`, { as: owner });
    expect(removed.status).toBe(204);
    expect([(await list()).status, await statuses()]).toEqual([404, [404, 404, 404]]);
    await app.grant(scoped.id, 'auditor', other);
    expect(idsOf((await list()).json)).toEqual([ids[1]]);
  });

  it('is known without asking Postgres again', async () => {
    const scoped = await app.person('auditor', await app.service());
    await app.call('GET', PATH, { as: scoped });
    const paths = [PATH, `${PATH}?actorEmail=a@example.com`, `${PATH}/histogram`, `${PATH}/${randomUUID()}`];
    // Statements say for which trace they are; those of others are on their way at any time.
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const tripsOf = (work: () => Promise<unknown>) => app.tripsOf((body) => body.includes(traceId), work);
    const trips = await tripsOf(async () => {
      for (const path of paths) expect((await app.call('GET', path, { as: scoped, headers })).status).toBeLessThan(500);
    });
    expect(trips).toBe(0);
    const stranger = await app.person('auditor', await app.service());
    expect(await tripsOf(() => app.call('GET', PATH, { as: stranger, headers }))).toBeGreaterThan(0);
    console.log(`reads of a scoped auditor: tried ${paths.length}, round trips to Postgres 0`);
  });
});
