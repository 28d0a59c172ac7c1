import type { People } from './operations-data.ts';
import { type Site, until, type Worker } from './site.ts';

/** What the operations of this bench are asked of. */
export interface Desk {
  site: Site;
  worker: Worker;
  people: People;
}

export interface Requested {
  id: string;
  hash: string;
  /** What it has frozen. */
  items: number;
  /** From the request to its answer. */
  ms: number;
}

const PATIENCE_MS = 600_000;

const revocation = ({ roleId }: People) => ({ type: 'sessions.revoke', target: { type: 'role', id: roleId } });

async function post({ worker }: Desk, token: string, path: string, body: object) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const began = performance.now();
  const url = new URL(`/v1/admin/operations${path}`, worker.url);
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  const ms = performance.now() - began;
  if (!response.ok) throw new Error(text);
  return { json: JSON.parse(text), ms };
}

/** The dry run. */
export async function plan(desk: Desk): Promise<{ items: number; ms: number }> {
  const { json, ms } = await post(desk, desk.site.token, '/plan', revocation(desk.people));
  return { items: json.itemsTotal, ms };
}

/** Freezes the targets: every session of the role. */
export async function request(desk: Desk): Promise<Requested> {
  const body = { ...revocation(desk.people), reason: 'a bench' };
  const { json, ms } = await post(desk, desk.site.token, '', body);
  return { id: json.id, hash: json.plan.hash, items: json.plan.itemsTotal, ms };
}

export async function approve(desk: Desk, { id, hash }: Requested): Promise<void> {
  await post(desk, desk.people.approver, `/${id}/approve`, { planHash: hash });
}

/** @returns when its start was answered, milliseconds since the epoch */
export async function start(desk: Desk, { id }: Requested): Promise<number> {
  await post(desk, desk.site.token, `/${id}/start`, {});
  return Date.now();
}

/** By the database's clock, milliseconds since the epoch. */
export interface Times {
  /** A consumer has taken it up. */
  taken: number;
  /** Its first batch: the epochs. */
  first: number;
  ended: number;
}

/** Asks the database, not the API: round trips and CPU are to be the operation's own. @throws Error unless everything was done */
export async function finished({ site, people }: Desk, { id, items }: Requested): Promise<Times> {
  const row = async () =>
    (
      await site.db.query(
        `SELECT phase, items_done AS done, items_failed AS failed, items_skipped AS skipped, failure_reason AS reason,
           extract(epoch FROM started_at)::float8 * 1000 AS taken, extract(epoch FROM finished_at)::float8 * 1000 AS ended
         FROM admin_operations WHERE id = $1`,
        [id],
      )
    ).rows[0];
  await until(async () => (await row()).ended !== null, `operation ${id} ends`, PATIENCE_MS);
  const { phase, done, failed, skipped, reason, taken, ended } = await row();
  if (phase !== 'completed' || done !== items || failed + skipped > 0)
    throw new Error(`${phase}: ${done} of ${items} done, ${failed} failed, ${skipped} skipped (${reason})`);
  const { rows } = await site.db.query(
    `SELECT (SELECT count(*)::int FROM grants g JOIN admins a ON a.id = g.admin_id LEFT JOIN admin_sessions s ON s.admin_id = a.id
         WHERE g.role_id = $1 AND (a.sessions_not_before IS NULL OR s.revoked_at IS NULL)) AS left,
       (SELECT extract(epoch FROM min(done_at))::float8 * 1000 FROM admin_operation_items WHERE operation_id = $2) AS first`,
    [people.roleId, id],
  );
  if (rows[0].left !== 0) throw new Error(`${rows[0].left} sessions still go on`);
  return { taken, first: rows[0].first, ended };
}

/** What one run leaves for later is not to fall into the next one. */
export async function settled({ site }: Desk): Promise<void> {
  const waiting = async () => (await site.db.query('SELECT FROM audit_outbox WHERE sent_at IS NULL LIMIT 1')).rowCount;
  await until(async () => (await waiting()) === 0, 'the audit records are sent on', PATIENCE_MS);
}

export interface Refused {
  /** From the start's answer to the last first refusal. */
  ms: number;
  tokens: number;
  /** Requests between that were still let in. */
  admitted: number;
  /** Requests between that were answered with 503: neither let in nor refused. */
  unanswered: number;
}

/** Asks with one token after the other until each has been refused. */
export async function untilRefused({ worker }: Desk, tokens: readonly string[]): Promise<Refused> {
  const began = performance.now();
  const waiting = new Set(tokens);
  let [admitted, unanswered] = [0, 0];
  while (waiting.size > 0)
    for (const token of waiting) {
      if (performance.now() - began > PATIENCE_MS) throw new Error(`${waiting.size} tokens are still let in`);
      const status = await statusOf(worker, token);
      if (status === 401) waiting.delete(token);
      else if (status === 200) admitted++;
      else if (status === 503) unanswered++;
      else throw new Error(`a token is answered with ${status}`);
    }
  return { ms: performance.now() - began, tokens: tokens.length, admitted, unanswered };
}

/** So that the guards know the sessions, as they do of people at work. */
export async function enter({ worker }: Desk, tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    const status = await statusOf(worker, token);
    if (status !== 200) throw new Error(`a token is refused with ${status} before anything was started`);
  }
}

async function statusOf(worker: Worker, token: string): Promise<number> {
  const response = await fetch(new URL('/v1/admin/me', worker.url), { headers: { Authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}
