import { randomUUID } from 'node:crypto';
import type { Answer, App, Person } from './app.ts';

export const SCHEDULES = '/v1/admin/export-schedules';
export const DAILY = { name: 'Daily records', exportType: 'audit_logs', cron: '30 6 * * *', timeZone: 'Europe/Berlin' };

/** Asks for a schedule like DAILY. */
export const post = (app: App, as: Person, body: object = {}, headers: Record<string, string> = {}) =>
  app.call('POST', SCHEDULES, { as, body: { ...DAILY, ...body }, headers });

/** @throws Error when there is none then */
export async function made(app: App, as: Person, body: object = {}): Promise<Answer['json']> {
  const answer = await post(app, as, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

export const read = async (app: App, as: Person, id: string): Promise<Answer['json']> =>
  (await app.call('GET', `${SCHEDULES}/${id}`, { as })).json;

export const change = (
  app: App,
  as: Person,
  id: string,
  body: object,
  headers: Record<string, string> = {},
  query = '',
) => app.call('PATCH', `${SCHEDULES}/${id}${query}`, { as, body, headers });

export const tick = (app: App) => app.worker().scheduled('* * * * *');

/** Lets its time come: as long ago as that. */
export const makeDue = (app: App, ids: string[], ago = '2 minutes') =>
  app.db.query(`UPDATE export_schedules SET next_run_at = now() - $2::interval WHERE id = ANY ($1)`, [ids, ago]);

export const exportsOf = async (app: App, scheduleId: string) =>
  (await app.db.query('SELECT * FROM admin_exports WHERE schedule_id = $1 ORDER BY created_at, id', [scheduleId])).rows;

/** Of the schedule itself and of what it asked for. */
export const recordsOf = async (app: App, scheduleId: string) =>
  (
    await app.db.query(
      `SELECT action, resource, resource_id, service_id, actor_id, actor_role, outcome, reason, before_state, after_state
       FROM audit_outbox WHERE reason LIKE $1 OR resource_id = $2 ORDER BY id`,
      [`schedule ${scheduleId}%`, scheduleId],
    )
  ).rows;

/** A new role with these permissions. */
export async function role(app: App, ...permissions: string[]): Promise<string> {
  const name = `r-${randomUUID()}`;
  await app.db.query('INSERT INTO roles (id, name, permissions) VALUES ($1, $2, $3)', [
    randomUUID(),
    name,
    permissions,
  ]);
  return name;
}
