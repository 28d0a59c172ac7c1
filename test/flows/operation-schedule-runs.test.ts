import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { pick } from '../audit-rows.ts';
import {
  change,
  made,
  makeDue,
  nightly,
  once,
  operationsBy,
  purge,
  read,
  recordsOf,
  SCHEDULES,
  stored,
  tick,
} from '../operation-schedules.ts';
import { operationsOf } from '../operations.ts';
import { random } from '../random.ts';
import { roleOf } from '../roles.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let operator: Person;
let owner: Person;
let service: string;
beforeAll(async () => {
  app = await startApp();
  operations = operationsOf(app);
  [operator, owner] = await Promise.all([app.person('operator'), app.person('owner')]);
  service = await app.service();
});
beforeEach(() => app.postgres.decide(() => 'none'));
afterAll(() => app.stop());

const configOf = async (serviceId: string) =>
  (await app.db.query('SELECT * FROM service_config WHERE service_id = $1', [serviceId])).rows[0];
describe('operation-schedules.run', () => {
  it('makes an operation of what there is then, as its owner, once for a time missed often', async () => {
    const [mine, elsewhere] = [await app.service(), await app.service()];
    const local = await app.person('operator', mine);
    const { id, nextRunAt } = await made(app, local, { ...nightly(mine), target: { type: 'every-service' } });
    await tick(app);
    expect(await operationsBy(app, id)).toEqual([]);
    const added = await app.service();
    await app.grant(local.id, 'operator', added);
    await makeDue(app, [id], '5 days');
    await tick(app);
    await tick(app);
    const [run, ...more] = await operationsBy(app, id);
    expect(more).toEqual([]);
    expect(run).toMatchObject({
      actor_admin_id: local.id,
      started_by: local.id,
      actor_role: 'system',
      target_type: 'every-service',
      reason: 'moving the database',
      items_total: 2,
    });
    expect(run.scope.toSorted()).toEqual([mine, added].toSorted());
    expect(await operations.reached(run.id)).toBe('completed');
    for (const [each, maintenance_mode] of [
      [mine, true],
      [added, true],
      [elsewhere, false],
    ] as const)
      expect(await configOf(each)).toMatchObject({ maintenance_mode });
    const after = await read(app, local, id);
    expect(after).toMatchObject({ nextRunAt, lastOperationId: run.id, lastError: null, version: 1, enabled: true });
    expect(Date.parse(after.lastRunAt)).toBeGreaterThan(Date.now() - 60_000);
    expect((await recordsOf(app, id)).slice(1)).toMatchObject([
      {
        action: 'operation.request',
        resource: 'operation',
        resource_id: run.id,
        actor_id: local.id,
        actor_role: 'system',
        outcome: 'success',
        reason: `schedule ${id}: moving the database`,
        after_state: { scheduleId: id, type: 'services.maintenance', itemsTotal: 2, planHash: run.plan_hash },
      },
    ]);
    const listed = await app.call('GET', `/v1/admin/operations?scheduleId=${id}`, { as: local });
    expect(listed.json.items.map((each: { id: string; scheduleId: string }) => [each.id, each.scheduleId])).toEqual([
      [run.id, id],
    ]);
    const none = await app.call('GET', `/v1/admin/operations?scheduleId=${randomUUID()}`, { as: owner });
    expect(none.json.items).toEqual([]);
  });

  it('runs each once, however many runners there are', async () => {
    let tried = 0;
    for (let round = 0; round < 4; round++) {
      const ids = (await Promise.all([0, 1, 2].map(() => made(app, operator, nightly(service))))).map(({ id }) => id);
      await makeDue(app, ids);
      await Promise.all([0, 1, 2, 3].map(() => tick(app)));
      for (const id of ids) {
        expect(await operationsBy(app, id)).toHaveLength(1);
        expect((await recordsOf(app, id)).filter((r) => r.action === 'operation.request')).toHaveLength(1);
        tried++;
      }
    }
    console.log(`four runners at once: tried ${tried} schedules, made twice 0, left out 0`);
  });

  it('comes once where it has an instant, and is off then', async () => {
    const { id, version } = await made(app, operator, once(nightly(service)));
    await makeDue(app, [id], '2 days');
    await Promise.all([tick(app), tick(app)]);
    await tick(app);
    const [run, ...more] = await operationsBy(app, id);
    expect(more).toEqual([]);
    expect(await read(app, operator, id)).toMatchObject({
      enabled: false,
      nextRunAt: null,
      nextRuns: [],
      lastOperationId: run.id,
      lastError: null,
      version: version + 1,
    });
    expect((await recordsOf(app, id)).slice(1)).toMatchObject([
      { action: 'operation.request', outcome: 'success' },
      {
        action: 'operation.schedule.disable',
        outcome: 'success',
        reason: `schedule ${id}: Its one time has come.`,
        before_state: { enabled: true },
        after_state: { enabled: false, lastOperationId: run.id },
      },
    ]);
  });

  it('lets every run of a destructive one wait for a word of its own', async () => {
    const config = { type: 'services.config.apply', parameters: { patch: { rateLimitWindow: 30 } } };
    const { id } = await made(app, operator, { ...nightly(service), ...config });
    for (let n = 0; n < 2; n++) {
      await makeDue(app, [id]);
      await tick(app);
    }
    const runs = await operationsBy(app, id);
    expect(runs).toMatchObject(
      [0, 1].map(() => ({ phase: 'awaiting_approval', approvals_needed: 1, started_by: null })),
    );
    const approve = (as: Person, n: number, planHash: string) =>
      operations.call(as, 'approve', runs[n].id, { planHash });
    expect((await approve(operator, 0, runs[0].plan_hash)).status).toBe(403);
    expect((await approve(owner, 0, runs[0].plan_hash)).json.phase).toBe('approved');
    expect(await operations.phaseOf(runs[1].id)).toBe('awaiting_approval');
    expect((await operations.start(operator, runs[1].id)).json.code).toBe('conflict');
    expect((await operations.start(operator, runs[0].id)).status).toBe(200);
    expect(await operations.reached(runs[0].id)).toBe('completed');
    expect((await approve(owner, 1, runs[1].plan_hash)).json.code).toBe('plan_drifted');
  });

  it('leaves alone what is off or changed meanwhile', async () => {
    const { id } = await made(app, operator, nightly(service));
    // A change of something else does not move its time.
    await makeDue(app, [id]);
    await change(app, operator, id, { reason: 'moving it again' });
    await tick(app);
    expect(await operationsBy(app, id)).toMatchObject([{ reason: 'moving it again' }]);
    await makeDue(app, [id]);
    await change(app, operator, id, { enabled: false });
    await tick(app);
    expect(await operationsBy(app, id)).toHaveLength(1);
  });

  it('stays on when there is nothing to do, and says so', async () => {
    const { id, nextRunAt } = await made(app, operator, purge(service));
    const instant = await made(app, operator, once(purge(service)));
    await makeDue(app, [id, instant.id]);
    await tick(app);
    const idle = { lastError: 'There was nothing to do.', lastOperationId: null };
    expect(await read(app, operator, id)).toMatchObject({ ...idle, enabled: true, nextRunAt, version: 1 });
    expect((await read(app, operator, id)).lastRunAt).not.toBeNull();
    expect(await read(app, operator, instant.id)).toMatchObject({ ...idle, enabled: false, nextRunAt: null });
    expect([...(await operationsBy(app, id)), ...(await operationsBy(app, instant.id))]).toEqual([]);
    expect((await recordsOf(app, id)).slice(1)).toMatchObject([
      {
        action: 'operation.schedule.run',
        resource: 'operation_schedule',
        resource_id: id,
        outcome: 'success',
        reason: `schedule ${id}: There was nothing to do.`,
        after_state: { itemsTotal: 0 },
      },
    ]);
    await app.db.query(
      `INSERT INTO service_tester_users (id, service_id, user_id, created_by, expires_at)
       VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2, now() - interval '1 day')`,
      [service, owner.id],
    );
    await makeDue(app, [id]);
    await tick(app);
    expect(await operationsBy(app, id)).toMatchObject([{ items_total: 1 }]);
    expect((await read(app, operator, id)).lastError).toBeNull();
  });
});

describe('operation-schedules.run now', () => {
  const runNow = (as: Person, id: string, headers: Record<string, string> = {}) =>
    app.call('POST', `${SCHEDULES}/${id}/run`, { as, headers });

  it('makes an operation beside its times, also when it is off', async () => {
    const { id, nextRunAt } = await made(app, operator, nightly(service));
    const first = await runNow(operator, id);
    const { nextRunAt: still } = await read(app, operator, id);
    expect([first.status, still]).toEqual([202, nextRunAt]);
    await change(app, operator, id, { enabled: false });
    const second = await runNow(operator, id, { 'Audit-Reason': 'ticket 5' });
    const rows = await operationsBy(app, id);
    expect(rows.map((row) => [row.id, row.reason, row.actor_role])).toEqual([
      [first.json.operationId, 'moving the database', 'operator'],
      [second.json.operationId, 'ticket 5', 'operator'],
    ]);
    expect(second.headers.get('location')).toBe(`/v1/admin/operations/${rows[1].id}`);
    expect(await read(app, operator, id)).toMatchObject({
      enabled: false,
      nextRunAt: null,
      lastOperationId: rows[1].id,
    });
    const records = (await recordsOf(app, id)).filter((r) => r.action === 'operation.request');
    expect(records.map((r) => [r.reason, r.actor_role, r.after_state.scheduleId, r.service_id])).toEqual([
      ['moving the database', 'operator', id, service],
      ['ticket 5', 'operator', id, service],
    ]);
    expect(await operations.reached(rows[1].id)).toBe('completed');
  });

  it('is one for one Idempotency-Key', async () => {
    const { id } = await made(app, operator, nightly(service));
    const other = await made(app, operator, nightly(service));
    const key = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all([0, 1, 2].map(() => runNow(operator, id, key)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    // The same request, whatever became of the schedule since.
    await change(app, operator, id, { name: 'Renamed' });
    expect((await runNow(operator, id, key)).text).toBe(answers[0]?.text);
    expect(await operationsBy(app, id)).toHaveLength(1);
    expect((await runNow(operator, other.id, key)).json.code).toBe('idempotency_key_reused');
  });

  it('makes what the schedule says by then when it is changed meanwhile', async () => {
    const { id } = await made(app, operator, nightly(service));
    const client = await app.db.connect();
    await client.query('BEGIN');
    const { rows } = await client.query(
      `UPDATE operation_schedules SET reason = 'another', version = version + 1 WHERE id = $1 RETURNING pg_current_xact_id()::text AS xid`,
      [id],
    );
    const running = runNow(operator, id);
    const waits = 'SELECT FROM pg_locks WHERE NOT granted AND transactionid::text = $1';
    await until(
      async () => (await app.db.query(waits, [rows[0].xid])).rowCount === 1,
      'the run has read the schedule and waits for its row',
    ).finally(() => client.query('COMMIT').then(() => client.release()));
    const { operationId } = (await running).json;
    expect(await operationsBy(app, id)).toMatchObject([{ id: operationId, reason: 'another' }]);
  });

  it('says what a request would be told, and records who was refused', async () => {
    const idle = await made(app, operator, purge(await app.service()));
    expect((await runNow(operator, idle.id)).json.errors).toEqual([{ field: 'target', reason: 'finds nothing' }]);
    expect((await read(app, operator, idle.id)).lastRunAt).toBeNull();
    const name = await roleOf(app, 'operations.execute', 'services.config.update');
    const person = await app.person(name);
    const { id } = await made(app, person, nightly(service));
    await app.db.query(`UPDATE roles SET permissions = '{operations.execute}' WHERE name = $1`, [name]);
    const refused = await runNow(person, id);
    expect([refused.status, refused.json.detail]).toEqual([403, 'This needs the permission services.config.update.']);
    expect(await operationsBy(app, id)).toEqual([]);
    await until(
      async () => (await recordsOf(app, id)).some((r) => r.outcome === 'denied' && r.action === 'operation.request'),
      'the refusal is recorded',
    );
  });
});

// Last: what was running when the runtime died keeps its locks for a while.
describe('operation-schedules.crash', () => {
  it('runs each once though answers get lost and a runner dies', async () => {
    const bodies = Array.from({ length: 12 }, (_, n) => (n % 2 ? nightly(service) : once(nightly(service))));
    const ids = (await Promise.all(bodies.map((body) => made(app, operator, body)))).map(({ id }) => id);
    await makeDue(app, ids);
    let cut = 0;
    app.postgres.decide(({ body }) => {
      if (!body.includes('made AS') || random() < 0.5) return 'none';
      cut++;
      return pick(['lose-reply', 'refuse', 'error'] as const);
    });
    await Promise.all([tick(app), tick(app)]);
    const dying = tick(app).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random() * 50));
    await app.crash();
    await dying;
    app.postgres.decide(() => 'none');
    await tick(app);
    for (const id of ids) {
      const [{ id: operationId }, ...more] = await operationsBy(app, id);
      expect([more, (await stored(app, id)).last_operation_id]).toEqual([[], operationId]);
    }
    expect(cut).toBeGreaterThan(2);
    console.log(`killed once, ${cut} statements cut off: tried ${ids.length} schedules, made twice 0, left out 0`);
  });
});
