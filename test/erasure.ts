import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import type { App, Person } from './app.ts';
import { insertRows, type Row, row, type Table } from './audit-rows.ts';

/** An admin with words that stand in nothing else. */
export interface Known extends Person {
  name: string;
  /** As it is stored: the person's alone. */
  ip: string;
  agent: string;
}

export const wordsOf = ({ email, subject, name, ip, agent }: Known): string[] => [email, subject, name, ip, agent];

let network = 0;

export async function knownPerson(app: App, role: string | null): Promise<Known> {
  const person = await app.person(role);
  const name = `Ada Ünique-${person.id.slice(0, 8)}`;
  await app.db.query('UPDATE admins SET name = $2 WHERE id = $1', [person.id, name]);
  const tail = Number.parseInt(person.id.slice(0, 4), 16);
  return { ...person, name, ip: `198.18.${tail % 256}.${network++ % 256}`, agent: `Agent-${randomUUID()}` };
}

export const stored = ({ ip }: Known) => `::ffff:${ip}`;

const state = (who: Known) =>
  JSON.stringify({ name: who.name, email: who.email, status: 'active', subject: who.subject }).replaceAll(
    '":"',
    '": "',
  );

/** Records by and about the person, and one by another that names it, of so long ago. */
export function recordsOf(who: Known, other: Person, service: string, agoMs = 60_000): Row[] {
  const at = Date.now() - agoMs;
  const by = (person: Person, more: Record<string, string | number>): Row =>
    row(at - Math.floor(Math.random() * 1000), {
      ...{ actor_id: person.id, actor_email: person.email, actor_role: 'viewer', session_id: person.sessionId },
      ...{ outcome: 'success', service_id: service, before_state: '', after_state: '', reason: 'as agreed' },
      ...{ request_id: randomUUID(), trace_id: randomUUID().replaceAll('-', '') },
      ...(person === who ? { ip_address: stored(who) } : {}),
      ...more,
    });
  const signIn = `{"kind": "browser", "ipAddress": "${who.ip}", "userAgent": "${who.agent}", "revokedAt": null}`;
  const revoked = `{"id": "s", "adminId": "${who.id}", "email": "${who.email}", "ipAddress": "${who.ip}", "userAgent": "${who.agent}"}`;
  return [
    by(who, { action: 'service.update', resource: 'service', resource_id: service, after_state: '{"name": "Shop"}' }),
    by(who, {
      action: 'service.update',
      resource: 'service',
      resource_id: service,
      reason: `I, ${who.email}, did it.`,
    }),
    by(who, { action: 'session.sign-in', resource: 'session', resource_id: who.sessionId, after_state: signIn }),
    by(other, {
      ...{ action: 'admin.update', resource: 'admin', resource_id: who.id, reason: `${who.name} has married` },
      ...{ before_state: state(who), after_state: state(who).replace('active', 'locked') },
    }),
    by(other, { action: 'session.revoke', resource: 'session', resource_id: 's', before_state: revoked }),
    by(other, {
      ...{ action: 'service.update', resource: 'service', resource_id: service },
      after_state:
        `{"description": "ask\\n${who.email.toUpperCase()}, or x${who.email}, ${who.email}, ${who.email}."}`.replaceAll(
          `x${who.email}`,
          `x-${other.email}`,
        ),
    }),
  ];
}

/** What they did, in every table of ClickHouse. */
export async function plantRows(app: App, who: Known, other: Person, service: string): Promise<Row[]> {
  const at = Date.now() - 60_000;
  const did = (more: Record<string, string | number>): Row =>
    row(at, {
      ...{ actor_id: who.id, actor_email: who.email, actor_role: 'viewer', session_id: who.sessionId },
      ...{ service_id: service, ip_address: stored(who), user_agent: who.agent, ...more },
    });
  const records = recordsOf(who, other, service);
  const rows: [Table, Row[]][] = [
    ['admin_audit_logs', records],
    ['admin_api_logs', [1, 2, 3].map(() => did({ endpoint: '/v1/admin/me', method: 'GET', status_code: 200 }))],
    ['admin_ui_events', [1, 2].map(() => did({ event_type: 'app.widget.click', properties: `{"who":"${who.name}"}` }))],
  ];
  for (const [table, all] of rows) await insertRows(app, table, all);
  return records;
}

/** Records of three hours ago by and about the person, for holds on that time. @returns their ids */
export async function plantOld(app: App, who: Known, other: Person, service: string): Promise<string[]> {
  const rows = recordsOf(who, other, service, 3 * 3_600_000).slice(0, 4);
  await insertRows(app, 'admin_audit_logs', rows);
  return rows.map(({ id }) => id);
}

/** On their way: one nobody has taken up, and one that a drainer has in hand. */
export async function plantWaiting(app: App, who: Known): Promise<string[]> {
  const records = [1, 2].map((n) => ({ id: v7(), batch: n === 2 ? randomUUID() : null }));
  for (const { id, batch } of records)
    await app.db.query(
      `INSERT INTO audit_outbox (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state,
         ip_address, request_id, trace_id, batch_id, leased_until)
       VALUES ($1, time_of_id($1), $2, $3, 'viewer', 'service.update', 'service', 'x', 'success', $4, $5, 'r', 't', $6,
         CASE WHEN $6::uuid IS NOT NULL THEN now() + interval '1 second' END)`,
      [id, who.id, who.email, JSON.stringify({ text: `by ${who.email}` }), who.ip, batch],
    );
  return records.map(({ id }) => id);
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Store → how many rows or objects hold one of these words, whatever its case. */
export async function storesWith(
  app: App,
  words: readonly string[],
): Promise<{ searched: number; found: Record<string, number> }> {
  const found: Record<string, number> = {};
  let searched = 0;
  const count = (store: string, n: number) => {
    searched++;
    if (n > 0) found[store] = n;
  };
  const { rows: tables } = await app.db.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  for (const { tablename } of tables) {
    const { rows } = await app.db.query(
      `SELECT count(*)::int AS n FROM ${tablename} t WHERE EXISTS (SELECT FROM unnest($1::text[]) AS x WHERE strpos(lower(t::text), lower(x)) > 0)`,
      [words],
    );
    count(`Postgres ${tablename}`, rows[0].n);
  }
  const engines = await app.analytics<{ name: string }>(
    `SELECT concat(database, '.', name) AS name FROM system.tables WHERE database IN ('audit_db', 'analytics_db') AND engine LIKE '%MergeTree'`,
  );
  const list = `[${words.map((word) => quoted(word)).join(', ')}]`;
  for (const { name } of engines) {
    const [counted] = await app.analytics<{ n: string }>(
      `SELECT count() AS n FROM (SELECT formatRow('TSVRaw', * APPLY(toString)) AS line FROM ${name}) WHERE multiSearchAnyCaseInsensitiveUTF8(line, ${list})`,
    );
    count(name, Number(counted?.n));
  }
  const bucket = await app.worker().miniflare.getR2Bucket('BUCKET', 'steward');
  const { objects } = await bucket.list();
  for (const { key } of objects) {
    const text = ((await (await bucket.get(key))?.text()) ?? '').toLowerCase();
    count(`R2 ${key}`, words.some((word) => text.includes(word.toLowerCase())) ? 1 : 0);
  }
  return { searched, found };
}

/** Whole records, by id. */
export const recordsById = (app: App, ids: readonly string[]) =>
  app.analytics<Record<string, string>>(
    `SELECT * FROM audit_db.admin_audit_logs WHERE id IN (${ids.map((id) => quoted(id)).join(', ')}) ORDER BY id`,
  );

/** The fingerprint of ADR 0018, as an auditor would compute it from an erasure's record. */
export async function auditorsFingerprint(
  app: App,
  actorId: string,
  { mentions, cutoff }: { mentions: readonly string[]; cutoff: string },
): Promise<{ records: number; digest: string }> {
  const [row] = await app.analytics<{ records: string; digest: string }>(
    `SELECT count() AS records, hex(sum(reinterpretAsUInt256(SHA256(concatWithSeparator('\\0', toString(id),
       toString(toUnixTimestamp64Milli(timestamp)), toString(actor_id), actor_role, action, resource, resource_id, toString(service_id), outcome,
       request_id, trace_id, session_id, toString(toUnixTimestamp64Micro(accepted_at))))))) AS digest
     FROM audit_db.admin_audit_logs
     WHERE (actor_id = ${quoted(actorId)} OR has([${mentions.map(quoted).join(', ')}], toString(id))) AND accepted_at <= toDateTime64(${quoted(cutoff)}, 6, 'UTC')`,
  );
  return { records: Number(row?.records), digest: String(row?.digest) };
}

/** Everything there is by somebody in ClickHouse, and their rows in Postgres. */
export async function allOf(app: App, { id }: Person): Promise<unknown> {
  const tables = ['admin_audit_logs', 'admin_api_logs', 'admin_ui_events', 'admin_sessions'];
  const ofEngine = await Promise.all(
    tables.map((table) => app.analytics(`SELECT * FROM audit_db.${table} WHERE actor_id = '${id}' ORDER BY ALL`)),
  );
  const { rows } = await app.db.query(
    `SELECT 'admin' AS of, row_to_json(a) AS row FROM admins a WHERE id = $1 UNION ALL SELECT 'grant', row_to_json(g) FROM grants g WHERE admin_id = $1
     UNION ALL SELECT 'session', row_to_json(s) FROM admin_sessions s WHERE admin_id = $1
     UNION ALL SELECT 'tester', row_to_json(t) FROM service_tester_admins t WHERE admin_id = $1`,
    [id],
  );
  return { ofEngine, rows: rows.map((row) => JSON.stringify(row)).sort() };
}
