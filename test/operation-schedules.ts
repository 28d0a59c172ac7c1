import type { Answer, App, Person } from './app.ts';

export const SCHEDULES = '/v1/admin/operation-schedules';

/** What a schedule is when nothing else is said: maintenance of one service, each night. */
export const nightly = (serviceId: string) => ({
  name: 'Nightly maintenance',
  type: 'services.maintenance',
  target: { type: 'service', id: serviceId },
  parameters: { maintenanceMode: true, message: 'Back soon.' },
  reason: 'moving the database',
  cron: '30 2 * * *',
  timeZone: 'Europe/Berlin',
});

export const purge = (serviceId: string) => ({
  ...nightly(serviceId),
  type: 'testers.purge-expired',
  parameters: {},
});

/** The same, but once, in an hour. */
export function once(body: Omit<ReturnType<typeof nightly>, 'parameters'> & { parameters: object }) {
  const { cron: _, timeZone: __, ...rest } = body;
  return { ...rest, at: new Date(Date.now() + 3_600_000).toISOString() };
}

export const post = (app: App, as: Person, body: object, headers: Record<string, string> = {}) =>
  app.call('POST', SCHEDULES, { as, body, headers });

/** @throws Error when there is none then */
export async function made(app: App, as: Person, body: object): Promise<Answer['json']> {
  const answer = await post(app, as, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

export const read = async (app: App, as: Person, id: string, query = ''): Promise<Answer['json']> =>
  (await app.call('GET', `${SCHEDULES}/${id}${query}`, { as })).json;

export const change = (
  app: App,
  as: Person,
  id: string,
  body: object,
  headers: Record<string, string> = {},
  query = '',
) => app.call('PATCH', `${SCHEDULES}/${id}${query}`, { as, body, headers });

/** As Postgres has it. */
export const stored = async (app: App, id: string) =>
  (await app.db.query('SELECT * FROM operation_schedules WHERE id = $1', [id])).rows[0];

export const tick = (app: App) => app.worker().scheduled('* * * * *');

/** Lets its time come: as long ago as that. */
export const makeDue = (app: App, ids: string[], ago = '1 second') =>
  app.db.query(`UPDATE operation_schedules SET next_run_at = now() - $2::interval WHERE id = ANY ($1)`, [ids, ago]);

export const operationsBy = async (app: App, scheduleId: string) =>
  (await app.db.query('SELECT * FROM admin_operations WHERE schedule_id = $1 ORDER BY id', [scheduleId])).rows;

/** Of the schedule itself and of what its times made. */
export const recordsOf = async (app: App, scheduleId: string) =>
  (
    await app.db.query(
      `SELECT action, resource, resource_id, service_id, actor_id, actor_role, outcome, reason, before_state, after_state
       FROM audit_outbox WHERE reason LIKE $1 OR resource_id = $2 OR after_state->>'scheduleId' = $2 ORDER BY id`,
      [`schedule ${scheduleId}%`, scheduleId],
    )
  ).rows;
