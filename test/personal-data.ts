import { createHash, randomUUID } from 'node:crypto';
import type { App, Person } from './app.ts';

/** Words of a row that stand in nothing else. */
interface Words {
  /** The person's. */
  text?: string;
  /** Somebody else's: the file must not show them. */
  hides?: string;
}

/** A row that was planted, as a file of personal data must show it. */
export interface Planted extends Words {
  store: string;
  id: string;
  relation: string[];
}

interface Planting {
  app: App;
  who: Person;
  other: Person;
  service: string;
  planted: Planted[];
}

/** One row with these columns. @returns its id */
async function put({ app }: Planting, table: string, columns: Record<string, unknown>): Promise<string> {
  const row: Record<string, unknown> = { id: randomUUID(), ...columns };
  const names = Object.keys(row);
  await app.db.query(
    `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
  return String(row.id);
}

/** As the file tells sessions apart. */
export const hashedId = (id: string) =>
  createHash('sha256')
    .update(id)
    .digest('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const words = (what: string) => `${what} ${randomUUID().slice(0, 8)}`;

async function theirs(
  o: Planting,
  store: string,
  relation: string[],
  columns: Record<string, unknown>,
  said: Words = {},
): Promise<string> {
  const id = await put(o, store, columns);
  o.planted.push({ store, id, relation, ...said });
  return id;
}

/** Made by them for a service. */
async function plantContent(o: Planting): Promise<void> {
  const made = { service_id: o.service, created_by: o.who.id };
  const tag = randomUUID().slice(0, 8);
  const say = (store: string, text: string, columns: Record<string, unknown>) =>
    theirs(o, store, ['creator'], { ...made, ...columns }, { text });
  await say('service_domains', `${tag}.example.com`, { domain: `${tag}.example.com` });
  await say('service_features', `f-${tag}`, { code: `f-${tag}`, name: 'F' });
  await say('service_countries', `X-${tag}`, { code: `X-${tag}` });
  await say('service_locales', `x-${tag}`, { tag: `x-${tag}` });
  await say('service_consents', `c-${tag}`, { code: `c-${tag}`, revision: 1, texts: '{}' });
  await say('service_documents', `d-${tag}`, {
    ...{ code: `d-${tag}`, locale: 'en', revision: 1, title: 'D', content_type: 'text/plain', bytes: 1 },
    ...{ sha256: tag, object_key: `documents/${randomUUID()}` },
  });
  // Somebody else's: that they made it is theirs, the rest is not.
  const [user, note] = [randomUUID(), words('other note')];
  const columns = { ...made, user_id: user, note };
  await theirs(o, 'service_tester_users', ['creator'], columns, { hides: user });
  await theirs(o, 'service_tester_users', ['creator'], { ...columns, user_id: randomUUID() }, { hides: note });
}

const PARAMETERS = { parameters: '{}' };
const ENDED = { status: 'completed', phase: 'completed', ...PARAMETERS };

/** What they asked for, started, agreed to and looked at, and what was done to them. */
async function plantOperations(o: Planting): Promise<void> {
  const { who, other } = o;
  const operation = (relation: string[], columns: Record<string, unknown>, isTheirs = true) => {
    const reason = words('reason');
    const row = { type: 'admins.lock', target_type: 'admin', target_id: other.id, actor_admin_id: other.id, ...ENDED };
    return theirs(
      o,
      'admin_operations',
      relation,
      { ...row, reason, ...columns },
      isTheirs ? { text: reason } : { hides: reason },
    );
  };
  await operation(['requester'], { actor_admin_id: who.id });
  await operation(['requester', 'starter'], { actor_admin_id: who.id, started_by: who.id });
  await operation(['starter'], { started_by: who.id }, false);
  await operation(['break-glass'], { break_glass_by: who.id, reviewed_by: other.id, started_by: other.id }, false);
  await operation(['reviewer'], { reviewed_by: who.id, break_glass_by: other.id, started_by: other.id }, false);
  const done = await operation(['target'], { target_id: who.id });
  const said = words('I agree');
  const { rows } = await o.app.db.query(
    `INSERT INTO admin_operation_approvals (operation_id, admin_id, decision, plan_hash, reason)
     VALUES ($1, $2, 'approve', 'h', $3), ($1, $4, 'approve', 'h', 'not theirs') RETURNING operation_id`,
    [done, who.id, said, other.id],
  );
  const approval = { store: 'admin_operation_approvals', relation: ['approver'], text: said };
  o.planted.push({ ...approval, id: String(rows[0]?.operation_id) });
  const former = words('former name');
  const item = { targetId: who.id, before: { adminId: who.id, name: former } };
  const stranger = { targetId: other.id, before: { adminId: other.id } };
  const kinds = ['admin', 'admin_epoch', 'tester_admin', 'session', 'service_config'];
  for (const [seq, { kind, of }] of [
    ...kinds.map((kind) => ({ kind, of: item })),
    ...kinds.map((kind) => ({ kind, of: stranger })),
  ].entries())
    await o.app.db.query(
      `INSERT INTO admin_operation_items (operation_id, seq, kind, target_id, outcome, before, round)
       VALUES ($1, $2, $3, $4, 'succeeded', $5, 0)`,
      [done, seq, kind, kind === 'tester_admin' ? randomUUID() : of.targetId, JSON.stringify(of.before)],
    );
  for (const seq of [0, 1, 2])
    o.planted.push({ store: 'admin_operation_items', id: `${done}/${seq}`, relation: ['target'], text: former });
}

async function plantExports(o: Planting): Promise<void> {
  const { who, other } = o;
  const [name, cron] = [words('my file'), { cron: '0 5 * * *', time_zone: 'UTC', enabled: false }];
  const file = {
    ...{ export_type: 'audit_logs', file_format: 'csv', status: 'failed', data_permission: 'audit.view' },
    ...{ cutoff: new Date(), cutoff_xid: '0', purged_at: new Date() },
  };
  const about = (actorId: string) => ({ parameters: JSON.stringify({ actorId }) });
  await theirs(
    o,
    'admin_exports',
    ['requester'],
    { ...file, ...about(other.id), requested_by: who.id, name },
    { text: name },
  );
  // What another one exports of them.
  await put(o, 'admin_exports', { ...file, ...about(who.id), requested_by: other.id, name: words('other file') });
  const owned = { owner_id: who.id, ...cron };
  const [often, later] = [words('often'), words('later')];
  const spec = { ...owned, ...about(other.id), export_type: 'audit_logs', file_format: 'csv' };
  await theirs(o, 'export_schedules', ['owner'], { ...spec, name: often }, { text: often });
  const plan = { ...owned, type: 'cache.purge', target: JSON.stringify({ id: other.id }), ...PARAMETERS };
  await theirs(o, 'operation_schedules', ['owner'], { ...plan, name: later, reason: 'r' }, { text: later });
}

async function plantHolds(o: Planting): Promise<void> {
  const { who, other } = o;
  const released = { status: 'released', actor_id: other.id, released_at: new Date() };
  const [opened, closed] = [words('case'), words('closed')];
  const row = { ...released, reason: opened, release_reason: closed };
  const made = { ...row, created_by: who.id, released_by: other.id };
  await theirs(o, 'audit_holds', ['creator'], made, { text: opened, hides: closed });
  const ended = { ...row, created_by: other.id, released_by: who.id };
  await theirs(o, 'audit_holds', ['releaser'], ended, { text: closed, hides: opened });
}

/** Where they are written to, among others. */
async function plantNotifications(o: Planting): Promise<void> {
  const { who, other } = o;
  const name = words('channel');
  const channel = { type: 'email', name, events: ['export.ready'], enabled: true };
  const settings = JSON.stringify({ recipients: [other.email, who.email] });
  await theirs(o, 'notification_channels', ['recipient'], { ...channel, settings }, { text: name, hides: other.email });
  const delivery = {
    ...{ notification_id: randomUUID(), type: 'operation.break_glass', occurred_at: new Date(), status: 'delivered' },
    ...{ ended_at: new Date(), payload: JSON.stringify({ failureReason: `asked by ${who.email}` }) },
  };
  await theirs(o, 'notification_deliveries', ['recipient'], { ...delivery, admin_id: who.id });
  await put(o, 'notification_deliveries', { ...delivery, admin_id: other.id });
}

/** Themselves, what they hold, and where they are testers. */
async function plantAccount(o: Planting): Promise<void> {
  const { app, who, other, service, planted } = o;
  const role = (await app.db.query(`SELECT id FROM roles WHERE name = 'viewer'`)).rows[0]?.id;
  await theirs(o, 'grants', ['holder'], { admin_id: who.id, role_id: role, service_id: service, created_by: other.id });
  await theirs(o, 'grants', ['creator'], {
    admin_id: other.id,
    role_id: role,
    service_id: service,
    created_by: who.id,
  });
  const note = words('note');
  const tester = { service_id: service, admin_id: who.id, created_by: other.id, note };
  await theirs(o, 'service_tester_admins', ['tester'], tester, { text: note });
  const hides = words('other note');
  const elsewhere = { service_id: service, admin_id: other.id, created_by: who.id, note: hides };
  await theirs(o, 'service_tester_admins', ['creator'], elsewhere, { hides });
  const agent = words('Agent');
  const session = { admin_id: who.id, ip_address: '203.0.113.0', user_agent: agent };
  for (const more of [{}, { kind: 'browser', revoked_at: new Date() }]) {
    const id = await put(o, 'admin_sessions', { ...session, ...more });
    planted.push({ store: 'admin_sessions', id: hashedId(id), relation: ['self'], text: agent });
  }
  planted.push({ store: 'admins', id: who.id, relation: ['self'], text: who.email });
}

/** Rows of an admin in every table that has any of admins, beside those of another one in the same tables and services. */
export async function plantAdmin(app: App, who: Person, other: Person, service: string): Promise<Planted[]> {
  const o: Planting = { app, who, other, service, planted: [] };
  for (const plant of [plantAccount, plantOperations, plantExports, plantHolds, plantContent, plantNotifications])
    await plant(o);
  return o.planted;
}

/** Rows of a user who is a tester. */
export async function plantUser(app: App, userId: string, by: Person, services: readonly string[]): Promise<Planted[]> {
  const o: Planting = { app, who: by, other: by, service: '', planted: [] };
  for (const service of services) {
    const note = words('note');
    const row = { service_id: service, user_id: userId, created_by: by.id, note, bypass_ip: true };
    await theirs(o, 'service_tester_users', ['tester'], row, { text: note });
  }
  const about = { type: 'subject.erase', target_type: 'user', target_id: userId, actor_admin_id: by.id, ...ENDED };
  const reason = words('asked by letter');
  const operation = await theirs(o, 'admin_operations', ['target'], { ...about, reason }, { text: reason });
  const former = words('former note');
  await app.db.query(
    `INSERT INTO admin_operation_items (operation_id, seq, kind, target_id, outcome, before, round)
     VALUES ($1, 0, 'tester_user', $2, 'succeeded', $3, 0)`,
    [operation, randomUUID(), JSON.stringify({ userId, note: former })],
  );
  o.planted.push({ store: 'admin_operation_items', id: `${operation}/0`, relation: ['target'], text: former });
  return o.planted;
}
