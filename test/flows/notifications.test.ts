import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SUBSCRIBABLE } from '../../domain/notifications/events.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { changesOf } from '../export-files.ts';
import { LETTER, notificationsOf, verified } from '../notifications.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { insertRecords } from '../records.ts';

let app: App;
let receiver: Receiver;
let auditor: Person;
let owner: Person;
let secret: string;
let channelId: string;
let notifications: ReturnType<typeof notificationsOf>;
beforeAll(async () => {
  receiver = await startReceiver({ status: 204 });
  app = await startApp({
    EXPORT_LEASE_SECONDS: '2',
    NOTIFY_PRIVATE_TARGETS: receiver.url,
    NOTIFY_TIMEOUT_SECONDS: '1',
  });
  notifications = notificationsOf(app);
  [auditor, owner] = [await app.person('auditor'), await app.person('owner')];
});
beforeEach(async () => {
  receiver.react({ status: 204 });
  await app.db.query('DELETE FROM notification_channels');
  const events = SUBSCRIBABLE.filter((type) => type !== 'operation.finished');
  ({ id: channelId, secret } = await notifications.channel(owner, { events, url: `${receiver.url}/hook` }));
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

/** What was received about an export. */
const about = (exportId: string) => receiver.received.filter(({ body }) => body.includes(exportId));

const die = async (exportId: string) => {
  const letter = queued({ v: 1, kind: 'export.run', exportId });
  expect((await app.broker.deliver([letter], { queue: 'exports-dlq', attempts: 11 })).acked).toEqual([letter.id]);
  return letter.id;
};
const told = (exportId: string) => about(exportId).map((each) => verified(each, secret));

describe('whoever subscribes', () => {
  it('is told of each end of an export once: ready, about to expire, expired, failed, cancelled', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 3, days: 1 });
    const asked = { exportType: 'audit_logs', name: 'Monthly, for ann@example.com', parameters: changesOf(service) };
    const ready = (await app.call('POST', '/v1/admin/exports', { as: auditor, body: asked })).json.id;
    const view = await app.finished(auditor, ready);

    app.clickhouse.decide(({ path, body }) => ((path + body).includes('TSVRaw') ? 'error' : 'none'));
    const failed = await app.exported(auditor, changesOf(service));
    const cancelled = await app.exported(auditor, changesOf(service));
    const letters = [await die(failed), await die(failed)];
    for (let n = 0; n < 2; n++)
      expect((await app.call('POST', `/v1/admin/exports/${cancelled}/cancel`, { as: auditor })).status).toBe(200);
    app.clickhouse.decide(() => 'none');
    await until(async () => about(ready).length === 1, 'ready is told');

    // A week's life: its last day begins. Twice at once, and once more.
    const sweep = () => app.worker().scheduled('* * * * *');
    await sweep();
    await app.db.query(
      `UPDATE admin_exports SET finished_at = now() - interval '6 days', expires_at = now() + interval '23 hours' WHERE id = $1`,
      [ready],
    );
    await Promise.all([sweep(), sweep()]);
    await sweep();
    await until(async () => about(ready).length === 2, 'about to expire is told');
    await app.db.query('UPDATE admin_exports SET expires_at = now() WHERE id = $1', [ready]);
    await sweep();
    await until(async () => about(ready).length === 3, 'expired is told');
    await until(async () => about(failed).length === 1 && about(cancelled).length === 1, 'both are told');
    // Once more from the beginning: what was sent twice would be here by now.
    await sweep();
    const last = await app.exported(auditor, changesOf(service));
    await until(async () => about(last).length === 1, 'a later one is told');

    const data = { exportType: 'audit_logs', requestedBy: auditor.id };
    const done = { ...data, exportId: ready, name: 'Monthly, for an admin', rows: 3, bytes: view.bytesDone };
    const ended = { id: expect.any(String), timestamp: expect.any(String) };
    expect(told(ready)).toEqual([
      { ...ended, type: 'export.ready', data: { ...done, failureReason: null } },
      { ...ended, type: 'export.expiring', data: { ...done, expiresAt: expect.stringMatching(/Z$/) } },
      { ...ended, type: 'export.expired', data: { ...done, failureReason: null } },
    ]);
    expect(told(failed)).toEqual([expect.objectContaining({ type: 'export.failed' })]);
    expect(told(failed)[0]?.data).toMatchObject({ ...data, failureReason: expect.stringMatching(/retry/) });
    expect(told(cancelled)[0]?.data.failureReason).toBe('It was cancelled; the export says by whom.');
    await until(async () => letters.every((id) => about(id).length === 1), 'each letter is told of');
    expect(told(letters[0] ?? '')[0]).toMatchObject({
      type: 'dead_letter.kept',
      data: { letterId: letters[0], queue: 'exports', reason: 'every delivery failed', attempts: 11 },
    });
    for (const received of receiver.received) {
      expect([received.path, received.headers['content-type']]).toEqual(['/hook', 'application/json']);
      expect(received.body).not.toMatch(/https?:|@/);
    }
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(receiver.received.length);
    console.log(`notifications: 6 ends and 2 dead letters, told ${receiver.received.length}, twice 0`);
  });

  it('is told of a short life’s last quarter, and of no other', async () => {
    const life = async (hours: number, left: number): Promise<string> => {
      const id = await app.exported(auditor, changesOf(await app.service()));
      await app.finished(auditor, id);
      await app.db.query(
        `UPDATE admin_exports SET finished_at = now() - make_interval(hours => $2), expires_at = now() + make_interval(hours => $3) WHERE id = $1`,
        [id, hours - left, left],
      );
      return id;
    };
    const [soon, later, long] = [await life(8, 1), await life(8, 3), await life(200, 25)];
    await app.worker().scheduled('* * * * *');
    const types = (id: string) => told(id).map(({ type }) => type);
    await until(async () => types(soon).length === 2, 'it is told of');
    expect([types(soon), types(later), types(long)]).toEqual([
      ['export.ready', 'export.expiring'],
      ['export.ready'],
      ['export.ready'],
    ]);
  });

  it('gets the same id and body again after 500, 500; and the export does not wait', async () => {
    receiver.react({ status: 500 }, { status: 500 }, { status: 200 });
    const id = await app.exported(auditor, changesOf(await app.service()));
    expect((await app.finished(auditor, id)).status).toBe('ready');
    await until(async () => about(id).length === 2, 'the second try, by itself');
    // Its outcome is noted: a try that goes on has its delivery for half a minute.
    const waits = async () => {
      const [{ attempts = 0, wait = 0 } = {}] = await notifications.of(channelId);
      return attempts === 2 && wait < 25;
    };
    await until(waits, 'it waits for the third one');
    const [delivery] = await notifications.of(channelId);
    await notifications.passes(delivery?.id ?? '');
    await notifications.look(delivery?.id ?? '');
    await until(async () => about(id).length === 3, 'the third try');
    expect(told(id)).toEqual(Array.from({ length: 3 }, () => told(id)[0]));
    await until(
      async () => (await notifications.of(channelId)).every(({ status }) => status === 'delivered'),
      'it is noted',
    );
    expect(
      (await notifications.of(channelId)).map(({ attempts, answered_status }) => [attempts, answered_status]),
    ).toEqual([[3, 200]]);
    console.log('notifications: 500, 500, then delivered under one id');
  });

  it('hears only what it subscribed to, and nothing is written down for nobody', async () => {
    await app.db.query('DELETE FROM notification_channels');
    const [ours, off] = [
      await notifications.channel(owner, { events: ['dead_letter.kept'], url: receiver.url }),
      await notifications.channel(owner, { events: ['dead_letter.kept'], url: receiver.url, enabled: false }),
    ];
    const id = await app.exported(auditor, changesOf(await app.service()));
    await app.finished(auditor, id);
    const letter = await notifications.happened();
    await until(async () => receiver.received.some(({ headers }) => headers['webhook-id'] === letter), 'it is told');
    expect(about(id)).toEqual([]);
    expect((await notifications.of(ours.id)).map(({ type }) => type)).toEqual(['dead_letter.kept']);
    expect(await notifications.of(off.id)).toEqual([]);
    await app.db.query('DELETE FROM notification_channels');
    await notifications.happened();
    expect(await notifications.rows('true')).toEqual([]);
  });
});

describe('an announcement', () => {
  it('that comes five times is one delivery, sent once', async () => {
    const id = crypto.randomUUID();
    const message = () => queued(notifications.announce('dead_letter.kept', LETTER, id));
    await Promise.all(Array.from({ length: 5 }, () => app.broker.deliver([message()], { queue: 'notifications' })));
    const [only, ...more] = await notifications.of(channelId);
    await notifications.ended(only?.id ?? '');
    for (let n = 0; n < 5; n++) await notifications.look(only?.id ?? '', only?.id ?? '');
    const sent = receiver.received.filter(({ headers }) => headers['webhook-id'] === id);
    expect([more, sent.length]).toEqual([[], 1]);
    console.log('one notification: announced 5 times, looked at 10 times after, sent 1');
  });

  it('of something nobody knows is a dead letter, and is told of by nobody', async () => {
    await app.db.query('DELETE FROM dead_letters');
    const odd = [
      notifications.announce('export.stolen', {}),
      notifications.announce('dead_letter.kept', { ...LETTER, token: 'x' }),
      { v: 1, kind: 'notification.send', channel: 'webhook', notification: {} },
    ].map((body) => queued(body));
    expect((await app.broker.deliver(odd, { queue: 'notifications' })).acked).toHaveLength(3);
    const { rows } = await app.db.query('SELECT queue, reason FROM dead_letters ORDER BY reason');
    expect(rows.map(({ queue, reason }) => [queue, reason])).toEqual([
      ['notifications', 'not a message of this queue'],
      ['notifications', 'not an event that is known'],
      ['notifications', 'not an event that is known'],
    ]);
    expect(await notifications.of(channelId)).toEqual([]);
  });
});
