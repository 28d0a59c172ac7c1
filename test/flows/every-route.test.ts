import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../domain/access/permissions.ts';
import { type Answer, type App, type Person, startApp } from '../app.ts';

let app: App;
let routes: Route[];
let service: string;
beforeAll(async () => {
  app = await startApp({}, { routed: true });
  service = await app.service();
  const { json } = await app.call('GET', '/v1/openapi.json');
  routes = Object.entries(json.paths as Record<string, Record<string, Operation>>).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
});
afterAll(() => app.stop());

interface Operation {
  security?: object[];
  'x-action'?: string;
  'x-permissions'?: string[];
}
type Route = Operation & { method: string; path: string };

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const signedIn = () => routes.filter(({ security }) => security !== undefined);

/** Without a security requirement: a signature in the link is the credential. */
const BY_SIGNATURE = [
  'GET /v1/admin/exports/{id}/file',
  'POST /v1/admin/exports/{id}/file',
  'GET /v1/admin/services/{id}/documents/{documentId}/file',
];

/** What is about no service in its path, and what a grant for another service is told there. */
const ABOUT_NO_SERVICE: Record<string, (answer: Answer) => void> = {
  // Each shows only what the caller's own services hold.
  'GET /v1/admin/me': ({ status, json }) => expect([status, json.permissions]).toEqual([200, []]),
  'GET /v1/admin/me/sessions': ({ status, json }) => expect([status, json.items.length]).toEqual([200, 1]),
  'POST /v1/admin/me/sign-out-everywhere': ({ status, json }) => expect([status, json.ended]).toEqual([200, 1]),
  'GET /v1/admin/services': ({ status, text }) => expect([status, text.includes(service)]).toEqual([200, false]),
  'GET /v1/audit/logs': ({ status, text }) => expect([status, text.includes(service)]).toEqual([200, false]),
  'GET /v1/audit/logs/{id}': ({ status }) => expect(status).toBe(404),
  'GET /v1/audit/logs/histogram': ({ status, json }) => expect([status, json.total]).toEqual([200, 0]),
  // Follows what the caller may read, and that is nothing of this service; see audit-live.test.ts.
  'GET /v1/audit/live': ({ status }) => expect(status).toBe(200),
  'GET /v1/audit/ui-events': ({ status, text }) => expect([status, text.includes(service)]).toEqual([200, false]),
  'GET /v1/audit/api-logs': ({ status, text }) => expect([status, text.includes(service)]).toEqual([200, false]),
  'GET /v1/audit/sessions': ({ status, text }) => expect([status, text.includes(service)]).toEqual([200, false]),
  'GET /v1/admin/exports/{id}': ({ status }) => expect(status).toBe(404),
  'GET /v1/admin/exports/{id}/events': ({ status }) => expect(status).toBe(404),
  'GET /v1/admin/exports': ({ status, json }) => expect([status, json.items]).toEqual([200, []]),
  'POST /v1/admin/exports/estimate': ({ status }) => expect(status).toBe(404),
  // The service is in the body.
  'POST /v1/admin/exports': ({ status }) => expect(status).toBe(404),
  // What there is, whoever asks.
  // The services are in the file.
  'POST /v1/admin/operations/upload': ({ status, json }) =>
    expect([status, json.code]).toEqual([400, 'malformed_request']),
  'GET /v1/admin/operation-types': ({ status, json }) => expect([status, json.items.length > 0]).toEqual([200, true]),
  'GET /v1/admin/operations': ({ status, json }) => expect([status, json.items]).toEqual([200, []]),
  'GET /v1/admin/export-schedules': ({ status, json }) => expect([status, json.items]).toEqual([200, []]),
  'GET /v1/admin/operation-schedules': ({ status, json }) => expect([status, json.items]).toEqual([200, []]),
  'POST /v1/gate/check': ({ status }) => expect(status).toBe(404),
  // Each record says which service it is about, and is about none when the caller's grants do not reach that one.
  'POST /v1/otlp/v1/logs': ({ status }) => expect(status).toBe(200),
  'POST /v1/otlp/v1/traces': ({ status }) => expect(status).toBe(200),
};

const maintenance = () => ({
  type: 'services.maintenance',
  target: { type: 'service', id: service },
  parameters: { maintenanceMode: true },
});

const BODIES: Record<string, () => object> = {
  'POST /v1/admin/exports/estimate': () => ({ exportType: 'audit_logs', parameters: { serviceId: service } }),
  'POST /v1/admin/exports': () => ({ exportType: 'audit_logs', parameters: { serviceId: service } }),
  'POST /v1/admin/export-schedules': () => ({
    name: 'x',
    exportType: 'audit_logs',
    parameters: { serviceId: service },
    cron: '0 6 * * *',
  }),
  'POST /v1/admin/operations/plan': () => maintenance(),
  'POST /v1/admin/operations': () => ({ ...maintenance(), reason: 'because' }),
  'POST /v1/admin/operation-schedules': () => ({ ...maintenance(), name: 'x', reason: 'because', cron: '0 6 * * *' }),
  'POST /v1/admin/operations/{id}/approve': () => ({ planHash: '0'.repeat(64) }),
  'POST /v1/gate/check': () => ({
    serviceId: service,
    host: 'example.com',
    ip: '203.0.113.9',
    method: 'GET',
    path: '/',
  }),
};

/** The route's path with ids in it. The last one is what a record is about. */
const filled = (route: Route) =>
  route.path.replace('/services/{id}', `/services/${service}`).replaceAll(/\{\w+\}/g, () => randomUUID());

const ask = (route: Route, as?: Person | string, path = filled(route)) => {
  const body = ['GET', 'DELETE'].includes(route.method) ? {} : { body: BODIES[nameOf(route)]?.() ?? {} };
  return app.call(route.method, path, { ...(as ? { as } : {}), ...body });
};

/** The routes of OTLP answer with a google.rpc.Status, whose reason is our code. */
const codeOf = ({ json }: Answer): string | undefined => json?.details?.[0].reason.toLowerCase() ?? json?.code;
const detailOf = ({ json }: Answer): string => json?.message ?? json?.detail ?? '';

/** Asks every signed-in route; each must answer with this status and code. */
async function everywhere(what: string, as: Person | string | undefined, status: number, code: string) {
  const wrong: string[] = [];
  for (const route of signedIn()) {
    const answer = await ask(route, as);
    if (answer.status !== status || codeOf(answer) !== code)
      wrong.push(`${nameOf(route)}: ${answer.status} ${codeOf(answer)}`);
  }
  console.log(`${what}: tried ${signedIn().length} routes, failed ${wrong.length}`);
  expect(wrong).toEqual([]);
}

const active = () => app.person('owner');

describe('every route', () => {
  it('says which action it is, and none forgets to', () => {
    const open = routes.filter((route) => route.security === undefined).map(nameOf);
    expect(open.toSorted()).toEqual(BY_SIGNATURE.toSorted());
    expect(
      signedIn()
        .filter((route) => !route['x-action'] || !route['x-permissions'])
        .map(nameOf),
    ).toEqual([]);
    expect(signedIn().length).toBeGreaterThan(40);
  });

  it('refuses without a token', () => everywhere('no token', undefined, 401, 'unauthenticated'));

  it('refuses an expired token', async () => {
    const { subject, sessionId } = await active();
    const now = Math.floor(Date.now() / 1000);
    const token = await app.mint({ sub: subject, sid: sessionId, iat: now - 900, nbf: now - 900, exp: now - 61 });
    await everywhere('expired token', token, 401, 'unauthenticated');
  });

  it('refuses a token for another audience', async () => {
    const { subject, sessionId } = await active();
    const token = await app.mint({ sub: subject, sid: sessionId, aud: 'https://elsewhere.example/api' });
    await everywhere('wrong audience', token, 401, 'unauthenticated');
  });

  it('refuses a locked admin', async () => {
    const person = await active();
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [person.id]);
    await everywhere('locked admin', person, 403, 'admin_locked');
  });

  it('refuses a revoked session', async () => {
    const [person, owner] = [await active(), await active()];
    expect((await app.call('GET', '/v1/admin/me', { as: person })).status).toBe(200);
    await app.call('DELETE', `/v1/admin/sessions/${person.sessionId}`, { as: owner });
    await everywhere('revoked session', person, 401, 'session_ended');
  });

  it('is absent for a grant on another service, also with every permission there', async () => {
    const elsewhere = await app.service();
    await app.db.query(`INSERT INTO roles (id, name, permissions) VALUES ($1, 'everything', $2)`, [
      randomUUID(),
      PERMISSIONS,
    ]);
    const person = await app.person('everything', elsewhere);
    const absent = (await app.call('GET', `/v1/admin/services/${randomUUID()}/config`, { as: person })).json;
    const wrong: string[] = [];
    // One of them ends the session that asks.
    const last = signedIn().filter((route) => nameOf(route).endsWith('/sign-out-everywhere'));
    for (const route of [...signedIn().filter((each) => !last.includes(each)), ...last]) {
      const answer = await ask(route, person);
      const special = ABOUT_NO_SERVICE[nameOf(route)];
      if (special) special(answer);
      // The same words as for what does not exist.
      else if (answer.status !== 404 || answer.json?.detail !== absent.detail)
        wrong.push(`${nameOf(route)}: ${answer.status} ${answer.json?.code}`);
    }
    console.log(`another service's grant: tried ${signedIn().length} routes, failed ${wrong.length}`);
    expect(wrong).toEqual([]);
  });

  it('that lists refuses a query parameter it does not know', async () => {
    const owner = await active();
    // Of a single resource there is nothing to ask.
    const single = ['GET /v1/admin/me', 'GET /v1/admin/services/{id}/config'];
    const lists = signedIn().filter(
      (route) => route.method === 'GET' && !route.path.endsWith('}') && !single.includes(nameOf(route)),
    );
    const wrong: string[] = [];
    for (const route of lists) {
      const answer = await ask(route, owner, `${filled(route)}?nonsense=1`);
      if (answer.status !== 400 || answer.json?.code !== 'unknown_parameter')
        wrong.push(`${nameOf(route)}: ${answer.status} ${answer.json?.code}`);
    }
    console.log(`unknown query parameter: tried ${lists.length} routes, failed ${wrong.length}`);
    expect(wrong).toEqual([]);
  });

  it('names the permission that a viewer lacks, and records the refusal', async () => {
    const person = await app.person(null);
    await app.db.query(`INSERT INTO roles (id, name, permissions) VALUES ($1, 'nothing', '{}')`, [randomUUID()]);
    await app.grant(person.id, 'nothing');
    const wrong: string[] = [];
    const guarded = signedIn().filter((route) => (route['x-permissions']?.length ?? 0) > 0);
    const recorded: string[] = [];
    for (const route of guarded) {
      const path = filled(route);
      const answer = await ask(route, person, path);
      recorded.push(`${route['x-action']} ${/[0-9a-f-]{36}(?!.*[0-9a-f-]{36})/.exec(path)?.[0] ?? ''}`);
      if (answer.status !== 403 || !detailOf(answer).includes(route['x-permissions']?.[0] ?? '?'))
        wrong.push(`${nameOf(route)}: ${answer.status} ${detailOf(answer)}`);
    }
    expect(wrong).toEqual([]);
    const { rows } = await app.db.query(
      `SELECT action, resource_id FROM audit_outbox WHERE actor_id = $1 AND outcome = 'denied'`,
      [person.id],
    );
    expect(rows.map((row) => `${row.action} ${row.resource_id}`).toSorted()).toEqual(recorded.toSorted());
    console.log(`without any permission: tried ${guarded.length} routes, denials recorded ${rows.length}, failed 0`);
  });
});
