import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { change, made, nightly, post, read, recordsOf, SCHEDULES } from '../operation-schedules.ts';
import { roleOf } from '../roles.ts';

let app: App;
let operator: Person;
let service: string;
beforeAll(async () => {
  app = await commonApp();
  operator = await app.person('operator');
  service = await app.service();
});
afterAll(() => app.stop());

const later = (ms: number) => new Date(Date.now() + ms).toISOString();
const HOUR = 3_600_000;

describe('operation-schedules.resource', () => {
  it('is made, read, listed, changed and deleted, each change with its record', async () => {
    const answer = await post(app, operator, nightly(service), { 'Audit-Reason': 'ticket 4' });
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    const { id } = answer.json;
    expect(answer.headers.get('location')).toBe(`${SCHEDULES}/${id}`);
    expect(answer.json).toMatchObject({
      ...nightly(service),
      ownerId: operator.id,
      ownerEmail: operator.email,
      at: null,
      enabled: true,
      lastRunAt: null,
      lastOperationId: null,
      lastError: null,
    });
    const times = answer.json.nextRuns.map((at: string) =>
      new Date(at).toLocaleTimeString('de', { timeZone: 'Europe/Berlin', timeStyle: 'short' }),
    );
    expect(times).toEqual(['02:30', '02:30', '02:30']);
    expect(answer.json.nextRunAt).toBe(answer.json.nextRuns[0]);
    expect(Date.parse(answer.json.nextRunAt)).toBeGreaterThan(Date.now());
    expect(await read(app, operator, id)).toEqual(answer.json);
    expect((await app.call('GET', SCHEDULES, { as: operator })).json.items).toContainEqual(answer.json);

    expect((await change(app, operator, id, { cron: '0 7 * * *' }, { 'If-Match': '"2"' })).status).toBe(412);
    const changed = await change(app, operator, id, { cron: '0 7 * * *', timeZone: 'UTC' }, { 'If-Match': '"1"' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect(changed.json.nextRunAt.slice(11)).toBe('07:00:00.000Z');
    expect((await change(app, operator, id, { cron: '0  7 * * *' })).headers.get('etag')).toBe('"2"');
    expect((await app.call('DELETE', `${SCHEDULES}/${id}`, { as: operator })).status).toBe(204);
    expect((await app.call('GET', `${SCHEDULES}/${id}`, { as: operator })).status).toBe(404);
    const records = await recordsOf(app, id);
    expect(records.map((r) => [r.action, r.outcome, r.before_state?.cron, r.after_state?.cron])).toEqual([
      ['operation.schedule.create', 'success', undefined, '30 2 * * *'],
      ['operation.schedule.update', 'success', '30 2 * * *', '0 7 * * *'],
      ['operation.schedule.delete', 'success', '0 7 * * *', undefined],
    ]);
    expect(records[0].reason).toBe('ticket 4');
  });

  it('comes once at an instant, or again and again, and may go from one to the other', async () => {
    const { cron, timeZone, ...rest } = nightly(service);
    const at = later(HOUR);
    const offset = `${new Date(Date.parse(at) + 2 * HOUR).toISOString().slice(0, -1)}+02:00`;
    const once = await made(app, operator, { ...rest, at: offset });
    expect(once).toMatchObject({ at, cron: null, timeZone: null, nextRunAt: at, nextRuns: [at] });
    const again = (await change(app, operator, once.id, { at: null, cron })).json;
    expect(again).toMatchObject({ at: null, cron, timeZone: 'UTC' });
    expect(again.nextRunAt.slice(11)).toBe('02:30:00.000Z');
    expect((await change(app, operator, once.id, { timeZone })).json).toMatchObject({ cron, timeZone });
    const back = (await change(app, operator, once.id, { at, cron: null })).json;
    expect(back).toMatchObject({ at, cron: null, timeZone: null, nextRunAt: at });
    const off = (await change(app, operator, once.id, { enabled: false })).json;
    expect(off).toMatchObject({ at, nextRunAt: null, nextRuns: [] });
    // What has passed comes no second time.
    await app.db.query(`UPDATE operation_schedules SET at = now() - interval '1 hour' WHERE id = $1`, [once.id]);
    expect((await change(app, operator, once.id, { name: 'Renamed' })).status).toBe(200);
    for (const body of [{ enabled: true }, { at: later(-1000) }, { at: later(-1000), enabled: true }])
      expect((await change(app, operator, once.id, body)).json.errors).toEqual([
        { field: 'at', reason: 'must be in the future' },
      ]);
    expect((await post(app, operator, { ...rest, at: later(-1000) })).json.errors[0].field).toBe('at');
    expect((await change(app, operator, once.id, { at, enabled: true })).json.nextRunAt).toBe(at);
  });

  it('gives the first answer again for one Idempotency-Key, and refuses it for another request', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await post(app, operator, nightly(service), key);
    expect((await post(app, operator, nightly(service), key)).text).toBe(first.text);
    expect((await post(app, operator, { ...nightly(service), cron: '0 8 * * *' }, key)).json.code).toBe(
      'idempotency_key_reused',
    );
  });

  it('pages by keyset', async () => {
    const person = await app.person('operator');
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await made(app, person, { ...nightly(service), name: `n ${n}` })).id);
    const first = (await app.call('GET', `${SCHEDULES}?limit=3`, { as: person })).json;
    const second = (await app.call('GET', `${SCHEDULES}?limit=3&cursor=${first.nextCursor}`, { as: person })).json;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
  });

  it('says what is wrong with what it is given', async () => {
    const secret = `Bearer ${await app.mint({ sub: 'x' })}`;
    const bad: [body: object, field: string, says: string][] = [
      [{ cron: '0 6 * *' }, 'cron', 'must have five fields'],
      [{ cron: '*/5 * * * *' }, 'cron', 'more often than once in 15 minutes'],
      [{ timeZone: '+02:00' }, 'timeZone', 'such as Europe/Berlin'],
      [{ at: later(HOUR) }, 'at', 'must be null where cron is given'],
      [{ cron: null, timeZone: null }, 'cron', 'one of the two says when'],
      [{ cron: null, at: later(HOUR), timeZone: 'UTC' }, 'timeZone', 'only where cron is given'],
      [{ cron: null, timeZone: null, at: '2027-01-01' }, 'at', 'must be a time with its offset'],
      [{ cron: null, timeZone: null, at: '0000-01-01T00:00:00Z' }, 'at', 'must be later than 1970'],
      [{ type: 'services.explode' }, 'type', 'Invalid option'],
      [{ target: { type: 'service', id: 'x' } }, 'target.id', 'Invalid'],
      [{ target: { type: 'services', ids: [service, randomUUID()] } }, 'target.ids', 'is not there'],
      [{ parameters: {} }, 'parameters.maintenanceMode', 'expected boolean'],
      [{ parameters: { maintenanceMode: true, nonsense: 1 } }, 'parameters.nonsense', 'is not known'],
      [{ reason: ' ' }, 'reason', 'must say why'],
      [{ reason: secret }, 'reason', 'looks like it holds a secret'],
      [{ name: ' ' }, 'name', 'must not be empty'],
      [{ every: 'day' }, 'every', 'is not a field'],
    ];
    const { id } = await made(app, operator, nightly(service));
    for (const [body, field, says] of bad)
      for (const answer of [
        await post(app, operator, { ...nightly(service), ...body }),
        await change(app, operator, id, body),
      ]) {
        expect([body, answer.status, answer.json.errors?.[0].field]).toEqual([body, 422, field]);
        expect(`${answer.json.detail} ${answer.json.errors[0].reason}`).toContain(says);
      }
    console.log(`bad schedules: tried ${bad.length * 2}, accepted 0`);
  });

  it('are at most 50 an admin, also when several come at once', async () => {
    const person = await app.person('operator');
    await app.db.query(
      `INSERT INTO operation_schedules (id, owner_id, name, type, target, parameters, reason, cron, time_zone)
       SELECT gen_random_uuid(), $1, 'filler', 'cache.purge', '{"type": "every-service"}', '{}', 'x', '0 6 * * *', 'UTC' FROM generate_series(1, 49)`,
      [person.id],
    );
    const answers = await Promise.all([0, 1, 2].map(() => post(app, person, nightly(service))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });
});

describe('operation-schedules.permission', () => {
  it('makes them their owner’s alone', async () => {
    const { id } = await made(app, operator, nightly(service));
    const other = await app.person('operator');
    const answers = [
      await app.call('GET', `${SCHEDULES}/${id}`, { as: other }),
      await change(app, other, id, { name: 'x' }),
      await change(app, other, id, { enabled: false }),
      await change(app, other, id, { name: 'x' }, { 'If-Match': '"9"' }),
      await app.call('DELETE', `${SCHEDULES}/${id}`, { as: other }),
      await app.call('POST', `${SCHEDULES}/${id}/run`, { as: other }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect((await app.call('GET', SCHEDULES, { as: other })).json.items).toEqual([]);
    expect(await read(app, operator, id)).toMatchObject({ name: 'Nightly maintenance', enabled: true });
  });

  it('lets who manages admins see, switch off and delete anybody’s, and nothing more', async () => {
    const { id } = await made(app, operator, nightly(service));
    const owner = await app.person('owner');
    expect((await app.call('GET', `${SCHEDULES}/${id}`, { as: owner })).status).toBe(404);
    expect((await read(app, owner, id, '?owner=all')).ownerEmail).toBe(operator.email);
    const { json } = await app.call('GET', `${SCHEDULES}?owner=all&limit=200`, { as: owner });
    expect(json.items.map((each: { id: string }) => each.id)).toContain(id);
    for (const body of [{ name: 'x' }, { enabled: true }, { enabled: false, cron: '0 7 * * *' }, {}])
      expect((await change(app, owner, id, body, {}, '?owner=all')).json.errors[0].field).toBe('enabled');
    const off = await change(app, owner, id, { enabled: false }, {}, '?owner=all');
    expect([off.status, off.json.enabled, off.json.nextRunAt, off.json.nextRuns]).toEqual([200, false, null, []]);
    expect((await app.call('POST', `${SCHEDULES}/${id}/run?owner=all`, { as: owner })).status).toBe(404);
    expect((await app.call('DELETE', `${SCHEDULES}/${id}?owner=all`, { as: owner })).status).toBe(204);
    expect((await recordsOf(app, id)).map((r) => [r.action, r.actor_id])).toEqual([
      ['operation.schedule.create', operator.id],
      ['operation.schedule.any.disable', owner.id],
      ['operation.schedule.any.delete', owner.id],
    ]);
    const mine = await made(app, operator, nightly(service));
    const local = await app.person('owner', service);
    for (const [person, status] of [
      [operator, 403],
      [local, 404],
    ] as const)
      for (const answer of [
        await app.call('GET', `${SCHEDULES}?owner=all`, { as: person }),
        await app.call('GET', `${SCHEDULES}/${mine.id}?owner=all`, { as: person }),
        await change(app, person, mine.id, { enabled: false }, {}, '?owner=all'),
        await app.call('DELETE', `${SCHEDULES}/${mine.id}?owner=all`, { as: person }),
      ])
        expect(answer.status).toBe(status);
    expect((await app.call('GET', `${SCHEDULES}?owner=me`, { as: owner })).status).toBe(400);
  });

  it('asks for the permission of the type at creation and change, for what is named', async () => {
    const elsewhere = await app.service();
    const local = await app.person('operator', service);
    const { id } = await made(app, local, nightly(service));
    const there = { target: { type: 'service', id: elsewhere } };
    expect((await post(app, local, nightly(elsewhere))).status).toBe(404);
    expect((await change(app, local, id, there)).status).toBe(404);
    // Of types that are about everything only grants that hold everywhere count.
    const purge = { type: 'dead-letters.replay', target: { type: 'every-queue' }, parameters: {} };
    expect((await post(app, local, { ...nightly(service), ...purge })).status).toBe(404);
    expect((await change(app, local, id, purge)).status).toBe(404);
    const executor = await app.person(await roleOf(app, 'operations.execute'));
    const refused = await post(app, executor, nightly(service));
    expect([refused.status, refused.json.detail]).toEqual([403, 'This needs the permission services.config.update.']);
    expect((await post(app, await app.person('viewer'), nightly(service))).status).toBe(403);
    // Off it goes without the permission, and nothing else.
    await app.db.query('DELETE FROM grants WHERE admin_id = $1', [local.id]);
    await app.grant(local.id, await roleOf(app, 'operations.execute'), service);
    expect((await change(app, local, id, { name: 'x' })).status).toBe(403);
    expect((await change(app, local, id, { enabled: false })).json.enabled).toBe(false);
    expect((await change(app, local, id, { enabled: true })).status).toBe(403);
  });
});
