import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { operationsOf } from '../operations.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let other: Person;
beforeAll(async () => {
  app = await commonApp();
  operations = operationsOf(app);
  owner = await app.person('owner');
  other = await app.person('owner');
});
afterAll(() => app.stop());

const configOf = async (serviceId: string) =>
  (await app.db.query('SELECT * FROM service_config WHERE service_id = $1', [serviceId])).rows[0];

describe('operations.happy', () => {
  it('a routine one: planned, started at once, done, recorded, and put back', async () => {
    const services = await Promise.all([app.service(), app.service(), app.service()]);
    const asked = await operations.asked(owner, {
      type: 'services.maintenance',
      target: { type: 'services', ids: services },
      parameters: { maintenanceMode: true, message: 'Back soon.', plannedEnd: '2027-01-01T06:00:00Z' },
      reason: 'moving the database',
    });
    expect(asked).toMatchObject({
      status: 'pending',
      phase: 'queued',
      risk: 'routine',
      targetType: 'services',
      targetId: null,
      plan: { itemsTotal: 3, kinds: { service_config: 3 }, undo: { service_config: true } },
    });
    expect(asked.plan.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await operations.reached(asked.id)).toBe('completed');
    const done = await operations.read(owner, asked.id);
    expect(done).toMatchObject({ status: 'completed', itemsDone: 3, itemsFailed: 0, progress: { percent: 100 } });
    for (const service of services)
      expect(await configOf(service)).toMatchObject({
        maintenance_mode: true,
        maintenance_message: 'Back soon. It is planned to end at 2027-01-01T06:00:00Z.',
        version: 2,
      });
    expect((await operations.call(owner, 'undo', asked.id)).status).toBe(200);
    expect(await operations.reached(asked.id)).toBe('undone');
    for (const service of services)
      expect(await configOf(service)).toMatchObject({ maintenance_mode: false, maintenance_message: null, version: 3 });
    await app.drained();
    const records = await app.auditOf(services[0] as string);
    expect(records.map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
      ['service.config.update', 'success', `moving the database [operation ${asked.id}]`],
      ['service.config.update', 'success', `Undone. [operation ${asked.id}]`],
    ]);
  });

  it('a destructive one waits for another admin, then ends every session of an admin at once', async () => {
    const victim = await app.person('viewer');
    expect((await app.call('GET', '/v1/admin/me', { as: victim })).status).toBe(200);
    const asked = await operations.asked(owner, {
      type: 'sessions.revoke',
      target: { type: 'admin', id: victim.id },
    });
    expect(asked).toMatchObject({ phase: 'awaiting_approval', approval: { needed: 1, decisions: [] } });
    expect(asked.plan.kinds).toEqual({ admin_epoch: 1, session: 1 });
    expect((await operations.start(owner, asked.id)).json.code).toBe('conflict');
    expect((await operations.approve(other, asked)).json).toMatchObject({ phase: 'approved' });
    expect((await operations.start(owner, asked.id)).json).toMatchObject({ phase: 'queued' });
    expect(await operations.reached(asked.id)).toBe('completed');
    const refused = await app.call('GET', '/v1/admin/me', { as: victim });
    expect([refused.status, refused.json.code]).toEqual([401, 'session_ended']);
    const items = await operations.items(owner, asked.id);
    expect(items.map((each: { kind: string; outcome: string }) => [each.kind, each.outcome])).toEqual([
      ['admin_epoch', 'succeeded'],
      ['session', 'succeeded'],
    ]);
  });
});
