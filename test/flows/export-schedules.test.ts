import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { change, DAILY, made, post, read, recordsOf, role, SCHEDULES } from '../export-schedules.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

describe('export-schedules.resource', () => {
  it('is made, read, listed, changed and deleted, each change with its record', async () => {
    const answer = await post(app, auditor, { period: 'previous_day' }, { 'Audit-Reason': 'ticket 4' });
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    const { id } = answer.json;
    expect(answer.headers.get('location')).toBe(`${SCHEDULES}/${id}`);
    expect(answer.json).toMatchObject({
      ...DAILY,
      ownerId: auditor.id,
      ownerEmail: auditor.email,
      parameters: {},
      fileFormat: 'csv',
      compression: 'none',
      period: 'previous_day',
      enabled: true,
      lastRunAt: null,
      lastError: null,
    });
    const times = answer.json.nextRuns.map((at: string) =>
      new Date(at).toLocaleTimeString('de', { timeZone: 'Europe/Berlin', timeStyle: 'short' }),
    );
    expect(times).toEqual(['06:30', '06:30', '06:30']);
    expect(answer.json.nextRunAt).toBe(answer.json.nextRuns[0]);
    expect(Date.parse(answer.json.nextRunAt)).toBeGreaterThan(Date.now());
    expect(await read(app, auditor, id)).toEqual(answer.json);
    expect((await app.call('GET', SCHEDULES, { as: auditor })).json.items).toContainEqual(answer.json);

    expect((await change(app, auditor, id, { cron: '0 7 * * *' }, { 'If-Match': '"2"' })).status).toBe(412);
    const changed = await change(app, auditor, id, { cron: '0 7 * * *', timeZone: 'UTC' }, { 'If-Match': '"1"' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect(changed.json.nextRunAt.slice(11)).toBe('07:00:00.000Z');
    expect((await change(app, auditor, id, { cron: '0  7 * * *' })).headers.get('etag')).toBe('"2"');
    expect((await app.call('DELETE', `${SCHEDULES}/${id}`, { as: auditor })).status).toBe(204);
    expect((await app.call('GET', `${SCHEDULES}/${id}`, { as: auditor })).status).toBe(404);
    const records = await recordsOf(app, id);
    expect(records.map((r) => [r.action, r.outcome, r.before_state?.cron, r.after_state?.cron])).toEqual([
      ['export.schedule.create', 'success', undefined, '30 6 * * *'],
      ['export.schedule.update', 'success', '30 6 * * *', '0 7 * * *'],
      ['export.schedule.delete', 'success', '0 7 * * *', undefined],
    ]);
    expect(records[0].reason).toBe('ticket 4');
  });

  it('gives the first answer again for one Idempotency-Key, and refuses it for another request', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await post(app, auditor, {}, key);
    expect((await post(app, auditor, {}, key)).text).toBe(first.text);
    expect((await post(app, auditor, { cron: '0 8 * * *' }, key)).json.code).toBe('idempotency_key_reused');
  });

  it('pages by keyset', async () => {
    const person = await app.person('auditor');
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await made(app, person, { name: `n ${n}` })).id);
    const first = (await app.call('GET', `${SCHEDULES}?limit=3`, { as: person })).json;
    const second = (await app.call('GET', `${SCHEDULES}?limit=3&cursor=${first.nextCursor}`, { as: person })).json;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
  });

  it('says what is wrong with what it is given', async () => {
    const bad: [body: object, field: string, says: string][] = [
      [{ cron: '0 6 * *' }, 'cron', 'must have five fields'],
      [{ cron: '0 25 * * *' }, 'cron', 'Invalid value for hour: 25'],
      [{ cron: '0 6 ? * MON#2' }, 'cron', 'the day of month must be made of 1-31'],
      [{ cron: '@hourly' }, 'cron', 'must have five fields'],
      [{ cron: '*/5 * * * *' }, 'cron', 'more often than once in 15 minutes'],
      [{ cron: '0 0 31 2 *' }, 'cron', 'never comes'],
      [{ timeZone: 'Europe/Atlantis' }, 'timeZone', 'such as Europe/Berlin'],
      [{ timeZone: '+02:00' }, 'timeZone', 'such as Europe/Berlin'],
      [{ period: 'yesterday' }, 'period', 'Invalid option'],
      [{ period: 'previous_day', parameters: { from: '2026-01-01T00:00:00Z' } }, 'parameters.from', 'leave it out'],
      [{ period: 'previous_day', exportType: 'admins' }, 'period', 'cannot be narrowed to a time'],
      [{ exportType: 'passwords' }, 'exportType', 'Invalid option'],
      [{ parameters: { nonsense: 1 } }, 'parameters.nonsense', 'nonsense'],
      [{ fileFormat: 'pdf', compression: 'gzip' }, 'compression', 'must be none'],
      [{ name: ' ' }, 'name', 'must not be empty'],
      [{ every: 'day' }, 'every', 'is not a field'],
    ];
    const { id } = await made(app, auditor);
    for (const [body, field, says] of bad)
      for (const answer of [await post(app, auditor, body), await change(app, auditor, id, body)]) {
        expect([body, answer.status, answer.json.errors?.[0].field]).toEqual([body, 422, field]);
        expect(answer.json.detail).toContain(says);
      }
    // Whole only together: each alone is allowed.
    await change(app, auditor, id, { parameters: { from: '2026-01-01T00:00:00Z' } });
    expect((await change(app, auditor, id, { period: 'previous_day' })).json.errors[0].field).toBe('parameters.from');
    console.log(`bad schedules: tried ${bad.length * 2}, accepted 0`);
  });

  it('are at most 50 an admin, also when several come at once', async () => {
    const person = await app.person('auditor');
    await app.db.query(
      `INSERT INTO export_schedules (id, owner_id, name, export_type, parameters, file_format, cron)
       SELECT gen_random_uuid(), $1, 'filler', 'audit_logs', '{}', 'csv', '0 6 * * *' FROM generate_series(1, 49)`,
      [person.id],
    );
    const answers = await Promise.all([0, 1, 2].map(() => post(app, person)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });
});

describe('export-schedules.permission', () => {
  it('makes them their owner’s alone', async () => {
    const { id } = await made(app, auditor);
    const other = await app.person('operator');
    const answers = [
      await app.call('GET', `${SCHEDULES}/${id}`, { as: other }),
      await change(app, other, id, { name: 'x' }),
      await change(app, other, id, { name: 'x' }, { 'If-Match': '"9"' }),
      await app.call('DELETE', `${SCHEDULES}/${id}`, { as: other }),
      await app.call('POST', `${SCHEDULES}/${id}/run`, { as: other }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await app.call('GET', SCHEDULES, { as: other })).json.items).toEqual([]);
    expect((await read(app, auditor, id)).name).toBe(DAILY.name);
  });

  it('lets who manages admins see, switch off and delete anybody’s, and nothing more', async () => {
    const { id } = await made(app, auditor);
    const owner = await app.person('owner');
    expect((await app.call('GET', `${SCHEDULES}/${id}`, { as: owner })).status).toBe(404);
    expect((await app.call('GET', `${SCHEDULES}/${id}?owner=all`, { as: owner })).json.ownerEmail).toBe(auditor.email);
    const { json } = await app.call('GET', `${SCHEDULES}?owner=all&limit=200`, { as: owner });
    expect(json.items.map((each: { id: string }) => each.id)).toContain(id);
    for (const body of [{ name: 'x' }, { enabled: true }, { enabled: false, cron: '0 7 * * *' }, {}])
      expect((await change(app, owner, id, body, {}, '?owner=all')).json.errors[0].field).toBe('enabled');
    const off = await change(app, owner, id, { enabled: false }, {}, '?owner=all');
    expect([off.status, off.json.enabled, off.json.nextRunAt, off.json.nextRuns]).toEqual([200, false, null, []]);
    expect((await app.call('POST', `${SCHEDULES}/${id}/run?owner=all`, { as: owner })).status).toBe(404);
    expect((await app.call('DELETE', `${SCHEDULES}/${id}?owner=all`, { as: owner })).status).toBe(204);
    expect((await recordsOf(app, id)).map((r) => [r.action, r.actor_id])).toEqual([
      ['export.schedule.create', auditor.id],
      ['export.schedule.any.disable', owner.id],
      ['export.schedule.any.delete', owner.id],
    ]);
    const mine = await made(app, auditor);
    const local = await app.person('owner', await app.service());
    for (const [person, status] of [
      [auditor, 403],
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

  it('asks for the permission on the data at creation and change, for the service asked for', async () => {
    const [service, elsewhere] = [await app.service(), await app.service()];
    const local = await app.person('auditor', service);
    const { id } = await made(app, local, { parameters: { serviceId: service } });
    expect((await post(app, local, { parameters: { serviceId: elsewhere } })).status).toBe(404);
    expect((await change(app, local, id, { parameters: { serviceId: elsewhere } })).status).toBe(404);
    expect((await post(app, local, { exportType: 'admins' })).status).toBe(404);
    const requester = await app.person(await role(app, 'exports.request'));
    const refused = await post(app, requester);
    expect([refused.status, refused.json.detail]).toEqual([403, 'This needs the permission audit.view.']);
    expect((await post(app, await app.person('viewer'))).status).toBe(403);
  });
});
