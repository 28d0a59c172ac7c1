import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../drizzle/client.ts';
import { runDueSchedule } from '../../drizzle/repositories/operation-schedule-runs.ts';
import { type App, commonApp, type Person } from '../app.ts';
import { pick } from '../audit-rows.ts';
import {
  change,
  made,
  makeDue,
  nightly,
  once,
  operationsBy,
  read,
  recordsOf,
  stored,
  tick,
} from '../operation-schedules.ts';
import { random } from '../random.ts';
import { roleOf } from '../roles.ts';

let app: App;
let operator: Person;
let owner: Person;
let service: string;
beforeAll(async () => {
  app = await commonApp();
  [operator, owner] = await Promise.all([app.person('operator'), app.person('owner')]);
  service = await app.service();
});
afterAll(() => app.stop());

const features = (...codes: string[]) => ({
  ...nightly(service),
  type: 'features.toggle',
  target: { type: 'features', items: codes.map((code) => ({ serviceId: service, code, isActive: true })) },
  parameters: {},
});
describe('operation-schedules.refused', () => {
  it('makes none when its owner may not any more, and says why', async () => {
    const lacks = (permission: string) =>
      `Its owner does not hold the permission ${permission} for what it is about any more.`;
    const keep = (permissions: string) =>
      `UPDATE roles SET permissions = '${permissions}' WHERE id IN (SELECT role_id FROM grants WHERE admin_id = $1)`;
    const cases: [what: string, sql: string, says: string][] = [
      ['locked', `UPDATE admins SET status = 'locked' WHERE id = $1`, 'Its owner is locked.'],
      ['removed', `UPDATE admins SET status = 'removed' WHERE id = $1`, 'Its owner is no admin any more.'],
      ['role taken', 'DELETE FROM grants WHERE admin_id = $1', lacks('operations.execute')],
      ['type permission lost', keep('{operations.execute}'), lacks('services.config.update')],
      ['execute lost', keep('{services.config.update}'), lacks('operations.execute')],
      [
        'service taken',
        `UPDATE grants SET service_id = '${await app.service()}' WHERE admin_id = $1`,
        '1 of what it names is not there, or nothing its owner may change.',
      ],
    ];
    const tried: { what: string; says: string; person: Person; id: string }[] = [];
    for (const [what, sql, says] of cases)
      for (const about of [null, service]) {
        const person = await app.person(await roleOf(app, 'operations.execute', 'services.config.update'), about);
        const body = nightly(service);
        const { id } = await made(app, person, about ? once(body) : body);
        await app.db.query(sql, [person.id]);
        tried.push({ what, says, person, id });
      }
    await makeDue(
      app,
      tried.map(({ id }) => id),
    );
    await Promise.all([tick(app), tick(app)]);
    await tick(app);
    for (const { what, says, person, id } of tried) {
      expect([what, await operationsBy(app, id)]).toEqual([what, []]);
      const json = await read(app, owner, id, '?owner=all');
      expect(json).toMatchObject({ enabled: false, nextRunAt: null, lastError: says, lastRunAt: null, version: 2 });
      const records = (await recordsOf(app, id)).filter((r) => r.actor_role === 'system');
      expect(records).toMatchObject([
        { action: 'operation.request', resource: 'operation', outcome: 'denied' },
        { action: 'operation.schedule.disable', resource: 'operation_schedule', resource_id: id, outcome: 'success' },
      ]);
      for (const record of records)
        expect([record.actor_id, record.reason]).toEqual([person.id, `schedule ${id}: ${says}`]);
      expect(records[1]).toMatchObject({
        before_state: { enabled: true, lastError: null },
        after_state: { enabled: false, lastError: says },
      });
    }
    console.log(`owners who may not any more: tried ${tried.length}, operations made 0`);
  });

  it('is not stopped by one that cannot be run, and switches that one off', async () => {
    const code = `f-${randomUUID()}`;
    const body = { code, name: 'x', isActive: false };
    await app.call('POST', `/v1/admin/services/${service}/features`, { as: owner, body });
    const [zone, type, target, field, gone, self] = await Promise.all([
      ...[0, 1, 2, 3].map(() => made(app, operator, nightly(service))),
      made(app, operator, features(code)),
      made(app, owner, {
        ...nightly(service),
        type: 'admins.lock',
        target: { type: 'admins', ids: [operator.id, owner.id] },
        parameters: {},
      }),
    ]);
    const { id } = await made(app, operator, nightly(service));
    const set = (of: { id: string }, to: string) =>
      app.db.query(`UPDATE operation_schedules SET ${to} WHERE id = $1`, [of.id]);
    await set(zone, `time_zone = 'Europe/Atlantis'`);
    await set(type, `type = 'constructor'`);
    await set(target, `target = '{"type": "planet"}'`);
    await set(field, `parameters = '{"gone": 1}'`);
    await app.db.query('DELETE FROM service_features WHERE code = $1', [code]);
    const says = 'What it asks for cannot be done any more; change it first.';
    const broken: [{ id: string }, string][] = [
      ...[zone, type, target, field].map((each): [{ id: string }, string] => [each, says]),
      [gone, '1 of what it names is not there, or nothing its owner may change.'],
      [self, 'You are among these admins; leave yourself out.'],
    ];
    await makeDue(
      app,
      broken.map(([each]) => each.id),
      '10 minutes',
    );
    await makeDue(app, [id]);
    await tick(app);
    expect(await operationsBy(app, id)).toHaveLength(1);
    for (const [each, why] of broken) {
      expect(await stored(app, each.id)).toMatchObject({ enabled: false, next_run_at: null, last_error: why });
      expect(await operationsBy(app, each.id)).toEqual([]);
    }
    // It can be put in order again.
    const { parameters } = nightly(service);
    const mended = await change(app, operator, field.id, { parameters, enabled: true });
    expect([mended.status, mended.json.lastError]).toEqual([200, null]);
    expect((await change(app, operator, type.id, { name: 'x' })).json.errors[0].field).toBe('type');
  });

  it('goes on when its owner may again and switches it on', async () => {
    const person = await app.person('operator');
    const { id } = await made(app, person, nightly(service));
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [person.id]);
    await makeDue(app, [id]);
    await tick(app);
    await app.db.query(`UPDATE admins SET status = 'active' WHERE id = $1`, [person.id]);
    expect((await read(app, person, id)).lastError).toBe('Its owner is locked.');
    const { json } = await change(app, person, id, { enabled: true });
    expect([json.enabled, json.lastError, Date.parse(json.nextRunAt) > Date.now()]).toEqual([true, null, true]);
    await makeDue(app, [id]);
    await tick(app);
    expect(await operationsBy(app, id)).toHaveLength(1);
  });
});

describe('operation-schedules.scope', () => {
  it('is what a request by its owner would get', async () => {
    const services = [await app.service(), await app.service(), await app.service()];
    const roles = [
      await roleOf(app, 'operations.execute'),
      await roleOf(app, 'services.config.update'),
      await roleOf(app, 'operations.execute', 'services.config.update'),
      await roleOf(app, 'services.view'),
    ];
    const some = () => services.filter(() => random() < 0.5);
    const targets = [
      () => ({ type: 'every-service' }),
      () => ({ type: 'service', id: pick(services) }),
      () => ({ type: 'services', ids: [pick(services), ...some()] }),
    ];
    const drawn = Array.from({ length: 40 }, () => ({
      id: randomUUID(),
      grants: Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
        name: pick(roles),
        serviceId: random() < 0.25 ? null : pick(services),
      })),
      body: pick([
        { type: 'services.maintenance', target: pick(targets)(), parameters: { maintenanceMode: true } },
        { type: 'cache.purge', target: pick(targets)(), parameters: {} },
        { type: 'security.release', target: pick(targets)(), parameters: {} },
      ]),
    }));
    const tried = await Promise.all(
      drawn.map(async ({ id, grants, body }) => {
        const person = await app.person(null);
        const different = new Map(grants.map((grant) => [JSON.stringify(grant), grant]));
        for (const { name, serviceId } of different.values()) await app.grant(person.id, name, serviceId);
        await app.db.query(
          `INSERT INTO operation_schedules (id, owner_id, name, type, target, parameters, reason, cron, time_zone, next_run_at)
           VALUES ($1, $2, 'x', $3, $4, $5, 'x', '0 6 * * *', 'UTC', now())`,
          [id, person.id, body.type, body.target, body.parameters],
        );
        const asked = await app.call('POST', '/v1/admin/operations', { as: person, body: { ...body, reason: 'x' } });
        return { id, requested: asked.status === 202 ? (asked.json.id as string) : null };
      }),
    );
    await tick(app);
    const ofPlan = `SELECT o.scope, o.permission, o.risk, o.phase IN ('awaiting_approval') AS waits, o.items_total, o.locks,
      (SELECT array_agg(c.ids::text ORDER BY c.seq_from) FROM admin_operation_chunks c WHERE c.operation_id = o.id) AS ids
      FROM admin_operations o WHERE`;
    const seen = { made: 0, refused: 0 };
    for (const { id, requested } of tried) {
      const [scheduled] = (await app.db.query(`${ofPlan} o.schedule_id = $1`, [id])).rows;
      const [wanted] = (await app.db.query(`${ofPlan} o.id = $1`, [requested])).rows;
      expect(scheduled).toEqual(wanted);
      seen[scheduled ? 'made' : 'refused']++;
    }
    expect(Math.min(seen.made, seen.refused)).toBeGreaterThan(3);
    console.log(`scope: tried ${tried.length} owners, made ${seen.made}, refused ${seen.refused}, differing 0`);
  });

  it('asks of every selection nothing that an owner without a session has not', async () => {
    const { id, version } = await made(app, owner, nightly(service));
    await makeDue(app, [id]);
    const { next_run_at: dueAt } = await stored(app, id);
    const nothing = { sessionId: '', reason: '', requestId: '', traceId: '', nextRunAt: null };
    const names = Object.keys(runDueSchedule) as (keyof typeof runDueSchedule)[];
    const client = await app.db.connect();
    for (const name of names) {
      const events = [0, 1].map(() => randomUUID());
      const { text, parameters } = call(runDueSchedule[name], {
        ...nothing,
        ...{ operationId: randomUUID(), eventId: events[0] ?? '', offEventId: events[1] ?? '' },
        ...{
          eventTime: dueAt,
          offEventTime: dueAt,
          action: 'a',
          offAction: 'b',
          idleAction: 'c',
          idle: 'd',
          over: 'e',
        },
        ...{ type: name, parameters: '{}', ask: '{}', list: '[]', patches: '{}', serviceId: null },
        // Other files of this process leave thousands of sessions in the database.
        ...{ mostTargets: 1_000_000, partial: false, forbidden: [], targetType: 'x', targetId: null, risk: 'routine' },
        ...{ permission: 'operations.execute', phase: 'queued', locks: [], approvalsNeeded: 0, approverRoles: [] },
        ...{ approveSeconds: 1, scheduleId: id, version, dueAt: dueAt.toISOString() },
      });
      await client.query('BEGIN');
      const { rows } = await client.query(text, parameters);
      await client.query('ROLLBACK');
      expect([name, rows.length, rows[0]?.moved, rows[0]?.refused]).toEqual([name, 1, true, null]);
    }
    client.release();
    expect(names.length).toBeGreaterThan(7);
    console.log(`selections planned for an owner: tried ${names.length}, failed 0`);
  });
});
