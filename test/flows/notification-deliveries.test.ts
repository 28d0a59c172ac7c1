import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { channelHealth, deliveryBacklog } from '../../drizzle/repositories/notification-health.ts';
import { dueDeliveries } from '../../drizzle/repositories/notification-sends.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { LETTER, notificationsOf, verified } from '../notifications.ts';
import { type Receiver, startReceiver } from '../receiver.ts';

let app: App;
let owner: Person;
let receiver: Receiver;
let notifications: ReturnType<typeof notificationsOf>;
beforeAll(async () => {
  receiver = await startReceiver({ status: 200 });
  app = await startApp({ NOTIFY_PRIVATE_TARGETS: receiver.url, NOTIFY_TIMEOUT_SECONDS: '1' });
  notifications = notificationsOf(app);
  owner = await app.person('owner');
});
beforeEach(async () => {
  app.postgres.decide(() => 'none');
  receiver.react({ status: 200 });
  await app.db.query('DELETE FROM notification_channels');
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

const hook = () => notifications.channel(owner, { events: ['dead_letter.kept'], url: `${receiver.url}/hook` });
const sent = (id: string) => receiver.received.filter(({ headers }) => headers['webhook-id'] === id);

describe('the row of a delivery', () => {
  it('makes up for a queue that loses everything', async () => {
    const { id } = await hook();
    const rows = await Promise.all(Array.from({ length: 40 }, () => notifications.waiting(id)));
    await app.db.query(
      `UPDATE notification_deliveries SET next_attempt_at = now() - interval '1 minute' WHERE channel_id = $1`,
      [id],
    );
    await app.worker().scheduled('* * * * *');
    await until(async () => (await notifications.of(id)).every(({ status }) => status === 'delivered'), 'all arrive');
    const times = rows.map(({ notification_id }) => sent(notification_id).length);
    console.log(
      `lost nudges: tried ${rows.length}, failed ${times.filter((n) => n === 0).length}, sent twice ${times.filter((n) => n > 1).length}`,
    );
    expect(times).toEqual(rows.map(() => 1));
  });

  it('lets one of ten consumers at it, and none once it is delivered', async () => {
    const { id } = await hook();
    const rows = await Promise.all(Array.from({ length: 20 }, () => notifications.waiting(id)));
    for (let n = 0; n < 2; n++)
      await Promise.all(Array.from({ length: 10 }, () => notifications.look(...rows.map((row) => row.id))));
    const times = rows.map(({ notification_id }) => sent(notification_id).length);
    console.log(
      `doubled messages: tried ${rows.length} with 20 each, failed 0, sent twice ${times.filter((n) => n > 1).length}`,
    );
    expect(times).toEqual(rows.map(() => 1));
  });

  it('whose consumer was killed in the middle is taken up by another one, under the same id', async () => {
    const { id, secret } = await hook();
    const row = await notifications.waiting(id);
    receiver.react('hang');
    void notifications.look(row.id);
    await until(async () => sent(row.notification_id).length === 1, 'it is on its way');
    await app.crash();
    receiver.react({ status: 200 });
    expect(await notifications.one(row.id)).toMatchObject({ status: 'pending', attempts: 1, last_error: null });
    await app.db.query(
      `UPDATE notification_deliveries SET next_attempt_at = now() - interval '1 minute' WHERE id = $1`,
      [row.id],
    );
    await app.worker().scheduled('* * * * *');
    expect(await notifications.ended(row.id)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(sent(row.notification_id).map((each) => verified(each, secret).id)).toEqual([
      row.notification_id,
      row.notification_id,
    ]);
  });

  it('is not touched by a try that another one has taken over from', async () => {
    const { id } = await hook();
    const row = await notifications.waiting(id);
    receiver.react('hang');
    const first = notifications.look(row.id);
    await until(async () => sent(row.notification_id).length === 1, 'the first is on its way');
    // As if its lease had run out.
    await app.db.query('UPDATE notification_deliveries SET next_attempt_at = now() WHERE id = $1', [row.id]);
    receiver.react({ status: 200 });
    await notifications.look(row.id);
    const delivered = { status: 'delivered', attempts: 2, last_error: null };
    expect(await notifications.one(row.id)).toMatchObject(delivered);
    // Its own try has failed, and is nobody's news any more.
    await first;
    expect(await notifications.one(row.id)).toMatchObject(delivered);
    expect((await notifications.state(id)).failing_since).toBe(null);
  });

  it('is not sent where its target may not be one any more', async () => {
    const { id } = await hook();
    const settings = app.settings as Record<string, string | undefined>;
    const allowed = settings.NOTIFY_PRIVATE_TARGETS;
    try {
      delete settings.NOTIFY_PRIVATE_TARGETS;
      await app.restart();
      const row = await notifications.waiting(id);
      await notifications.look(row.id);
      expect(await notifications.one(row.id)).toMatchObject({ status: 'pending', last_error: 'target_refused' });
      expect(sent(row.notification_id)).toEqual([]);
    } finally {
      settings.NOTIFY_PRIVATE_TARGETS = allowed;
      await app.restart();
    }
  });

  it('is found by an index when it is due, among many that are not', async () => {
    const { id } = await hook();
    await app.db.query(
      `INSERT INTO notification_deliveries (id, channel_id, notification_id, type, occurred_at, payload, status, ended_at, next_attempt_at)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), 'dead_letter.kept', now(), '{}', CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'delivered' END,
         CASE WHEN n % 100 <> 0 THEN now() END, now() + interval '1 hour' FROM generate_series(1, 20000) AS n`,
      [id],
    );
    await app.db.query('ANALYZE notification_deliveries');
    const plan = await app.db.query(`EXPLAIN ${dueDeliveries.text}`, [20_000, 1000]);
    const text = plan.rows.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toContain('notification_deliveries_due');
    expect(text).not.toContain('Seq Scan');
  });

  it('that could not be written is sent again, under the same id', async () => {
    const { id, secret } = await hook();
    const row = await notifications.waiting(id);
    // The try is made, and what it came to is lost.
    app.postgres.decide(({ body }) => (body.includes('last_delivered_at = now()') ? 'refuse' : 'none'));
    const { retried } = await notifications.look(row.id);
    app.postgres.decide(() => 'none');
    expect([retried.length, sent(row.notification_id).length]).toEqual([1, 1]);
    // Until the lease has run out nobody is at it.
    await notifications.look(row.id);
    expect(sent(row.notification_id)).toHaveLength(1);
    await app.db.query('UPDATE notification_deliveries SET next_attempt_at = now() WHERE id = $1', [row.id]);
    await notifications.look(row.id);
    const both = sent(row.notification_id);
    expect(both.map((each) => verified(each, secret).id)).toEqual([row.notification_id, row.notification_id]);
    expect((await notifications.one(row.id)).status).toBe('delivered');
  });

  it('of an announcement that met a broken database is written when it comes again', async () => {
    const { id } = await hook();
    app.postgres.decide(({ body }) => (body.includes('notification_deliveries') ? 'error' : 'none'));
    const message = {
      id: crypto.randomUUID(),
      timestamp: new Date().toISOString(),
      body: notifications.announce('dead_letter.kept', LETTER),
    };
    const first = await app.broker.deliver([message], { queue: 'notifications' });
    app.postgres.decide(() => 'none');
    expect([first.acked, first.retried.length]).toEqual([[], 1]);
    await app.broker.deliver([message], { queue: 'notifications', attempts: 2 });
    expect(await notifications.of(id)).toHaveLength(1);
  });

  it('is removed after 90 days once it has ended', async () => {
    const { id } = await hook();
    const ages = [
      [89, 'delivered'],
      [91, 'delivered'],
      [91, 'gave_up'],
      [91, 'pending'],
    ] as const;
    for (const [days, status] of ages)
      await app.db.query(
        `INSERT INTO notification_deliveries (id, channel_id, notification_id, type, occurred_at, payload, status, ended_at, created_at, next_attempt_at)
         VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'dead_letter.kept', now(), '{}', $2, CASE WHEN $2 <> 'pending' THEN now() END,
           now() - make_interval(days => $3), now() + interval '1 hour')`,
        [id, status, days],
      );
    await app.worker().scheduled('* * * * *');
    expect((await notifications.of(id)).map(({ status }) => status).sort()).toEqual(['delivered', 'pending']);
  });

  it('is counted for whoever watches', async () => {
    const { id, name } = await hook();
    receiver.react({ status: 500 });
    await notifications.look((await notifications.waiting(id)).id);
    const health = (await app.db.query(channelHealth.text)).rows.find((row) => row.id === id);
    expect(health).toMatchObject({
      name,
      type: 'webhook',
      enabled: true,
      last_error: 'answered',
      failing_since: expect.any(Date),
    });
    const [backlog] = (await app.db.query(deliveryBacklog.text)).rows;
    expect(backlog).toMatchObject({ pending: expect.any(Number), oldest: expect.any(Date) });
    expect(backlog.pending).toBeGreaterThan(0);
  });
});
