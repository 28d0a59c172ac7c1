import type { Answer, App, Person } from './app.ts';
import { until } from './app.ts';

export const ENDED = ['completed', 'incomplete', 'failed', 'cancelled', 'rejected', 'expired', 'undone'];

/** What people do with operations, for tests. */
export const operationsOf = (app: App) => {
  const path = '/v1/admin/operations';
  const call = (as: Person, verb: string, id: string, body?: unknown, headers: Record<string, string> = {}) =>
    app.call('POST', `${path}/${id}/${verb}`, { as, headers, ...(body === undefined ? {} : { body }) });
  const phaseOf = async (id: string): Promise<string> =>
    (await app.db.query('SELECT phase FROM admin_operations WHERE id = $1', [id])).rows[0]?.phase;
  return {
    call,
    phaseOf,
    post: (as: Person, body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> =>
      app.call('POST', path, { as, body: { reason: 'because', ...body }, headers }),
    async asked(as: Person, body: Record<string, unknown>): Promise<Answer['json']> {
      const answer = await app.call('POST', path, { as, body: { reason: 'because', ...body } });
      if (answer.status !== 202) throw new Error(answer.text);
      return answer.json;
    },
    read: async (as: Person, id: string): Promise<Answer['json']> =>
      (await app.call('GET', `${path}/${id}`, { as })).json,
    items: async (as: Person, id: string, query = ''): Promise<Answer['json']> =>
      (await app.call('GET', `${path}/${id}/items?limit=200${query}`, { as })).json.items,
    approve: (as: Person, { id, plan }: { id: string; plan: { hash: string } }) =>
      call(as, 'approve', id, { planHash: plan.hash }),
    start: (as: Person, id: string) => call(as, 'start', id, {}),
    /** Waits until it stands in one of these phases. */
    async reached(id: string, phases: readonly string[] = ENDED): Promise<string> {
      let phase = '';
      await until(
        async () => {
          phase = await phaseOf(id);
          return phases.includes(phase);
        },
        `operation ${id} is ${phases.join(' or ')}`,
        40_000,
        20,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; it is ${phase}, and the log ends: ${app.log.slice(-20).join('\n')}`);
      });
      return phase;
    },
  };
};
