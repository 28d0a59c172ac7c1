import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type App, type Person, startApp, until } from '../app.ts';
import type { Fault } from '../faulty-proxy.ts';
import { campaign } from './campaign.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await startApp({}, { eventSeconds: 1 });
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const { seed, runs, random, pick } = campaign(1);

const CHANGES = 20;
const KILLS = 0.06;
const FAULTS: Fault[] = ['refuse', 'lose-reply', 'lose-reply'];
const PERMISSIONS = ['services.view', 'analytics.view', 'audit.view', 'admins.view'];

const call = (method: string, path: string, body?: unknown) =>
  app.call(method, `/v1/admin${path}`, { as: owner, body }).catch(() => null);

/** One random change of the person's access, through the API. */
async function change(person: Person, sessions: Person[], role: string, service: string): Promise<unknown> {
  const grants = (await app.db.query('SELECT id FROM grants WHERE admin_id = $1', [person.id])).rows;
  const grant = () => call('POST', '/grants', { adminId: person.id, roleId: role, serviceId: pick([null, service]) });
  const ways = [
    grant,
    grant,
    () => call('DELETE', `/grants/${pick(grants)?.id ?? randomUUID()}`),
    () => call('PATCH', `/admins/${person.id}`, { status: pick(['active', 'active', 'locked']) }),
    () => call('PATCH', `/roles/${role}`, { permissions: PERMISSIONS.filter(() => random() < 0.5) }),
    () => call('DELETE', `/sessions/${pick(sessions).sessionId}`),
  ];
  return pick(ways)();
}

/** What the rows say the answer to GET /me must be, in one line. */
async function truth(person: Person): Promise<string> {
  const { rows } = await app.db.query(
    `SELECT a.status, s.revoked_at IS NOT NULL AS ended,
       (SELECT jsonb_agg(jsonb_build_array(g.service_id, r.permissions) ORDER BY g.service_id NULLS FIRST)
        FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = a.id) AS grants
     FROM admins a LEFT JOIN admin_sessions s ON s.id = $2 WHERE a.id = $1`,
    [person.id, person.sessionId],
  );
  const [{ status, ended, grants }] = rows;
  if (status !== 'active') return 'admin_locked';
  if (ended) return 'session_ended';
  return grants ? JSON.stringify(grants) : 'not_found';
}

function said({ status, json }: Answer): string {
  if (status !== 200) return json.code;
  type Held = { serviceId: string | null; permissions: string[] };
  const held = (json.grants as Held[]).map(({ serviceId, permissions }) => [serviceId, permissions]);
  return JSON.stringify(held.toSorted(([a], [b]) => String(a ?? '').localeCompare(String(b ?? ''))));
}

/** Kills the runtime when the change is committed and nobody knows it yet. @returns 0 when there was nothing to commit */
async function killedAfterCommit(changing: Promise<unknown>): Promise<number> {
  const before = app.postgres.held();
  let over = false;
  void changing.finally(() => {
    over = true;
  });
  await until(async () => over || app.postgres.held() > before, 'the change is committed');
  if (over) return 0;
  await app.crash();
  return 1;
}

/** A statement of a runtime that was killed may still be at work. */
const settled = () =>
  until(async () => {
    const { rows } = await app.db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'steward_api' AND state <> 'idle'`,
    );
    return rows.length === 0;
  }, 'no statement is running');

describe('access while the database fails and the runtime is killed', () => {
  it(
    `is what the rows say with the next request, whatever was under way: ${runs} seeded runs`,
    async () => {
      let [asked, wrong, kills] = [0, 0, 0];
      const before = app.postgres.faults();
      for (let run = 0; run < runs; run++) {
        const service = await app.service();
        const person = await app.person(null);
        const sessions = await Promise.all(
          Array.from({ length: 3 }, async () => {
            const sessionId = randomUUID();
            return { ...person, sessionId, token: await app.mint({ sub: person.subject, sid: sessionId }) };
          }),
        );
        const role = (await call('POST', '/roles', { name: `r-${run}-${process.pid}`, permissions: PERMISSIONS }))?.json
          .id;
        for (let n = 0; n < CHANGES; n++) {
          // One is for certain.
          const kill = random() < KILLS || (n >= CHANGES / 2 && kills === 0);
          app.postgres.decide(({ body }) => {
            if (kill && body.includes('recorded AS')) return 'hold-reply';
            return random() < 0.15 ? pick(FAULTS) : 'none';
          });
          // Requests that learn what holds just now, while it is being changed.
          const meanwhile = Array.from({ length: 4 }, () =>
            app.call('GET', '/v1/admin/me', { as: pick(sessions) }).catch(() => null),
          );
          const changing = change(person, sessions, role, service);
          if (kill) kills += await killedAfterCommit(changing);
          await Promise.all([...meanwhile, changing]);
          app.postgres.decide(() => 'none');
          await settled();
          for (const session of sessions) {
            const answer = await app.call('GET', '/v1/admin/me', { as: session });
            asked++;
            const [want, got] = [await truth(session), said(answer)];
            if (want !== got) wrong++;
            expect([run, n, got]).toEqual([run, n, want]);
          }
        }
      }
      const faults = app.postgres.faults() - before;
      expect(faults).toBeGreaterThan(runs);
      expect(kills).toBeGreaterThan(0);
      console.log(
        `access: seed ${seed}, tried ${runs} runs of ${CHANGES} changes, faults ${faults}, kills between commit and reply ${kills}, asked ${asked}, out of date ${wrong}`,
      );
    },
    Math.max(150_000, runs * 10_000),
  );
});
