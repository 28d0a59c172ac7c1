import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import { loadState } from '../dev/oidc/state.ts';
import type { Site } from './site.ts';

/** Somebody who holds a role of their own with some others, and nothing else. */
export interface Admin {
  id: string;
  subject: string;
}

/** Whose sessions are to end, and who agrees to it. */
export interface People {
  roleId: string;
  /** In the order of the plan. */
  admins: Admin[];
  /** Token of an owner who is not the one that asks. */
  approver: string;
}

export const SESSIONS_EACH = 100;
const SAMPLE = 10;
/** Tokens say whole seconds: one of the plan's own second would outlive it. */
const TOKEN_AGE_SECONDS = 60;

export async function plantPeople(site: Site, count: number): Promise<People> {
  const roleId = randomUUID();
  const ids = Array.from({ length: count }, () => randomUUID() as string).sort();
  await site.db.query(
    `WITH made AS (INSERT INTO roles (id, name, permissions) VALUES ($1::uuid, 'bench', '{services.view}')),
     people AS (INSERT INTO admins (id, subject, email, name)
       SELECT id, 'bench|' || id, 'bench-' || id || '@example.com', 'Bench' FROM unnest($2::uuid[]) AS id)
     INSERT INTO grants (id, admin_id, role_id) SELECT gen_random_uuid(), id, $1::uuid FROM unnest($2::uuid[]) AS id`,
    [roleId, ids],
  );
  const admins = ids.map((id) => ({ id, subject: `bench|${id}` }));
  return { roleId, admins, approver: await secondOwner(site) };
}

async function secondOwner(site: Site): Promise<string> {
  const [id, subject] = [randomUUID(), 'bench|second-owner'];
  await site.db.query(
    `WITH made AS (INSERT INTO admins (id, subject, email, name) VALUES ($1::uuid, $2, 'second-owner@example.com', 'Bench'))
     INSERT INTO grants (id, admin_id, role_id) SELECT gen_random_uuid(), $1::uuid, r.id FROM roles r WHERE r.name = 'owner'`,
    [id, subject],
  );
  return tokenOf(site, subject, randomUUID());
}

/** Puts the admins where they were before an operation, with `each` new sessions. */
export async function plantSessions({ db }: Site, { admins }: People, each: number): Promise<void> {
  const ids = admins.map(({ id }) => id);
  await db.query('DELETE FROM admin_sessions WHERE admin_id = ANY ($1::uuid[])', [ids]);
  await db.query('UPDATE admins SET sessions_not_before = NULL WHERE id = ANY ($1::uuid[])', [ids]);
  await db.query(
    `INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent, created_at)
     SELECT gen_random_uuid()::text, a.id, '192.0.2.0',
       'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36', now() - n * interval '1 hour'
     FROM unnest($1::uuid[]) AS a (id) CROSS JOIN generate_series(1, $2::int) AS n`,
    [ids, each],
  );
  // What has piled up by now would otherwise be cleaned while something is measured.
  for (const table of ['admin_sessions', 'admins', 'grants', 'audit_outbox', 'admin_operation_items'])
    await db.query(`VACUUM (ANALYZE) ${table}`);
}

/** Tokens of a known session each: the first and the last admin of the plan, and some between. */
export async function sampleTokens(site: Site, { admins }: People): Promise<string[]> {
  const places = Array.from({ length: SAMPLE }, (_, i) => Math.round((i * (admins.length - 1)) / (SAMPLE - 1)));
  return Promise.all(
    [...new Set(places)].map(async (place) => {
      const { id, subject } = admins[place] as Admin;
      const { rows } = await site.db.query('SELECT min(id) AS id FROM admin_sessions WHERE admin_id = $1', [id]);
      return tokenOf(site, subject, rows[0].id);
    }),
  );
}

/** As the site's own, of somebody else. */
async function tokenOf({ dataDir, token }: Site, subject: string, sessionId: string): Promise<string> {
  const { signingKey } = await loadState(join(dataDir, 'stack', 'issuer.json'));
  const header = decodeProtectedHeader(token) as { alg: string };
  return new SignJWT({ ...decodeJwt(token), sub: subject, sid: sessionId, jti: randomUUID() })
    .setProtectedHeader(header)
    .setIssuedAt(Math.floor(Date.now() / 1000) - TOKEN_AGE_SECONDS)
    .sign(await importJWK(signingKey, header.alg));
}

/** Rows a second of one UPDATE of a copy of the admins' sessions, which nobody has touched before. */
export async function bareUpdate({ db }: Site, { admins }: People): Promise<number> {
  const ids = admins.map(({ id }) => id);
  await db.query('CREATE TABLE bench_sessions (LIKE admin_sessions INCLUDING ALL)');
  try {
    await db.query('INSERT INTO bench_sessions SELECT * FROM admin_sessions WHERE admin_id = ANY ($1::uuid[])', [ids]);
    await db.query('VACUUM (ANALYZE) bench_sessions');
    const began = performance.now();
    const { rowCount } = await db.query(
      'UPDATE bench_sessions SET revoked_at = now() WHERE admin_id = ANY ($1::uuid[])',
      [ids],
    );
    return ((rowCount ?? 0) * 1000) / (performance.now() - began);
  } finally {
    await db.query('DROP TABLE bench_sessions');
  }
}
