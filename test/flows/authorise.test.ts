import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createDatabase, dropDatabase } from '../../dev/postgres/template.ts';
import { mayGoOn } from '../../domain/access/standing.ts';
import { EVERYWHERE } from '../../domain/audit/actions.ts';
import { call } from '../../drizzle/client.ts';
import type { Verdict } from '../../drizzle/repositories/access.ts';
import { authorise, readStanding } from '../../drizzle/repositories/authorise.ts';

const RUNS = 400;
const ISSUED_AT = 1_900_000_000;
const PERMISSIONS = ['a.view', 'b.edit', 'c.run'];
const SERVICES = [1, 2, 3].map((n) => `01900000-0000-7000-8000-00000000000${n}`);
const ADMIN = '01900000-0000-7000-8000-0000000000a1';
const OTHER = '01900000-0000-7000-8000-0000000000a2';
const NOBODY = '00000000-0000-0000-0000-000000000000';
const ABSENT = '01900000-0000-7000-8000-0000000000ff';

interface Held {
  permissions: string[];
  service: string | null;
  rank: number;
}

const world = fc.record({
  admin: fc.constantFrom<'active' | 'locked' | 'absent'>(...Array(10).fill('active'), 'locked', 'absent'),
  session: fc.constantFrom<'new' | 'listed' | 'revoked' | 'of another'>(
    ...Array(4).fill('new'),
    ...Array(4).fill('listed'),
    'revoked',
    'of another',
  ),
  /** Seconds from the token's time to the moment before which no session counts. */
  notBefore: fc.constantFrom(null, null, null, null, -1, 0, 0.9, 1),
  grants: fc.array(
    fc.record<Held>({
      permissions: fc.subarray(PERMISSIONS),
      service: fc.constantFrom(null, ...SERVICES),
      rank: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 4 },
  ),
  needed: fc.subarray(PERMISSIONS, { minLength: 1 }),
  about: fc.constantFrom(null, null, ...SERVICES, ABSENT, EVERYWHERE, EVERYWHERE),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

/** What must come out, said once more in the plainest way. */
function expected({ admin, session, notBefore, grants, needed, about }: World) {
  const held = admin === 'absent' ? [] : grants;
  const here = held.filter((g) => about === null || g.service === null || g.service === about);
  const has = (from: Held[], permission: string) => from.some((g) => g.permissions.includes(permission));
  const global = held.filter((g) => g.service === null);
  const scope = needed.every((n) => has(global, n))
    ? null
    : SERVICES.filter((service) => {
        const there = held.filter((g) => g.service === service);
        return there.length > 0 && needed.every((n) => has([...global, ...there], n));
      });
  const missing = needed.find((n) => !has(here, n)) ?? null;
  // A token tells whole seconds only.
  const ended = session === 'revoked' || session === 'of another' || (notBefore !== null && Math.floor(notBefore) > 0);
  let verdict: Verdict = missing === null ? 'ok' : 'forbidden';
  if (admin === 'absent') verdict = 'unknown_admin';
  else if (admin === 'locked') verdict = 'locked';
  else if (ended) verdict = 'session_ended';
  else if (here.length === 0 || about === ABSENT) verdict = 'not_found';
  const rankOf = (from: Held[]) => (from.length > 0 ? String(Math.min(...from.map(({ rank }) => rank))) : undefined);
  const helpful = here.filter((g) => needed.some((n) => g.permissions.includes(n)));
  // Named by its rank: the most powerful role of those that bear on what was asked, or of any that reaches it.
  const role = rankOf(helpful) ?? rankOf(here) ?? 'none';
  const record = {
    actor: admin === 'absent' ? NOBODY : ADMIN,
    role,
    service: about === EVERYWHERE ? null : about,
    outcome: 'denied',
  };
  const listed = session !== 'new' || (admin === 'active' && !ended);
  return { verdict, missing, scope, records: verdict === 'ok' ? null : [record], listed };
}

async function build(db: pg.Client, { admin, session, notBefore, grants }: World): Promise<string> {
  const sid = randomUUID();
  const since = notBefore === null ? null : new Date((ISSUED_AT + notBefore) * 1000);
  if (admin !== 'absent')
    await db.query(`UPDATE admins SET status = $2, sessions_not_before = $3 WHERE id = $1`, [ADMIN, admin, since]);
  else await db.query(`UPDATE admins SET subject = 'gone' WHERE id = $1`, [ADMIN]);
  if (session !== 'new')
    await db.query(
      `INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent, revoked_at) VALUES ($1, $2, '::', 'x', $3)`,
      [sid, session === 'of another' ? OTHER : ADMIN, session === 'revoked' ? new Date() : null],
    );
  for (const { permissions, service, rank } of grants)
    await db.query(
      `WITH r AS (INSERT INTO roles (id, name, permissions, rank) VALUES ($1::uuid, $3::int || ':' || $1::text, $2, $3) RETURNING id)
       INSERT INTO grants (id, admin_id, role_id, service_id) SELECT $1::uuid, $4, r.id, $5 FROM r`,
      [randomUUID(), permissions, rank, ADMIN, service],
    );
  return sid;
}

async function ask(db: pg.Client, { needed, about }: World, sessionId: string) {
  const { text, parameters } = call(authorise, {
    subject: 'caller',
    sessionId,
    issuedAt: ISSUED_AT,
    permissions: needed,
    serviceId: about,
    resource: 'thing',
    resourceId: '',
    ipAddress: '::',
    userAgent: 'test',
    eventId: randomUUID(),
    eventTime: new Date().toISOString(),
    action: 'audit.logs.read',
    reason: '',
    requestId: 'r',
    traceId: 't',
  });
  const { rows } = await db.query(text, parameters);
  const { rows: after } = await db.query(
    `SELECT (SELECT jsonb_agg(jsonb_build_object('actor', actor_id, 'role', split_part(actor_role, ':', 1), 'service', service_id,
        'outcome', outcome)) FROM audit_outbox WHERE session_id = $1) AS records,
      EXISTS (SELECT FROM admin_sessions WHERE id = $1) AS listed`,
    [sessionId],
  );
  const { verdict, missing, scope } = rows[0];
  return { verdict, missing, scope, ...after[0] };
}

/** What the guard object would say of it, from the other function in the database. */
async function guardSays(db: pg.Client, { needed, about }: World, sessionId: string): Promise<boolean> {
  const { text, parameters } = call(readStanding, { subject: 'caller', sessionId, ipAddress: '::', userAgent: 'test' });
  const [row] = (await db.query(text, parameters)).rows;
  const standing = {
    adminId: row.admin_id,
    email: '',
    name: '',
    status: row.status,
    notBefore: row.not_before,
    grants: row.grants,
  };
  return mayGoOn({ standing, ended: row.session_ended }, ISSUED_AT, needed as never, about);
}

let db: pg.Client;
const name = `t_authorise_${process.pid}`;
beforeAll(async () => {
  const ownerUrl = await createDatabase(inject('engines').ownerUrl, { name, template: 'steward' });
  db = new pg.Client({ connectionString: ownerUrl });
  await db.connect();
  await db.query(`INSERT INTO services (id, slug, name) SELECT id, 's-' || id, 'S' FROM unnest($1::uuid[]) AS id`, [
    SERVICES,
  ]);
  await db.query(
    `INSERT INTO admins (id, subject, email, name) VALUES ($1, 'caller', 'c@example.com', 'C'), ($2, 'other', 'o@example.com', 'O')`,
    [ADMIN, OTHER],
  );
});
afterAll(async () => {
  await db.end();
  await dropDatabase(inject('engines').ownerUrl, { name });
});

describe('authorise', () => {
  it('decides as the rules say for any admin, session, grants, need and service', async () => {
    const seen: Partial<Record<Verdict, number>> = {};
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        await db.query('BEGIN');
        try {
          const want = expected(one);
          seen[want.verdict] = (seen[want.verdict] ?? 0) + 1;
          const session = await build(db, one);
          // A guard knows of no service whether it exists; everything else it must see as the statement does.
          expect(await guardSays(db, { ...one, about: one.about === ABSENT ? null : one.about }, session)).toBe(
            expected({ ...one, about: one.about === ABSENT ? null : one.about }).verdict === 'ok',
          );
          await db.query('DELETE FROM admin_sessions WHERE id = $1 AND $2', [session, one.session === 'new']);
          expect(await ask(db, one, session)).toEqual(want);
        } finally {
          await db.query('ROLLBACK');
        }
      }),
      { numRuns: RUNS },
    );
    console.log(`authorise: tried ${RUNS}, failed 0: ${JSON.stringify(seen)}`);
    expect(Object.keys(seen).sort()).toEqual([
      'forbidden',
      'locked',
      'not_found',
      'ok',
      'session_ended',
      'unknown_admin',
    ]);
  });
});
