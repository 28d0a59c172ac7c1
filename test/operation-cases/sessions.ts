import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { App, Person } from '../app.ts';
import { roleOf } from '../roles.ts';
import { admittance, type Case, type Form, type Operation, type Recorded, type Scene, signedIn } from './case.ts';

const FOR_GOOD = /stays ended/;

/** SQL of an instant as the API writes it. */
const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** All admins there are, and their sessions that are known and alive. */
export async function everyone(app: App, except?: Person): Promise<{ admins: string[]; sessions: string[] }> {
  const people = await app.db.query(`SELECT id::text FROM admins WHERE status <> 'removed' AND id::text <> $1`, [
    except?.id ?? '',
  ]);
  const admins = people.rows.map(({ id }) => String(id));
  const alive = await app.db.query(
    'SELECT id FROM admin_sessions WHERE admin_id::text = ANY ($1) AND revoked_at IS NULL',
    [admins],
  );
  return { admins, sessions: alive.rows.map(({ id }) => String(id)) };
}

/** Admin or session → since when what began before is refused. */
export async function endsOf(app: App, ids: readonly string[]): Promise<Record<string, unknown>> {
  const { rows } = await app.db.query(
    `SELECT id::text, ${instant('sessions_not_before')} AS at FROM admins WHERE id::text = ANY ($1)
     UNION ALL SELECT id, ${instant('revoked_at')} FROM admin_sessions WHERE id = ANY ($1)`,
    [ids],
  );
  return Object.fromEntries(rows.map(({ id, at }) => [id, at]));
}

export const epochRecord = (adminId: string, { startedAt }: Operation): Recorded => ({
  action: 'admin.update',
  resource: 'admin',
  resourceId: adminId,
  before: { status: 'active' },
  after: { sessionsNotBefore: startedAt },
});

export const sessionRecord = (id: string, { startedAt }: Operation): Recorded => ({
  action: 'session.revoke',
  resource: 'session',
  resourceId: id,
  before: { revokedAt: null },
  after: { revokedAt: startedAt },
});

/** One admin with two sessions that are known, one that nobody has seen yet, and one that has ended. */
async function prepare(app: App): Promise<Scene> {
  const admin = await app.person('viewer');
  const [second, unseen] = [await signedIn(app, admin), await signedIn(app, admin)];
  for (const token of [admin.token, second]) expect(await admittance(app, token)).toEqual([200]);
  const listed = await app.db.query('SELECT id FROM admin_sessions WHERE admin_id = $1', [admin.id]);
  const sessions = listed.rows.map(({ id }) => String(id));
  await app.db.query(
    `INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent, revoked_at) VALUES ($1, $2, '192.0.2.0', 'Test', '2026-01-01')`,
    [randomUUID(), admin.id],
  );
  return {
    target: { type: 'admin', id: admin.id },
    parameters: { exceptMe: true },
    kinds: { admin_epoch: 1, session: 2 },
    warnings: ['2 known sessions of 1 admin end; who is meant signs in again.'],
    state: () => endsOf(app, [admin.id, ...sessions]),
    happened: async ({ startedAt }) => {
      for (const token of [admin.token, second, unseen])
        expect(await admittance(app, token)).toEqual([401, 'session_ended']);
      const ends = await endsOf(app, [admin.id, ...sessions]);
      expect([Object.keys(ends).length, new Set(Object.values(ends))]).toEqual([3, new Set([startedAt])]);
      const anew = await app.mint({ sub: admin.subject, sid: randomUUID() });
      expect(await admittance(app, anew)).toEqual([200]);
    },
    records: (operation) => [epochRecord(admin.id, operation), ...sessions.map((id) => sessionRecord(id, operation))],
  };
}

async function forms(app: App, { asks }: { asks: Person }): Promise<Form[]> {
  const [role, service] = [await roleOf(app, 'audit.view'), await app.service()];
  const [one, two, theirs] = [await app.person(role), await app.person(role), await app.person(role, service)];
  for (const { token } of [one, theirs]) expect(await admittance(app, token)).toEqual([200]);
  const { rows: found } = await app.db.query('SELECT id FROM roles WHERE name = $1', [role]);
  const [all, others] = [await everyone(app), await everyone(app, asks)];
  return [
    { target: { type: 'role', id: found[0].id }, ids: [one.id, two.id, theirs.id, one.sessionId, theirs.sessionId] },
    { target: { type: 'service', id: service }, ids: [theirs.id, theirs.sessionId] },
    { target: { type: 'sessions', ids: [one.sessionId] }, ids: [one.sessionId] },
    { target: { type: 'everyone' }, ids: Object.values(others).flat() },
    { target: { type: 'everyone' }, parameters: { exceptMe: false }, ids: Object.values(all).flat() },
  ];
}

export const sessionsRevoke: Case = {
  risk: 'destructive',
  permission: 'operations.execute',
  everywhere: true,
  undo: { admin_epoch: FOR_GOOD, session: FOR_GOOD },
  optional: ['parameters.exceptMe'],
  prepare,
  forms,
};
