import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MailCatcher, type OutgoingMail, startMailCatcher } from '../../dev/mail/catcher.ts';
import { SUBSCRIBABLE } from '../../domain/notifications/events.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { CHANNELS, LETTER, notificationsOf, path } from '../notifications.ts';
import { operationsOf } from '../operations.ts';
import { type Receiver, startReceiver } from '../receiver.ts';

let app: App;
let catcher: MailCatcher;
let receiver: Receiver;
let owner: Person;
let other: Person;
let notifications: ReturnType<typeof notificationsOf>;
/** What the mail server does instead of taking an e-mail. */
let refuse: (mail: OutgoingMail) => boolean;
const FROM = 'steward@steward.example';
beforeAll(async () => {
  [catcher, receiver] = await Promise.all([startMailCatcher(), startReceiver({ status: 200 })]);
  const mail = async (one: OutgoingMail) => {
    if (refuse(one)) throw new Error('mailbox full');
    await catcher.send(one);
  };
  const vars = { NOTIFY_EMAIL_FROM: FROM, NOTIFY_PRIVATE_TARGETS: receiver.url, NOTIFY_TIMEOUT_SECONDS: '1' };
  app = await startApp(vars, { mail });
  notifications = notificationsOf(app);
  [owner, other] = [await app.person('owner'), await app.person('owner')];
});
beforeEach(async () => {
  refuse = () => false;
  receiver.react({ status: 200 });
  await app.db.query('DELETE FROM notification_deliveries');
  await app.db.query('DELETE FROM notification_channels');
});
afterAll(async () => {
  await app.stop();
  await Promise.all([catcher.close(), receiver.close()]);
});

const mailOf = (id: string) => catcher.caught.filter(({ headers }) => headers['x-steward-notification'] === id);
const mailTo = (person: Person) => catcher.caught.filter(({ recipients }) => recipients.includes(person.email));
const email = (recipients: string[], events: string[] = ['dead_letter.kept']) =>
  notifications.channel(owner, { type: 'email', recipients, events });

/** A delivery of this event, sent. @returns its notification's id */
async function arrives(channelId: string, type: string, data: object): Promise<string> {
  const id = await notifications.happened(type, data);
  const [row] = (await notifications.of(channelId)).filter(({ notification_id }) => notification_id === id);
  await notifications.look(row?.id ?? '');
  expect(await notifications.ended(row?.id ?? '')).toMatchObject({ status: 'delivered', attempts: 1 });
  return id;
}

describe('an e-mail channel', () => {
  it('writes to its recipients over SMTP, plainly, and a test goes the same way', async () => {
    const { id, secret } = await email(['Ops@Example.com', 'ops@example.com', 'ann@example.com']);
    expect(secret).toBe(null);
    const notificationId = await arrives(id, 'dead_letter.kept', LETTER);
    const [mail, ...more] = mailOf(notificationId);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      from: FROM,
      recipients: ['ops@example.com', 'ann@example.com'],
      subject: 'Dead letter in exports',
    });
    expect(mail?.text.trim()).toBe(
      'Message m-1 was given up after 11 deliveries: every delivery failed. It can be replayed.\n' +
        'http://steward.test/v1/audit/dead-letters?queue=exports',
    );
    const test = await app.call('POST', path(id, '/test'), { as: owner });
    await notifications.ended(test.json.id);
    expect(mailOf(test.json.notificationId).map(({ subject }) => subject)).toEqual(['Test notification']);
    const page = await (await fetch(catcher.url)).text();
    expect(page).toContain('Dead letter in exports');
    const listed = (await (await fetch(`${catcher.url}/messages`)).json()) as { subject: string }[];
    expect(listed.at(-1)?.subject).toBe('Test notification');
  });

  it('has a text for every event, and names that people gave neither break its lines nor its headers', async () => {
    const { id } = await email(['ops@example.com'], [...SUBSCRIBABLE]);
    const uuid = crypto.randomUUID();
    const nasty = 'Q3\r\nBcc: eve@example.com\r\n\r\n<script>&';
    const exported = { exportId: uuid, exportType: 'audit_logs', name: nasty, requestedBy: uuid, rows: 3, bytes: 90 };
    const operation = {
      ...{ operationId: uuid, operationType: 'sessions.revoke', phase: 'failed', requestedBy: uuid },
      ...{ itemsTotal: 9, itemsDone: 4, itemsFailed: 5, failureReason: nasty },
    };
    const at = new Date().toISOString();
    const incident = {
      incidentId: uuid,
      rule: 'queue-backlog',
      component: 'exports',
      severity: 'critical',
      startedAt: at,
      detail: nasty,
    };
    const samples: Record<string, object> = {
      'export.expiring': { ...exported, expiresAt: at },
      'incident.opened': { ...incident, endedAt: null },
      'incident.closed': { ...incident, endedAt: at },
      'dead_letter.kept': { ...LETTER, reason: nasty },
      'notification.channel_disabled': { channelId: uuid, channelName: nasty, channelType: 'webhook', reason: 'gone' },
    };
    for (const type of SUBSCRIBABLE) {
      const isExport = type.startsWith('export.');
      const data = samples[type] ?? (isExport ? { ...exported, failureReason: nasty } : operation);
      const mails = mailOf(await arrives(id, type, data));
      const mail = mails.find(({ recipients }) => recipients.includes('ops@example.com'));
      expect([type, mail?.recipients, mail?.headers.bcc]).toEqual([type, ['ops@example.com'], undefined]);
      const lines = mail?.text.trim().split('\n') ?? [];
      expect([
        type,
        lines.length >= 2 && lines.length <= 3,
        lines.at(-1)?.startsWith('http://steward.test/v1/'),
      ]).toEqual([type, true, true]);
      expect([type, /undefined|null|\[object/.test(`${mail?.subject}${mail?.text}`)]).toEqual([type, false]);
    }
    console.log(`texts: tried ${SUBSCRIBABLE.length} events, failed 0`);
  });

  it('is tried again when the server refuses, and says so without an address', async () => {
    const { id } = await email(['full@example.com']);
    refuse = () => true;
    const notificationId = await notifications.happened();
    const [row] = await notifications.of(id);
    await until(async () => (await notifications.one(row?.id ?? '')).last_error === 'mail_refused', 'it is refused');
    refuse = () => false;
    await notifications.ended(row?.id ?? '');
    expect(mailOf(notificationId)).toHaveLength(1);
    expect(app.log.join('\n')).not.toMatch(/full@example|mailbox full/);
  });
});

describe('a Slack channel', () => {
  it('gets one text, escaped as Slack wants it, and shows no more than its origin', async () => {
    const made = await notifications.channel(owner, {
      ...{ type: 'slack', events: ['dead_letter.kept'], url: `${receiver.url}/services/T0/B0/s3cret` },
    });
    const id = await arrives(made.id, 'dead_letter.kept', {
      ...LETTER,
      reason: '<!channel> & <https://evil.example|here>',
    });
    const [got, ...more] = receiver.received.filter(({ path: at }) => at === '/services/T0/B0/s3cret');
    expect([more, got?.headers['content-type'], got?.headers['webhook-signature']]).toEqual([
      [],
      'application/json',
      undefined,
    ]);
    expect(JSON.parse(got?.body ?? '')).toEqual({
      text:
        '*Dead letter in exports*\nMessage m-1 was given up after 11 deliveries: &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;. ' +
        'It can be replayed.\nhttp://steward.test/v1/audit/dead-letters?queue=exports',
    });
    const read = await app.call('GET', `${CHANNELS}?limit=200`, { as: owner });
    expect([id.length, read.text.includes('s3cret'), read.json.items[0].settings]).toEqual([
      36,
      false,
      { origin: receiver.url },
    ]);
  });
});

describe('every active owner', () => {
  it('has an e-mail of a broken glass, beside whoever subscribes; nobody else has', async () => {
    const [locked, operator] = [await app.person('owner'), await app.person('operator')];
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [locked.id]);
    const channel = await notifications.channel(owner, {
      events: ['operation.break_glass'],
      url: `${receiver.url}/glass`,
    });
    const operations = operationsOf(app);
    const asked = await operations.asked(operator, {
      type: 'services.config.apply',
      target: { type: 'services', ids: [await app.service()] },
      parameters: { patch: { rateLimitWindow: 777 } },
    });
    const answer = await operations.call(owner, 'start', asked.id, { breakGlass: true }, { 'Audit-Reason': 'on fire' });
    expect(answer.status).toBe(200);
    const glass = (person: Person) => mailTo(person).filter(({ text }) => text.includes(asked.id));
    await until(async () => glass(owner).length > 0 && glass(other).length > 0, 'both owners have it');
    await until(async () => receiver.received.some(({ body }) => body.includes(asked.id)), 'the channel has it');
    const rows = await notifications.rows(`type = 'operation.break_glass'`);
    const { rows: owners } = await app.db.query(
      `SELECT a.id FROM admins a JOIN grants g ON g.admin_id = a.id JOIN roles r ON r.id = g.role_id
       WHERE r.name = 'owner' AND a.status = 'active' AND g.service_id IS NULL`,
    );
    const told = rows.map(({ admin_id }) => admin_id).filter((id) => id !== null);
    expect([told.sort(), rows.length]).toEqual([owners.map(({ id }) => id).sort(), owners.length + 1]);
    expect(told).toEqual(expect.arrayContaining([owner.id, other.id]));
    expect(new Set(rows.map(({ notification_id }) => notification_id)).size).toBe(1);
    const log = await app.call('GET', '/v1/admin/notification-deliveries?type=operation.break_glass', { as: owner });
    expect(log.json.items.map(({ id }: { id: string }) => id)).toEqual(rows.map(({ id }) => id).reverse());
    expect([glass(owner).length, glass(other).length, mailTo(locked).length, mailTo(operator).length]).toEqual([
      1, 1, 0, 0,
    ]);
    expect((await notifications.of(channel.id)).map(({ type }) => type)).toEqual(['operation.break_glass']);
    console.log(`break-glass: active owners ${owners.length}, told ${told.length}; others told 0`);
  });

  it('is told by e-mail when a channel is switched off; one who is locked by then is not', async () => {
    const leaving = await app.person('owner');
    const { id } = await notifications.channel(owner, { events: ['dead_letter.kept'], url: `${receiver.url}/gone` });
    receiver.react({ status: 410 });
    refuse = ({ to }) => to.includes(leaving.email);
    await notifications.happened();
    const off = (person: Person) => mailTo(person).filter(({ text }) => text.includes(id));
    await until(async () => off(owner).length > 0 && off(other).length > 0, 'the owners have it');
    expect(off(owner)[0]).toMatchObject({
      subject: expect.stringContaining('Notifications stopped'),
      text: expect.stringContaining('410'),
    });
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [leaving.id]);
    refuse = () => false;
    const [row] = await notifications.rows(`admin_id = $1 AND type = 'notification.channel_disabled'`, leaving.id);
    await notifications.toTheEnd(row?.id ?? '');
    expect(await notifications.one(row?.id ?? '')).toMatchObject({ status: 'dropped', last_error: 'recipient_gone' });
    expect(off(leaving)).toEqual([]);
  });
});
