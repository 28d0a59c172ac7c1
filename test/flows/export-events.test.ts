import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person, until } from '../app.ts';
import { followEvents } from '../follow-events.ts';
import { insertRecords } from '../records.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const pathOf = (id: string) => `/v1/admin/exports/${id}/events`;

const follow = (as: Person, id: string) => followEvents(app, as, pathOf(id));

/** An export that nobody works on: it is as far as the test says. */
async function resting(by: Person): Promise<string> {
  const id = randomUUID();
  await app.db.query(
    `INSERT INTO admin_exports (id, requested_by, export_type, parameters, file_format, data_permission, cutoff, cutoff_xid)
     VALUES ($1, $2, 'audit_logs', '{}', 'csv', 'audit.view', now(), '1')`,
    [id, by.id],
  );
  return id;
}

const set = (id: string, assignments: string) =>
  app.db.query(`UPDATE admin_exports SET ${assignments} WHERE id = $1`, [id]);

// Most of each is waiting for the next look.
describe.concurrent('GET /v1/admin/exports/{id}/events', () => {
  it('tells how far a running export is, to several at once, and ends when it is ready', async () => {
    const auditor = await app.person('auditor');
    const service = await app.service();
    await insertRecords(app, service, { count: 400, days: 2 });
    app.clickhouse.decide(() => 'error');
    const id = await app.exported(auditor, { serviceId: service, action: 'service.config.update' });
    const streams = [await follow(auditor, id), await follow(auditor, id), await follow(owner, id)];
    for (const stream of streams) await stream.begun();
    expect(['queued', 'processing']).toContain(streams[0]?.last().status);
    app.clickhouse.decide(() => 'none');
    await Promise.all(streams.map(({ done }) => done));
    const view = await app.finished(auditor, id);
    for (const { status, headers, told } of streams) {
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        'text/event-stream',
        'private, no-store',
      ]);
      expect(told.at(-1)).toEqual({ event: 'end', data: { status: 'ready' } });
      expect(told.at(-2)).toMatchObject({
        event: 'progress',
        data: {
          status: 'ready',
          rowsDone: 400,
          rowsExpected: 400,
          percent: 100,
          etaSeconds: 0,
          bytesDone: view.bytesDone,
          failureReason: null,
        },
      });
    }
    const events = streams.map(({ told }) => told.length);
    console.log(`export events: ${streams.length} followed one export, events ${events.join(', ')}, ended 3`);
    // What has ended is told, and over at once.
    const late = await follow(auditor, id);
    await late.done;
    expect(late.told.map(({ event }) => event)).toEqual(['progress', 'end']);
  });

  it('is right also when nothing is reported: the row is looked at again', async () => {
    const auditor = await app.person('auditor');
    const id = await resting(auditor);
    const stream = await follow(auditor, id);
    await stream.begun();
    expect(stream.last()).toMatchObject({ status: 'queued', rowsDone: 0, rowsExpected: null, percent: null });
    await set(id, `status = 'processing', rows_expected = 1000, rows_done = 250, bytes_done = 5000`);
    await until(async () => stream.last()?.rowsDone === 250, 'what the row says is told');
    expect(stream.last()).toMatchObject({ status: 'processing', percent: 25, bytesDone: 5000 });
    await set(id, `status = 'failed', failure_reason = 'the source was away; request the export again'`);
    await stream.done;
    expect(stream.told.at(-2)?.data.failureReason).toBe('the source was away; request the export again');
    expect(stream.told.at(-1)).toEqual({ event: 'end', data: { status: 'failed' } });
  });

  it('ends with the right to it, and with the session', async () => {
    const [loses, leaves] = [await app.person('auditor'), await app.person('auditor')];
    const id = await resting(owner);
    const [one, other, stays] = [await follow(loses, id), await follow(leaves, id), await follow(owner, id)];
    for (const stream of [one, other, stays]) await stream.begun();
    const { rows } = await app.db.query('SELECT id FROM grants WHERE admin_id = $1', [loses.id]);
    expect((await app.call('DELETE', `/v1/admin/grants/${rows[0].id}`, { as: owner })).status).toBe(204);
    expect((await app.call('DELETE', `/v1/admin/sessions/${leaves.sessionId}`, { as: owner })).status).toBe(200);
    await Promise.all([one.done, other.done]);
    console.log(`export events: permission taken: ${one.last().code}; session ended: ${other.last().code}`);
    expect([one.told.at(-1)?.event, one.last().code]).toEqual(['end', 'not_found']);
    expect([other.told.at(-1)?.event, other.last().code]).toEqual(['end', 'session_ended']);
    expect(stays.told.at(-1)?.event).toBe('progress');
    await stays.close();
  });

  it('ends for who may no longer see the data in it, while the export’s own requester goes on', async () => {
    const reader = await app.person('auditor');
    const service = await app.service();
    const requester = await app.person('auditor', service);
    const id = await resting(requester);
    const [other, mine] = [await follow(reader, id), await follow(requester, id)];
    for (const stream of [other, mine]) await stream.begun();
    await set(id, `data_permission = 'testers.manage'`);
    await other.done;
    expect(other.last()).toEqual({ code: 'not_found' });
    expect(mine.told.at(-1)?.event).toBe('progress');
    await mine.close();
  });

  it('is absent for somebody else, like what does not exist', async () => {
    const [service, elsewhere] = [await app.service(), await app.service()];
    const [mine, theirs] = [await app.person('auditor', service), await app.person('auditor', elsewhere)];
    const id = await resting(mine);
    const refused = await app.call('GET', pathOf(id), { as: theirs });
    const absent = await app.call('GET', pathOf(randomUUID()), { as: theirs });
    expect([refused.status, absent.status, refused.json.detail]).toEqual([404, 404, absent.json.detail]);
    expect((await app.call('GET', pathOf('x'), { as: mine })).status).toBe(404);
    expect((await app.call('GET', `${pathOf(id)}?x=1`, { as: mine })).status).toBe(400);
    expect((await app.call('GET', pathOf(id))).status).toBe(401);
    expect((await app.call('GET', pathOf(id), { as: mine })).status).toBe(200);
  });

  it('gives an admin five streams, and a sixth once one is closed', async () => {
    const auditor = await app.person('auditor');
    const id = await resting(auditor);
    const open = [];
    for (let n = 0; n < 5; n++) open.push(await follow(auditor, id));
    for (const stream of open) await stream.begun();
    const sixth = await app.call('GET', pathOf(id), { as: auditor });
    expect([sixth.status, sixth.headers.get('retry-after')]).toEqual([429, '30']);
    await open[0]?.close();
    await until(
      async () => {
        const again = await follow(auditor, id);
        await again.close();
        return again.status === 200;
        // Sooner than a slot that was not given back would end.
      },
      'a slot is free again',
      25_000,
    );
    for (const stream of open) await stream.close();
  });
});

describe.concurrent('GET /v1/admin/exports/{id}/events on a bad day', () => {
  it('outlasts a database that is away', async () => {
    const auditor = await app.person('auditor');
    const id = await resting(auditor);
    const stream = await follow(auditor, id);
    await stream.begun();
    const before = app.postgres.faults();
    // Every query that this stream makes names its export; the others' go on.
    app.postgres.decide(({ body }) => (body.includes(id) ? 'refuse' : 'none'));
    await until(async () => app.postgres.faults() > before, 'the row cannot be read');
    await set(id, `status = 'processing', rows_expected = 10, rows_done = 5`);
    app.postgres.decide(() => 'none');
    await until(async () => stream.last()?.percent === 50, 'the stream goes on');
    await stream.close();
  });
});
