import { randomUUID } from 'node:crypto';
import type { App, Person } from './app.ts';

/** A role of exactly these permissions; its name is for `app.person` and `app.grant`. */
export async function roleOf(app: App, ...permissions: string[]): Promise<string> {
  const id = randomUUID();
  const name = `role-${id.slice(0, 8)}`;
  await app.db.query('INSERT INTO roles (id, name, permissions, rank) VALUES ($1, $2, $3, 50)', [
    id,
    name,
    permissions,
  ]);
  return name;
}

/** Takes a role from somebody, as an owner does it. */
export async function takeRole(app: App, owner: Person, from: Person, role: string): Promise<void> {
  const { rows } = await app.db.query(
    'SELECT g.id FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = $1 AND r.name = $2',
    [from.id, role],
  );
  for (const { id } of rows) {
    const { status, text } = await app.call('DELETE', `/v1/admin/grants/${id}`, { as: owner });
    if (status !== 204) throw new Error(text);
  }
}
