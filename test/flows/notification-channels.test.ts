import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { CHANNELS, LETTER, notificationsOf, path, verifies } from '../notifications.ts';
import { type Received, type Receiver, startReceiver } from '../receiver.ts';

let app: App;
let receiver: Receiver;
let owner: Person;
let notifications: ReturnType<typeof notificationsOf>;
const EVENTS = ['dead_letter.kept'];
const SECRET_PATH = '/services/T000/B000/where-only-we-know';
beforeAll(async () => {
  receiver = await startReceiver({ status: 200 });
  app = await startApp({ NOTIFY_PRIVATE_TARGETS: receiver.url, NOTIFY_TIMEOUT_SECONDS: '1' });
  notifications = notificationsOf(app);
  owner = await app.person('owner');
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

const url = () => `${receiver.url}${SECRET_PATH}?token=t0p`;
const webhook = () => ({ type: 'webhook', name: `hook ${randomUUID()}`, url: url(), events: EVENTS });
const received = (id: string): Received[] => receiver.received.filter(({ headers }) => headers['webhook-id'] === id);
const refusedField = async (body: object, field: string) => {
  const { status, json } = await notifications.post(owner, body);
  expect([body, status, json.code, json.errors?.[0].field]).toEqual([body, 422, 'invalid_field', field]);
  return json.errors[0].reason as string;
};

describe('notification-channels', () => {
  it('are made, read, changed, listed and removed, each with its record', async () => {
    const made = await notifications.post(owner, webhook(), { 'Audit-Reason': 'so that we hear of it' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const { id, secret, ...shown } = made.json;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made.headers.get('location')).toBe(path(id));
    expect(shown).toMatchObject({ type: 'webhook', settings: { origin: receiver.url }, events: EVENTS, enabled: true });
    const read = await app.call('GET', path(id), { as: owner });
    expect([read.status, read.headers.get('etag')]).toEqual([200, '"1"']);
    expect(read.json).toEqual({ id, ...shown });

    const patch = (body: object, headers = {}) => app.call('PATCH', path(id), { as: owner, body, headers });
    const same = await patch({ name: shown.name, events: EVENTS, enabled: true });
    expect([same.status, same.json.version]).toEqual([200, 1]);
    expect((await patch({ enabled: false }, { 'If-Match': '"7"' })).status).toBe(412);
    const off = await patch(
      { enabled: false, events: ['export.failed', 'export.ready', 'export.ready'] },
      { 'If-Match': '"1"' },
    );
    expect(off.json).toMatchObject({
      ...{ enabled: false, disabledReason: 'by_admin', version: 2 },
      events: ['export.ready', 'export.failed'],
    });
    const on = await patch({ enabled: true });
    expect(on.json).toMatchObject({ enabled: true, disabledReason: null, version: 3 });
    expect(on.json.enabledAt > shown.enabledAt).toBe(true);
    const listed = await app.call('GET', `${CHANNELS}?limit=200`, { as: owner });
    expect(listed.json.items.filter((each: { id: string }) => each.id === id)).toEqual([on.json]);
    expect((await app.call('DELETE', path(id), { as: owner })).status).toBe(204);
    expect((await app.call('GET', path(id), { as: owner })).status).toBe(404);

    await app.drained();
    const trail = await app.auditOf(id);
    expect(trail.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'notification.channel.create success',
      'notification.channel.update success',
      'notification.channel.update success',
      'notification.channel.delete success',
    ]);
    expect(trail[0]?.reason).toBe('so that we hear of it');
    expect(JSON.parse(trail[1]?.after_state ?? '')).toMatchObject({ enabled: false, disabledReason: 'by_admin' });
  });

  it('are nothing to worry about in the health when an admin has switched them off', async () => {
    const { id } = (await notifications.post(owner, { ...webhook(), enabled: false })).json;
    const found = async () => {
      const { channels } = (await app.call('GET', '/v1/system/health', { as: owner })).json;
      return (channels as { id: string; status: string }[]).find((channel) => channel.id === id);
    };
    await until(async () => (await found()) !== undefined, 'somebody has looked');
    expect((await found())?.status).toBe('ok');
    expect((await app.call('DELETE', path(id), { as: owner })).status).toBe(204);
  });

  it('show their secrets and addresses in no answer, record, log or table', async () => {
    const { id, secret } = (await notifications.post(owner, webhook())).json;
    const rotated = await app.call('POST', path(id, '/rotate-secret'), { as: owner, body: {} });
    const slack = await notifications.post(owner, { ...webhook(), type: 'slack', name: 'slack of secrets' });
    await app.call('PATCH', path(id), { as: owner, body: { url: `${receiver.url}/elsewhere/k3y` } });
    const sent = await app.call('POST', path(id, '/test'), { as: owner });
    await notifications.ended(sent.json.id);
    await app.drained();
    const answers = await Promise.all(
      [path(id), path(slack.json.id), `${CHANNELS}?limit=200`, path(id, '/deliveries')].map((at) =>
        app.call('GET', at, { as: owner }),
      ),
    );
    const tables = await Promise.all(
      [
        'notification_channels',
        'notification_secrets',
        'notification_deliveries',
        'idempotency_keys',
        'audit_outbox',
      ].map(async (table) => JSON.stringify((await app.db.query(`SELECT * FROM ${table}`)).rows)),
    );
    const records = JSON.stringify([...(await app.auditOf(id)), ...(await app.auditOf(slack.json.id))]);
    const seen = [...answers.map(({ text }) => text), ...tables, records, app.log.join('\n')].join('\n');
    const hidden = [secret, rotated.json.secret, 'where-only-we-know', 't0p', 'k3y', SECRET_PATH];
    const found = hidden.filter((each) => seen.includes(each) || seen.includes(each.replace('whsec_', '')));
    expect(found).toEqual([]);
    expect(records).toContain('targetSetAt');
    console.log(
      `what a channel hides: tried ${hidden.length} in ${answers.length + tables.length + 2} places, found ${found.length}`,
    );
  });

  it('give one channel for one Idempotency-Key, and its secret once', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const body = webhook();
    const first = await notifications.post(owner, body, headers);
    const again = await notifications.post(owner, body, headers);
    expect([again.status, again.json]).toEqual([201, { ...first.json, secret: null }]);
    const other = await notifications.post(owner, { ...body, url: `${receiver.url}/other` }, headers);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused']);
    const taken = await notifications.post(owner, body);
    expect([taken.status, taken.json.code]).toEqual([409, 'conflict']);
  });

  it('refuse what they cannot be', async () => {
    const [email, hook] = [{ type: 'email', name: 'mail', recipients: ['ops@example.com'], events: EVENTS }, webhook()];
    expect(await refusedField(email, 'type')).toMatch(/sends no e-mail/);
    await refusedField({ ...hook, type: 'pigeon' }, 'type');
    await refusedField({ ...hook, events: [] }, 'events');
    await refusedField({ ...hook, events: ['export.stolen'] }, 'events.0');
    await refusedField({ ...hook, events: ['notification.test'] }, 'events.0');
    await refusedField({ ...hook, secret: 'whsec_mine' }, 'secret');
    await refusedField({ ...hook, name: '' }, 'name');
    await refusedField({ ...email, recipients: [] }, 'recipients');
    await refusedField({ ...email, recipients: ['nobody'] }, 'recipients.0');
    const { id } = (await notifications.post(owner, hook)).json;
    const patched = await app.call('PATCH', path(id), { as: owner, body: { recipients: ['ops@example.com'] } });
    expect([patched.status, patched.json.errors[0].field]).toEqual([422, 'recipients']);
  });

  it('are everybody’s with notifications.manage everywhere, and nobody else’s', async () => {
    const { id } = (await notifications.post(owner, webhook())).json;
    const operator = await app.person('operator');
    expect((await app.call('GET', path(id), { as: operator })).status).toBe(200);
    for (const role of ['viewer', 'auditor', 'service-manager']) {
      const answer = await app.call('GET', path(id), { as: await app.person(role) });
      expect([role, answer.status, answer.json.code]).toEqual([role, 403, 'forbidden']);
    }
  });
});

// https: of a name or address that is reached from inside only, or of another port.
const PRIVATE = [
  ...[
    'https://0x7f.1/',
    'https://2130706433/',
    'https://①②⑦.⓪.⓪.①/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[64:ff9b::7f00:1]/',
  ],
  ...['https://100.64.0.1/', 'https://localhost./', 'https://metadata.google.internal/', 'https://127.0.0.1.nip.io/'],
  ...[
    'https://hooks.example.com:22/',
    'https://hooks.example.com:8443/',
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
  ],
  ...[
    'https://user:pw@hooks.example.com/',
    'https://user@hooks.example.com/',
    'https://169.254.169.254/latest',
    'https://10.0.0.1/',
  ],
  ...[
    'https://[::1]/',
    'https://[::7f00:1]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[2002:7f00:1::]/',
    'https://0/',
  ],
  ...[
    'https://017700000001/',
    'https://192.168.1.1.sslip.io/',
    'https://intranet/',
    'https://db.internal./',
    'https://printer.local/',
  ],
  ...[
    'https://hooks.example.com\\@127.0.0.1/',
    'https://127.0.0.1#@hooks.example.com/',
    'https://127。0。0。1/',
    ' https://10.0.0.1/',
  ],
  ...[
    'https://ho\toks.example.com/',
    'javascript:alert(1)',
    'hooks.example.com',
    '//hooks.example.com/',
    'https://',
    'https://198.18.0.1/',
  ],
  ...[
    'https://metadata.goog/',
    'https://localtest.me/',
    'https://255.255.255.255/',
    'https://192.0.2.1/',
    'https://[2001:db8::1]/',
  ],
];

describe('notification-channels.targets', () => {
  it('are refused wherever they lead inside, when made and when changed', async () => {
    const { id } = (await notifications.post(owner, webhook())).json;
    for (const target of PRIVATE) {
      for (const type of ['webhook', 'slack'])
        expect(await refusedField({ type, name: 'x', url: target, events: EVENTS }, 'url')).toMatch(/^must /);
      const patched = await app.call('PATCH', path(id), { as: owner, body: { url: target } });
      expect([target, patched.status, patched.json.errors?.[0].field]).toEqual([target, 422, 'url']);
    }
    console.log(`targets that lead inside: tried ${PRIVATE.length} at 3 places, allowed 0`);
  });

  it('are allowed where they lead outside', async () => {
    const allowed = [
      'https://hooks.example.com/a?b=c',
      'https://hooks.example.com:443/',
      'https://1.1.1.1/',
      'https://[2606:4700::1111]/',
    ];
    for (const target of [...allowed, 'https://bücher.example.com/', 'https://hooks.localhost.example.com/'])
      expect([target, (await notifications.post(owner, { ...webhook(), url: target })).status]).toEqual([target, 201]);
  });
});

describe('notification-channels.secrets', () => {
  const tested = async (id: string): Promise<Received> => {
    const { json } = await app.call('POST', path(id, '/test'), { as: owner });
    await notifications.look(json.id);
    expect(await notifications.ended(json.id)).toMatchObject({ status: 'delivered', answered_status: 200 });
    return received(json.notificationId)[0] as Received;
  };
  const rotate = (id: string, body: object = {}) => app.call('POST', path(id, '/rotate-secret'), { as: owner, body });
  const signs = (one: Received, ...secrets: string[]) => secrets.map((secret) => verifies(one, secret));

  it('sign two at once while one replaces the other, and never three', async () => {
    const { id, secret: first } = (await notifications.post(owner, webhook())).json;
    expect(signs(await tested(id), first)).toEqual([true]);
    const { status, json } = await rotate(id);
    expect([status, json.version, Date.parse(json.rotationEndsAt) - Date.parse(json.rotatedAt) > 86_000_000]).toEqual([
      200,
      2,
      true,
    ]);
    const second = json.secret;
    expect(signs(await tested(id), first, second)).toEqual([true, true]);
    const third = await rotate(id);
    expect([third.status, third.json.code]).toEqual([409, 'conflict']);
    await app.db.query(
      'UPDATE notification_secrets SET ends_at = now() WHERE channel_id = $1 AND ends_at IS NOT NULL',
      [id],
    );
    await app.db.query('UPDATE notification_channels SET rotation_ends_at = now() WHERE id = $1', [id]);
    expect(signs(await tested(id), first, second)).toEqual([false, true]);
    await app.worker().scheduled('* * * * *');
    const kept = await app.db.query(`SELECT use FROM notification_secrets WHERE channel_id = $1 ORDER BY 1`, [id]);
    expect(kept.rows.map(({ use }) => use)).toEqual(['signing', 'target']);
    const fourth = (await rotate(id, { overlapSeconds: 60 })).json.secret;
    const alone = await rotate(id, { overlapSeconds: 0 });
    expect([alone.status, alone.json.rotationEndsAt]).toEqual([200, null]);
    const last = await tested(id);
    expect(signs(last, first, second, fourth, alone.json.secret)).toEqual([false, false, false, true]);
    const slack = await notifications.post(owner, { ...webhook(), type: 'slack' });
    expect([slack.json.secret, (await rotate(slack.json.id)).status]).toEqual([null, 422]);
    console.log('rotation: 4 secrets, at most 2 signing at once, after its end a secret signed 0 times');
  });

  it('are refused by a receiver when the timestamp is old', async () => {
    const { id, secret } = (await notifications.post(owner, webhook())).json;
    const one = await tested(id);
    expect(verifies(one, secret)).toBe(true);
    const old = {
      ...one,
      headers: { ...one.headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 600) },
    };
    expect(verifies(old, secret)).toBe(false);
  });
});

describe('notification-channels.deliveries', () => {
  // What happens here is of these channels alone.
  beforeEach(() => app.db.query('DELETE FROM notification_channels'));

  it('are logged newest first, page by page, by status and type; a test goes through a channel that is off', async () => {
    const { id } = (await notifications.post(owner, webhook())).json;
    for (let n = 0; n < 5; n++) await notifications.happened('dead_letter.kept', { ...LETTER, letterId: `m-${n}` });
    const isOver = async () => (await notifications.of(id)).every(({ status }) => status !== 'pending');
    await until(isOver, 'all have ended');
    await app.call('PATCH', path(id), { as: owner, body: { enabled: false } });
    await notifications.happened();
    const test = await app.call('POST', path(id, '/test'), { as: owner });
    expect([test.status, test.headers.get('location')]).toEqual([
      202,
      `/v1/admin/notification-deliveries/${test.json.id}`,
    ]);
    await until(isOver, 'the test has ended');
    const list = (query: string) => app.call('GET', path(id, `/deliveries${query}`), { as: owner });
    const ids: string[] = [];
    let cursor = '';
    do {
      const { json } = await list(`?limit=4${cursor}`);
      ids.push(...json.items.map((item: { id: string }) => item.id));
      cursor = json.nextCursor ? `&cursor=${json.nextCursor}` : '';
    } while (cursor);
    expect(ids).toEqual((await notifications.of(id)).map((row) => row.id).reverse());
    const types = async (query: string) => (await list(query)).json.items.map(({ type }: { type: string }) => type);
    expect(await types('?type=notification.test')).toEqual(['notification.test']);
    expect(await types('?status=delivered')).toHaveLength(6);
    expect(await types('?status=gave_up')).toEqual([]);
    const all = await app.call('GET', '/v1/admin/notification-deliveries?status=delivered&limit=200', { as: owner });
    expect(all.json.items).toEqual((await list('?status=delivered')).json.items);
    const read = await app.call('GET', String(test.headers.get('location')), { as: owner });
    expect(read.json).toMatchObject({
      status: 'delivered',
      attempts: 1,
      answeredStatus: 200,
      payload: { channelId: id },
    });
    expect((await app.call('GET', path(randomUUID(), '/deliveries'), { as: owner })).status).toBe(404);
    expect((await app.call('POST', path(randomUUID(), '/test'), { as: owner })).status).toBe(404);
  });

  it('are sent once more under the same id, once they have ended', async () => {
    const { id, secret } = (await notifications.post(owner, webhook())).json;
    const notificationId = await notifications.happened();
    const [first] = await notifications.of(id);
    await notifications.ended(first?.id ?? '');
    const at = `/v1/admin/notification-deliveries/${first?.id}/replay`;
    const headers = { 'Idempotency-Key': randomUUID() };
    const replayed = await app.call('POST', at, { as: owner, headers });
    expect([replayed.status, replayed.json.replayOf, replayed.json.notificationId]).toEqual([
      202,
      first?.id,
      notificationId,
    ]);
    expect((await app.call('POST', at, { as: owner, headers })).json.id).toBe(replayed.json.id);
    await notifications.ended(replayed.json.id);
    const both = received(notificationId);
    expect([both.length, both[0]?.body === both[1]?.body, ...signs(both, secret)]).toEqual([2, true, true, true]);
    await app.db.query(
      `UPDATE notification_deliveries SET status = 'pending', ended_at = NULL, next_attempt_at = now() + interval '1 day' WHERE id = $1`,
      [first?.id],
    );
    expect((await app.call('POST', at, { as: owner })).status).toBe(409);
    await app.db.query(`UPDATE notification_deliveries SET status = 'gave_up', ended_at = now() WHERE id = $1`, [
      first?.id,
    ]);
    await app.call('PATCH', path(id), { as: owner, body: { enabled: false } });
    expect((await app.call('POST', at, { as: owner })).json.code).toBe('conflict');
    await app.drained();
    expect((await app.auditOf(replayed.json.id)).map(({ action }) => action)).toEqual(['notification.delivery.replay']);
  });

  const signs = (all: Received[], secret: string) => all.map((one) => verifies(one, secret));
});
