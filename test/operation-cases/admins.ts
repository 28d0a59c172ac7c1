import { expect } from 'vitest';
import type { App, Person } from '../app.ts';
import { admittance, type Case, type Cast, type Form, type Scene } from './case.ts';

const LOCKED = [403, 'admin_locked'];

async function statesOf(app: App, people: readonly Person[]): Promise<Record<string, unknown>> {
  const { rows } = await app.db.query('SELECT id, status, name FROM admins WHERE id = ANY ($1)', [
    people.map(({ id }) => id),
  ]);
  return Object.fromEntries(rows.map(({ id, ...state }) => [id, state]));
}

/** Three that it changes, and one who is so already. */
async function prepare(app: App, { asks }: Cast, locks: boolean): Promise<Scene> {
  const [from, to] = locks ? ['active', 'locked'] : ['locked', 'active'];
  const people = await Promise.all(Array.from({ length: 4 }, () => app.person('viewer')));
  const [, , , already] = people as [Person, Person, Person, Person];
  const changed = people.slice(0, 3);
  const put = (status: string, whom: Person[]) =>
    app.db.query('UPDATE admins SET status = $1 WHERE id = ANY ($2)', [status, whom.map(({ id }) => id)]);
  await put(from as string, changed);
  await put(to as string, [already]);
  const admits = async (whom: Person[], isLocked: boolean) => {
    for (const { token } of whom) expect(await admittance(app, token)).toEqual(isLocked ? LOCKED : [200]);
  };
  await admits(changed, !locks);
  return {
    target: { type: 'admins', ids: people.map(({ id }) => id) },
    parameters: {},
    kinds: { admin: 4 },
    warnings: ['1 admin of these are so already and stay as they are.'],
    state: () => statesOf(app, people),
    happened: async () => {
      await admits(people, locks);
      const states = Object.values(await statesOf(app, people)) as { status: string }[];
      expect(states.map(({ status }) => status)).toEqual(Array(4).fill(to));
    },
    records: () =>
      changed.map(({ id, email }) => ({
        action: 'admin.update',
        resource: 'admin',
        resourceId: id,
        before: { email, status: from },
        after: { status: to },
      })),
    touch: async () => {
      const { id } = changed[0] as Person;
      expect((await app.call('PATCH', `/v1/admin/admins/${id}`, { as: asks, body: { name: 'Renamed' } })).status).toBe(
        200,
      );
      return id;
    },
    restored: () => admits(changed.slice(1), !locks),
  };
}

const common = {
  risk: 'destructive',
  permission: 'admins.manage',
  everywhere: true,
  undo: { admin: true },
  optional: [],
  forms: async (app: App): Promise<Form[]> => {
    const { id } = await app.person('viewer');
    return [
      { target: { type: 'admin', id }, ids: [id] },
      { target: { type: 'admins', ids: [id, id] }, ids: [id] },
    ];
  },
} as const;

export const adminsLock: Case = { ...common, prepare: (app, cast) => prepare(app, cast, true) };
export const adminsUnlock: Case = { ...common, prepare: (app, cast) => prepare(app, cast, false) };
