import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { changesOf } from '../export-files.ts';
import { type Reaction, type Received, type Receiver, startReceiver } from '../receiver.ts';
import { insertRecords } from '../records.ts';

let app: App;
let receiver: Receiver;
let auditor: Person;
const SECRETS = [randomBytes(24), randomBytes(64)] as const;
const PATH = '/hooks/where-only-we-know';
beforeAll(async () => {
  receiver = await startReceiver();
  app = await startApp({
    EXPORT_LEASE_SECONDS: '2',
    NOTIFY_WEBHOOK_URL: `${receiver.url}${PATH}`,
    NOTIFY_WEBHOOK_SECRET: `whsec_${SECRETS[0].toString('base64')} ${SECRETS[1].toString('base64')}`,
    NOTIFY_TIMEOUT_SECONDS: '1',
  });
  auditor = await app.person('auditor');
  receiver.react({ status: 204 });
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

/** What was received about an export. */
const about = (exportId: string) => receiver.received.filter(({ body }) => body.includes(exportId));

/** As a receiver does it, by the specification and nothing of ours. */
function verified({ headers, body }: Received, secret: Buffer) {
  const [id, timestamp] = [String(headers['webhook-id']), Number(headers['webhook-timestamp'])];
  expect(Math.abs(Date.now() / 1000 - timestamp)).toBeLessThan(300);
  const wanted = `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  expect(String(headers['webhook-signature']).split(' ')).toContain(wanted);
  return { id, ...JSON.parse(body) };
}

const die = async (exportId: string) => {
  const letter = queued({ v: 1, kind: 'export.run', exportId });
  expect((await app.broker.deliver([letter], { queue: 'exports-dlq', attempts: 11 })).acked).toEqual([letter.id]);
};

/** A notification as it travels, of an export that is nobody's. */
const message = (exportId: string) => ({
  v: 1,
  kind: 'notification.send',
  channel: 'webhook',
  notification: {
    id: crypto.randomUUID(),
    type: 'export.ready',
    occurredAt: '2026-11-22T10:00:00.000Z',
    data: {
      ...{ exportId, exportType: 'audit_logs', name: 'Monthly', requestedBy: auditor.id },
      ...{ rows: 3, bytes: 90, failureReason: null },
    },
  },
});
const letters = async () => (await app.db.query('SELECT id, queue, reason FROM dead_letters ORDER BY died_at')).rows;

describe('whoever is configured', () => {
  it('is told of each end once: ready, expired, failed, cancelled', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 3, days: 1 });
    const asked = { exportType: 'audit_logs', name: 'Monthly', parameters: changesOf(service) };
    const ready = (await app.call('POST', '/v1/admin/exports', { as: auditor, body: asked })).json.id;
    const view = await app.finished(auditor, ready);

    app.clickhouse.decide(({ path, body }) => ((path + body).includes('TSVRaw') ? 'error' : 'none'));
    const failed = await app.exported(auditor, changesOf(service));
    const cancelled = await app.exported(auditor, changesOf(service));
    await die(failed);
    await die(failed);
    for (let n = 0; n < 2; n++)
      expect((await app.call('POST', `/v1/admin/exports/${cancelled}/cancel`, { as: auditor })).status).toBe(200);
    app.clickhouse.decide(() => 'none');
    await until(async () => about(ready).length === 1, 'ready is told');
    await app.db.query('UPDATE admin_exports SET expires_at = now() WHERE id = $1', [ready]);
    await app.worker().scheduled('* * * * *');
    await until(async () => about(ready).length === 2, 'expired is told');
    await until(async () => about(failed).length === 1 && about(cancelled).length === 1, 'both are told');
    // Once more from the beginning: what was sent twice would be here by now.
    await app.worker().scheduled('* * * * *');
    const last = await app.exported(auditor, changesOf(service));
    await until(async () => about(last).length === 1, 'a later one is told');

    const data = { exportType: 'audit_logs', requestedBy: auditor.id, failureReason: null };
    const told = [ready, failed, cancelled].map((id) => about(id).map((each) => verified(each, SECRETS[0])));
    const done = { ...data, exportId: ready, name: 'Monthly', rows: 3, bytes: view.bytesDone };
    expect(told).toEqual([
      [
        { id: expect.any(String), type: 'export.ready', timestamp: expect.any(String), data: done },
        { id: expect.any(String), type: 'export.expired', timestamp: expect.any(String), data: done },
      ],
      [expect.objectContaining({ type: 'export.failed', data: expect.objectContaining({ exportId: failed }) })],
      [expect.objectContaining({ type: 'export.failed', data: expect.objectContaining({ exportId: cancelled }) })],
    ]);
    expect(told[1]?.[0].data).toMatchObject({ ...data, failureReason: expect.stringMatching(/retry/) });
    expect(told[2]?.[0].data.failureReason).toBe('It was cancelled; the export says by whom.');
    for (const received of receiver.received) {
      expect([received.path, received.headers['content-type']]).toEqual([PATH, 'application/json']);
      verified(received, SECRETS[1]);
      expect(received.body).not.toMatch(/https?:|@example\.com/);
    }
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(receiver.received.length);
    console.log(`notifications: 5 ends, told ${receiver.received.length}, each signed with 2 secrets`);
  });
});

// Most of the one is waiting for its retries.
describe.concurrent('whoever is configured', () => {
  it('gets the same id and body again after 500, 500; and the export does not wait', async () => {
    receiver.react({ status: 500 }, { status: 500 }, { status: 200 });
    // Of a service of its own: what other tests put into the store must not come in between.
    const id = await app.exported(auditor, changesOf(await app.service()));
    expect((await app.finished(auditor, id)).status).toBe('ready');
    await until(async () => about(id).length === 3, 'the third try');
    const tries = about(id).map((each) => verified(each, SECRETS[0]));
    expect(tries).toEqual([tries[0], tries[0], tries[0]]);
    expect((await letters()).filter(({ queue }) => queue === 'notifications')).toEqual([]);
    console.log('notifications: 500, 500, then delivered under one id');
  });
});

describe.concurrent('where nobody is configured', () => {
  it('no message is sent', async () => {
    const plain = await startApp({});
    try {
      const person = await plain.person('auditor');
      const id = await plain.exported(person, changesOf(await plain.service()));
      expect((await plain.finished(person, id)).status).toBe('ready');
      const queue = await plain.worker().miniflare.getQueueProducer('NOTIFICATIONS_QUEUE', 'steward');
      expect((await queue.metrics()).backlogCount).toBe(0);
      expect(plain.log.filter((line) => line.includes('notif'))).toEqual([]);
    } finally {
      await plain.stop();
    }
  });
});

describe('whoever is configured', () => {
  it('is asked again for two days whatever it answers, but for 410', async () => {
    const elsewhere = await startReceiver();
    const busy = (status: number, after: string): Reaction => ({ status, headers: { 'retry-after': after } });
    const outcomes: [Reaction, number, 'delivered' | 'dead' | [number, number]][] = [
      [{ status: 200 }, 1, 'delivered'],
      [{ status: 204 }, 40, 'delivered'],
      [{ status: 500 }, 1, [1, 2]],
      [{ status: 503 }, 12, [2048, 4096]],
      [{ status: 503 }, 40, [3600, 7200]],
      [busy(429, '9'), 1, [9, 9]],
      [busy(503, '99999'), 1, [7200, 7200]],
      [{ status: 400 }, 1, [1, 2]],
      [{ status: 404 }, 3, [4, 8]],
      [{ status: 307, headers: { location: elsewhere.url } }, 1, [1, 2]],
      [{ status: 302, headers: { location: `${receiver.url}/other` } }, 1, [1, 2]],
      ['break', 1, [1, 2]],
      ['hang', 1, [1, 2]],
      [{ status: 410 }, 1, 'dead'],
    ];
    for (const [reaction, attempts, expected] of outcomes) {
      receiver.react(reaction);
      const [sent, before] = [queued(message(crypto.randomUUID())), (await letters()).length];
      const { acked, retried } = await app.broker.deliver([sent], { queue: 'notifications', attempts });
      const died = (await letters()).length - before;
      if (typeof expected === 'string')
        expect([reaction, acked, died]).toEqual([reaction, [sent.id], expected === 'dead' ? 1 : 0]);
      else {
        expect([reaction, retried.map(({ id }) => id), died]).toEqual([reaction, [sent.id], 0]);
        expect(retried[0]?.delaySeconds).toBeGreaterThanOrEqual(expected[0]);
        expect(retried[0]?.delaySeconds).toBeLessThanOrEqual(expected[1]);
      }
    }
    expect(elsewhere.received).toEqual([]);
    expect(receiver.received.filter(({ path }) => path !== PATH)).toEqual([]);
    await elsewhere.close();
    console.log(
      `notifications: ${outcomes.length} reactions of a receiver, each with its outcome; redirects followed 0`,
    );
  });

  it('that was away for too long leaves dead letters, which can be sent again', async () => {
    receiver.react({ status: 204 });
    await app.db.query('DELETE FROM dead_letters');
    const exportId = crypto.randomUUID();
    const { notification } = message(exportId);
    const ofNobody = { ...message(exportId), channel: 'pigeon' };
    const odd = { ...message(exportId), notification: { ...notification, type: 'export.stolen' } };
    const dead = queued({ ...message(exportId), notification });
    await app.broker.deliver([dead], { queue: 'notifications-dlq', attempts: 41 });
    await app.broker.deliver([queued(ofNobody), queued(odd)], { queue: 'notifications' });
    expect((await letters()).map(({ queue, reason }) => [queue, reason])).toEqual([
      ['notifications', 'every delivery failed'],
      ['notifications', 'there is no channel pigeon any more'],
      ['notifications', 'not a message of this queue'],
    ]);
    const owner = await app.person('owner');
    const path = `/v1/audit/dead-letters/${dead.id}/replay`;
    expect((await app.call('POST', path, { as: owner })).status).toBe(200);
    await until(async () => about(exportId).length === 1, 'it is told after all');
    expect(verified(about(exportId)[0] as Received, SECRETS[0]).id).toBe(notification.id);
    const listed = await app.call('GET', '/v1/audit/dead-letters?queue=notifications', { as: owner });
    expect(listed.json.total).toBe(3);
    console.log('notifications: 3 dead letters, 1 replayed and delivered under its id');
  });

  it('has a secret and an address that no log holds', () => {
    const log = app.log.join('\n');
    expect(log).toContain('notification was not delivered');
    expect(log).not.toContain(PATH);
    for (const secret of SECRETS)
      for (const text of [secret.toString('base64'), secret.toString('hex')]) expect(log).not.toContain(text);
  });
});
