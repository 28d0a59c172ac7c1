import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { type DeliveryRow, notificationsOf, path, startResolver, verified } from '../notifications.ts';
import { type Reaction, type Receiver, startReceiver } from '../receiver.ts';

let app: App;
let owner: Person;
let receiver: Receiver;
let elsewhere: Receiver;
let tls: Awaited<ReturnType<typeof startDeadTls>>;
let resolver: Awaited<ReturnType<typeof startResolver>>;
let notifications: ReturnType<typeof notificationsOf>;

const DAY = 86_400;
const OTHERS = 'notification.channel_disabled';

/** Speaks TLS and has no certificate: no handshake ever succeeds. */
async function startDeadTls() {
  let connections = 0;
  const server = createTlsServer({}).on('tlsClientError', () => undefined);
  server.on('connection', () => void connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

beforeAll(async () => {
  [receiver, elsewhere, tls, resolver] = await Promise.all([
    startReceiver({ status: 200 }),
    startReceiver({ status: 200 }),
    startDeadTls(),
    startResolver(),
  ]);
  app = await startApp({
    NOTIFY_PRIVATE_TARGETS: [receiver.url, elsewhere.url, tls.url].join(','),
    NOTIFY_TIMEOUT_SECONDS: '1',
    NOTIFY_DOH_URL: resolver.url,
  });
  notifications = notificationsOf(app);
  owner = await app.person('owner');
});
beforeEach(async () => {
  app.postgres.decide(() => 'none');
  for (const each of [receiver, elsewhere]) each.react({ status: 200 });
  await app.db.query('DELETE FROM notification_channels');
});
afterAll(async () => {
  await app.stop();
  await Promise.all([receiver, elsewhere, tls, resolver].map((each) => each.close()));
});

const hook = (url = `${receiver.url}/hook`) => notifications.channel(owner, { events: ['dead_letter.kept'], url });
const sent = (id: string, to = receiver) => to.received.filter(({ headers }) => headers['webhook-id'] === id);

/** One try. @returns what became of it, and how long the next one waits */
async function tried(channelId: string): Promise<DeliveryRow> {
  const { id } = await notifications.waiting(channelId);
  const { acked, retried } = await notifications.look(id);
  expect([acked.length, retried]).toEqual([1, []]);
  return notifications.one(id);
}

describe('one try', () => {
  it('ends as the receiver answers: only a 2xx is a delivery, and nothing is followed', async () => {
    const busy = (status: number, after: string): Reaction => ({ status, headers: { 'retry-after': after } });
    const moved = (status: number, location: string): Reaction => ({ status, headers: { location } });
    const cases: [Reaction, string, string | null, number | null, [number, number]][] = [
      [{ status: 200 }, 'delivered', null, 200, [0, 0]],
      [{ status: 204 }, 'delivered', null, 204, [0, 0]],
      [{ status: 500 }, 'pending', 'answered', 500, [1, 2]],
      [{ status: 404 }, 'pending', 'answered', 404, [1, 2]],
      [busy(429, '9'), 'pending', 'answered', 429, [9, 9]],
      [busy(503, '7200'), 'pending', 'answered', 503, [7200, 7200]],
      [busy(429, '9999999'), 'pending', 'answered', 429, [DAY, DAY]],
      [busy(429, new Date(Date.now() + 600_000).toUTCString()), 'pending', 'answered', 429, [590, 601]],
      [moved(302, 'http://169.254.169.254/latest/meta-data/'), 'pending', 'redirected', 302, [1, 2]],
      [moved(307, `${elsewhere.url}/hook`), 'pending', 'redirected', 307, [1, 2]],
      [moved(301, `${receiver.url}/other`), 'pending', 'redirected', 301, [1, 2]],
      [{ status: 410 }, 'dropped', 'gone', 410, [0, 0]],
      ['break', 'pending', 'unreachable', null, [1, 2]],
      ['hang', 'pending', 'timed_out', null, [1, 2]],
    ];
    for (const [reaction, status, error, answered, [least, most]] of cases) {
      const { id } = await hook();
      receiver.react(reaction);
      const row = await tried(id);
      expect([reaction, row.status, row.last_error, row.answered_status]).toEqual([reaction, status, error, answered]);
      if (status !== 'pending') continue;
      // Some of the wait has passed by now.
      expect([reaction, row.wait > least - 5 && row.wait <= most]).toEqual([reaction, true]);
    }
    expect(elsewhere.received).toEqual([]);
    expect(receiver.received.filter((each) => each.path !== '/hook')).toEqual([]);
    console.log(`a receiver's answers: tried ${cases.length}, each with its outcome; redirects followed 0`);
  });

  it('never reaches a name that leads inside, whatever else it leads to, or nowhere', async () => {
    const cases: [string, unknown, string][] = [
      ['metadata.example.com', { A: ['169.254.169.254'] }, 'target_private'],
      ['ten.example.com', { A: ['10.0.0.1'] }, 'target_private'],
      ['loop.example.com', { AAAA: ['::1'] }, 'target_private'],
      ['mixed.example.com', { A: ['1.1.1.1', '192.168.0.1'] }, 'target_private'],
      ['sixfour.example.com', { A: ['1.1.1.1'], AAAA: ['64:ff9b::7f00:1'] }, 'target_private'],
      ['mapped.example.com', { AAAA: ['::ffff:a9fe:a9fe'] }, 'target_private'],
      ['cgnat.example.com', { A: ['100.64.0.1'] }, 'target_private'],
      ['odd.example.com', { A: ['not an address'] }, 'target_private'],
      ['empty.example.com', {}, 'target_unknown'],
      ['nobody.example.com', undefined, 'target_unknown'],
      ['away.example.com', 'away', 'resolver_away'],
    ];
    for (const [name, records, error] of cases) {
      if (records !== undefined) resolver.names[name] = records as (typeof resolver.names)[string];
      const { id } = await hook(`https://${name}/hook`);
      const row = await tried(id);
      expect([name, row.status, row.last_error, row.answered_status]).toEqual([name, 'pending', error, null]);
      const { failing_since } = await notifications.state(id);
      // That we cannot look a name up is nobody's fault but ours.
      expect([name, failing_since === null]).toEqual([name, error === 'resolver_away']);
      expect(resolver.asked).toEqual(expect.arrayContaining([`${name} A`, `${name} AAAA`]));
    }
    // One that was written past the API.
    const { id } = await hook();
    const stolen = await hook(`${elsewhere.url}/hook`);
    await app.db.query(
      `UPDATE notification_secrets s SET wrapped = o.wrapped FROM notification_secrets o WHERE s.channel_id = $1 AND o.channel_id = $2 AND s.use = 'target' AND o.use = 'target'`,
      [id, stolen.id],
    );
    expect((await tried(id)).last_error).toBe('not_readable');
    expect(elsewhere.received).toEqual([]);
    console.log(`names that lead inside or nowhere: tried ${cases.length}, requests sent 0`);
  });

  it('fails for a name whose TLS is dead, and sends nothing', async () => {
    const { id } = await hook(`${tls.url}/hook`);
    const row = await tried(id);
    expect([row.status, row.last_error, tls.connections() > 0]).toEqual(['pending', 'unreachable', true]);
  });

  it('of a receiver that hangs holds up no other', async () => {
    receiver.react('hang');
    const [slow, quick] = [await hook(), await hook(`${elsewhere.url}/hook`)];
    const hanging = await Promise.all(Array.from({ length: 8 }, () => notifications.waiting(slow.id)));
    const others = await Promise.all(Array.from({ length: 2 }, () => notifications.waiting(quick.id)));
    const all = [...hanging, ...others].map(({ id }) => id);
    const looking = notifications.look(...all);
    await until(
      async () => (await notifications.of(quick.id)).every(({ status }) => status === 'delivered'),
      'the others arrive',
    );
    const still = (await notifications.of(slow.id)).filter(({ last_error }) => last_error === null).length;
    await looking;
    expect((await notifications.of(slow.id)).map(({ last_error }) => last_error)).toEqual(Array(8).fill('timed_out'));
    expect(still).toBe(8);
    console.log(`8 of one batch hang: others tried ${others.length}, late 0`);
  });
});

describe('a channel', () => {
  it('that answers 500 for an hour has it after that, each time under one id, and stays on', async () => {
    const { id, secret } = await hook();
    const { id: deliveryId, notification_id } = await notifications.waiting(id);
    receiver.react({ status: 500 });
    const passed = await notifications.toTheEnd(deliveryId, (seconds) => {
      if (seconds > 3600) receiver.react({ status: 200 });
    });
    const tries = sent(notification_id);
    expect([passed > 3600, passed < 3 * 3600, tries.length > 5]).toEqual([true, true, true]);
    expect(new Set(tries.map(({ body }) => body)).size).toBe(1);
    for (const each of tries) expect(verified(each, secret).id).toBe(notification_id);
    expect(await notifications.one(deliveryId)).toMatchObject({ status: 'delivered', attempts: tries.length });
    expect(await notifications.state(id)).toMatchObject({ enabled: true, failing_since: null, last_error: null });
    console.log(`500 for an hour: tried ${tries.length} under 1 id, then delivered, failed 0`);
  });

  it('to which nothing was delivered for a day is given up and switched off, recorded, and the others are told', async () => {
    const { id, name } = await hook();
    const other = await notifications.channel(owner, { events: [OTHERS], url: `${elsewhere.url}/hook` });
    const { id: deliveryId } = await notifications.waiting(id);
    const second = await notifications.waiting(id);
    receiver.react({ status: 503 });
    const passed = await notifications.toTheEnd(deliveryId);
    const { status, attempts } = await notifications.one(deliveryId);
    expect([status, passed >= DAY - 60, passed < DAY + 10]).toEqual(['gave_up', true, true]);
    expect(await notifications.state(id)).toMatchObject({ enabled: false, disabled_reason: 'failing' });
    // What waits for a channel that is off is not sent to it.
    const before = receiver.received.length;
    await app.db.query('UPDATE notification_deliveries SET next_attempt_at = now() WHERE id = $1', [second.id]);
    await notifications.look(second.id);
    expect([(await notifications.one(second.id)).last_error, receiver.received.length]).toEqual([
      'channel_off',
      before,
    ]);
    await until(async () => elsewhere.received.some(({ body }) => body.includes(id)), 'the other one is told');
    const told = verified(elsewhere.received.find(({ body }) => body.includes(id)) as never, other.secret);
    expect(told).toMatchObject({
      type: OTHERS,
      data: { channelId: id, channelName: name, channelType: 'webhook', reason: 'failing' },
    });
    await app.drained();
    const [record] = (await app.auditOf(id)).filter(({ action }) => action === 'notification.channel.disable');
    expect(record).toMatchObject({
      actor_id: '00000000-0000-0000-0000-000000000000',
      actor_role: 'system',
      outcome: 'success',
    });
    expect([JSON.parse(record?.before_state ?? '').enabled, JSON.parse(record?.after_state ?? '').enabled]).toEqual([
      true,
      false,
    ]);

    receiver.react({ status: 200 });
    const on = await app.call('PATCH', path(id), { as: owner, body: { enabled: true } });
    expect(on.json).toMatchObject({ enabled: true, disabledReason: null });
    // A failure now is the first one of a day again.
    receiver.react({ status: 500 });
    expect((await tried(id)).status).toBe('pending');
    expect((await notifications.state(id)).enabled).toBe(true);
    console.log(
      `503 for a day: tried ${attempts}, given up after ${Math.round(passed / 3600)} h, switched off once, told 1`,
    );
  });

  it('is not switched off while something is delivered now and then', async () => {
    const { id } = await hook();
    const age = () =>
      app.db.query(
        `UPDATE notification_channels SET failing_since = failing_since - interval '20 hours', enabled_at = enabled_at - interval '20 hours' WHERE id = $1`,
        [id],
      );
    for (let n = 0; n < 6; n++) {
      receiver.react({ status: n % 2 === 0 ? 500 : 200 });
      await tried(id);
      await age();
    }
    expect(await notifications.state(id)).toMatchObject({ enabled: true, failing_since: null });
  });

  it('that answers 410 is switched off at once, also by its test, and comes back by hand', async () => {
    const { id } = await hook();
    receiver.react({ status: 410 });
    const test = await app.call('POST', path(id, '/test'), { as: owner });
    expect(await notifications.ended(test.json.id)).toMatchObject({
      status: 'dropped',
      last_error: 'gone',
      answered_status: 410,
    });
    const read = await app.call('GET', path(id), { as: owner });
    expect(read.json).toMatchObject({ enabled: false, disabledReason: 'gone', lastError: 'gone', version: 2 });
    await notifications.happened();
    expect(await notifications.of(id)).toHaveLength(1);
    const off = await app.call('PATCH', path(id), { as: owner, body: { name: 'still off' } });
    expect(off.json).toMatchObject({ enabled: false, disabledReason: 'gone' });
  });
});

// After all of them: what they left in the log.
describe('the log', () => {
  it('says what was not delivered, and names no address and no secret', () => {
    const log = app.log.join('\n');
    expect(log).toContain('notification was not delivered');
    expect(log).toContain('notification channel is switched off');
    const hidden = ['/hook', 'example.com', '169.254', 'whsec_', receiver.url, tls.url];
    expect(hidden.filter((each) => log.includes(each))).toEqual([]);
  });
});
