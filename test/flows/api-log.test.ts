import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type App, type Person, startApp, until } from '../app.ts';
import { volume } from '../faults/campaign.ts';

let app: App;
let owner: Person;
let routes: Route[];
beforeAll(async () => {
  app = await startApp({}, { eventSeconds: 1 });
  owner = await app.person('owner');
  const { json } = await app.call('GET', '/v1/openapi.json');
  routes = Object.entries(json.paths as Record<string, Record<string, { security?: object[] }>>).flatMap(
    ([path, operations]) =>
      Object.entries(operations)
        .filter(([, { security }]) => security !== undefined)
        .map(([method]) => ({ method: method.toUpperCase(), path })),
  );
});
afterAll(() => app.stop());

interface Route {
  method: string;
  path: string;
}

type Row = Record<string, string> & { status_code: number; duration_ms: number };

const NOBODY = '00000000-0000-0000-0000-000000000000';
const UNLOGGED = /^\/v1\/(gate|otlp)\//;

/** What was asked, and what its row must say. */
interface Asked {
  requestId: string;
  sentAt: number;
  doneAt: number;
  answer: Answer;
  row: Record<string, unknown>;
}

interface Question {
  as: Person;
  method: string;
  path: string;
  /** As in the API's document, or '(none)'. */
  template: string;
  service?: string;
  role?: string;
  body?: unknown;
  bodies?: { request_body: string; response_body: string };
  headers?: Record<string, string>;
}

async function ask(q: Question, on = app): Promise<Asked> {
  const requestId = `test-${randomUUID()}`;
  const traceId = randomBytes(16).toString('hex');
  const headers = {
    'X-Request-Id': requestId,
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    'User-Agent': 'flow Bearer abcdefgh12345678',
    'CF-Connecting-IP': '203.0.113.9',
    ...q.headers,
  };
  const sentAt = Date.now();
  const answer = await on.call(q.method, q.path, {
    as: q.as,
    headers,
    ...(q.body === undefined ? {} : { body: q.body }),
  });
  const row = {
    trace_id: traceId,
    service_id: q.service ?? NOBODY,
    endpoint: q.template.replaceAll(/\{(\w+)\}/g, ':$1'),
    method: q.method,
    status_code: answer.status,
    actor_id: q.as.id,
    actor_email: q.as.email,
    request_body: '',
    response_body: '',
    ...q.bodies,
    ip_address: '::ffff:203.0.113.0',
    actor_role: q.role ?? 'owner',
    session_id: q.as.sessionId,
    request_id: requestId,
    error_code: answer.status >= 400 ? (answer.json?.code ?? '?') : '',
    user_agent: 'flow [redacted]',
  };
  return { requestId, sentAt, doneAt: Date.now(), answer, row };
}

const among = (ids: readonly string[]) =>
  `FROM audit_db.admin_api_logs WHERE request_id IN (${ids.map((id) => `'${id}'`).join(', ')})`;
const rowsOf = (ids: readonly string[]) => app.analytics<Row>(`SELECT * ${among(ids)} ORDER BY id`);
const countOf = async (ids: readonly string[]) =>
  Number((await app.analytics<{ n: string }>(`SELECT count() AS n ${among(ids)}`))[0]?.n);

/** Waits for the row of each call and compares every field. @returns what is wrong */
async function wrongRows(asked: readonly Asked[]): Promise<string[]> {
  const ids = asked.map(({ requestId }) => requestId);
  await until(async () => (await countOf(ids)) >= ids.length, `${ids.length} API logs are stored`, 40_000, 150);
  const rows = await rowsOf(ids);
  const wrong = rows.length === ids.length ? [] : [`${rows.length} rows of ${ids.length} calls`];
  for (const { requestId, row: expected, sentAt, doneAt } of asked) {
    const row = rows.find((each) => each.request_id === requestId);
    const at = Date.parse(`${row?.timestamp?.replace(' ', 'T')}Z`);
    const ofId = Number.parseInt((row?.id ?? '').replace('-', '').slice(0, 12), 16);
    const differing = Object.entries(expected).filter(([field, value]) => row?.[field] !== value);
    if (differing.length > 0) wrong.push(JSON.stringify({ route: expected.endpoint, differing, got: row }));
    if (at !== ofId || at < sentAt || at > doneAt) wrong.push(`${requestId}: the time ${row?.timestamp}`);
    if (!/^(?!0{16})[0-9a-f]{16}$/.test(row?.span_id ?? '')) wrong.push(`${requestId}: the span ${row?.span_id}`);
    if (!(Number(row?.duration_ms) <= doneAt - sentAt)) wrong.push(`${requestId}: ${row?.duration_ms} ms`);
  }
  if (new Set(rows.map(({ span_id }) => span_id)).size !== rows.length) wrong.push('a span id came twice');
  return wrong;
}

async function setLevel(service: string, auditLevel: string): Promise<void> {
  expect((await app.patch(owner, service, { auditLevel })).status).toBe(200);
}

/** After it nothing else is let in. */
const SIGN_OUT = '/v1/admin/me/sign-out-everywhere';

interface Caller {
  as: Person;
  roleOf(about: string | undefined): string;
  /** One in three routes, beginning at this one; in a campaign all of them. Absent: all. */
  from?: number;
}

/** Asks every signed-in route; `{id}` of a service route is `service`. */
async function everywhere({ as, roleOf, from }: Caller, service: string) {
  const asked: Asked[] = [];
  const signedIn = routes.filter(({ path }) => !UNLOGGED.test(path) && !path.endsWith('/live') && path !== SIGN_OUT);
  const isIts = (_: Route, n: number) => from === undefined || volume >= 3 || n % 3 === from;
  for (const { method, path: template } of signedIn.filter(isIts)) {
    const path = template.replace('/services/{id}', `/services/${service}`).replaceAll(/\{\w+\}/g, () => randomUUID());
    const about = template.startsWith('/v1/admin/services/{id}') ? { service } : {};
    const body = ['GET', 'DELETE'].includes(method) ? {} : { body: {} };
    asked.push(await ask({ as, method, path, template, ...about, role: roleOf(about.service), ...body }));
  }
  return asked;
}

describe.concurrent('API logs', () => {
  it('hold one row for every call of a verified caller, whatever came of it', async () => {
    const service = await app.service();
    const viewer = await app.person('viewer', service);
    const stranger = await app.person('operator', await app.service());
    const revoked = await app.person('owner');
    await app.call('GET', '/v1/admin/me', { as: revoked });
    await app.call('DELETE', `/v1/admin/sessions/${revoked.sessionId}`, { as: owner });
    const asked = (
      await Promise.all([
        everywhere({ as: owner, roleOf: () => 'owner' }, service),
        everywhere({ as: viewer, roleOf: () => 'viewer', from: 0 }, service),
        everywhere({ as: stranger, roleOf: (about) => (about ? 'none' : 'operator'), from: 1 }, service),
        everywhere({ as: revoked, roleOf: () => 'owner', from: 2 }, service),
      ])
    ).flat();
    const newcomer = await app.person('auditor');
    for (const path of ['/v1/nothing', `/v1/admin/services/${service}/nothing`, '/v1/admin/nothing/at/all'])
      asked.push(await ask({ as: newcomer, method: 'GET', path, template: '(none)', role: 'auditor' }));
    const leaving = await app.person('auditor');
    const signOut = { method: 'POST', path: SIGN_OUT, template: SIGN_OUT, body: {}, role: 'auditor' };
    asked.push(await ask({ as: leaving, ...signOut }), await ask({ as: leaving, ...signOut }));
    const template = '/v1/admin/services/{id}/config';
    for (const id of ['x', '%ff', '%00', randomUUID().replaceAll('-', '')])
      asked.push(await ask({ as: owner, method: 'GET', path: template.replace('{id}', id), template }));
    const encoded = `%${service.charCodeAt(0).toString(16)}${service.slice(1)}`;
    asked.push(await ask({ as: owner, method: 'GET', path: template.replace('{id}', encoded), template, service }));
    const loud = template.replace('{id}', service.toUpperCase());
    asked.push(await ask({ as: owner, method: 'GET', path: loud, template, service }));
    const typed = { 'Content-Type': 'text/plain' };
    asked.push(
      await ask({ as: owner, method: 'PATCH', path: loud, template, service, body: 'x', headers: typed }),
      await ask({ as: owner, method: 'PATCH', path: loud, template, service, body: `"${'x'.repeat(300_000)}"` }),
      await ask({
        as: owner,
        method: 'PATCH',
        path: loud,
        template,
        service,
        body: {},
        headers: { 'If-Match': '"9"' },
      }),
      await ask({ as: owner, method: 'HEAD', path: loud, template, service }),
    );
    const statuses = new Set(asked.map(({ answer }) => answer.status));
    const kinds = [200, 400, 401, 403, 404, 412, 413, 415, 422];
    expect(kinds.filter((status) => !statuses.has(status))).toEqual([]);
    const wrong = await wrongRows(asked);
    const logged = (await rowsOf(asked.map(({ requestId }) => requestId))).length;
    const bodies = wrong.filter((what) => what.includes('_body')).length;
    console.log(
      `api logs: calls tried ${asked.length}, logged ${logged}, bodies wrong ${bodies}, wrong ${wrong.length}`,
    );
    expect(wrong).toEqual([]);
  });

  it('tell of a stream when it begins', async () => {
    const requestId = `stream-${randomUUID()}`;
    const leaving = new AbortController();
    const stream = await fetch(new URL('/v1/audit/live', app.worker().url), {
      headers: { Authorization: `Bearer ${owner.token}`, 'X-Request-Id': requestId },
      signal: leaving.signal,
    });
    await until(async () => (await rowsOf([requestId])).length === 1, 'the stream is logged while it is open');
    const [row] = await rowsOf([requestId]);
    expect([stream.status, row?.status_code, row?.endpoint, row?.response_body]).toEqual([
      200,
      200,
      '/v1/audit/live',
      '',
    ]);
    leaving.abort();
  });

  it('tell of dependencies that are away, too', { concurrent: false }, async () => {
    const service = await app.service();
    const template = '/v1/admin/services/{id}/config';
    const path = template.replace('{id}', service);
    expect((await app.call('GET', path, { as: owner })).status).toBe(200);
    app.postgres.decide(() => 'refuse');
    const away = await ask({ as: owner, method: 'GET', path, template, service });
    app.postgres.decide(({ body }) => (body.includes('authorise') ? { endAfter: 0 } : 'none'));
    const broken = await ask({ as: owner, method: 'GET', path, template, service });
    app.postgres.decide(() => 'none');
    expect([away.answer.status, broken.answer.status]).toEqual([503, 500]);
    const asked = [away, broken];
    expect(await wrongRows(asked)).toEqual([]);
    console.log(`api logs while Postgres is away: calls tried ${asked.length}, logged ${asked.length}, wrong 0`);
  });

  it('are not made of what has no verified caller, nor of the gate and telemetry', { concurrent: false }, async () => {
    const service = await app.service();
    const id = () => `silent-${randomUUID()}`;
    const ids: string[] = [];
    const call = async (method: string, path: string, o: Parameters<App['call']>[2] = {}) => {
      const requestId = id();
      ids.push(requestId);
      return app.call(method, path, { ...o, headers: { 'X-Request-Id': requestId, ...o?.headers } });
    };
    const gate = await app.person('gate', service);
    const visit = { serviceId: service, ip: '203.0.113.9', method: 'GET', path: '/' };
    const answers = [
      await call('GET', '/v1/admin/me'),
      await call('GET', '/v1/admin/me', { as: 'no.token.atall' }),
      await call('GET', `/v1/admin/services/${service}/config`, { headers: { Cookie: '__Host-steward=x' } }),
      await call('GET', '/v1/health/live'),
      await call('GET', '/v1/openapi.json'),
      await call('GET', '/v1/nothing'),
      await call('POST', '/v1/gate/check', { as: gate, body: visit }),
      await call('GET', '/v1/gate/nothing', { as: gate }),
      await call('POST', '/v1/otlp/v1/logs', { as: owner, body: {} }),
      await call('GET', `/v1/admin/exports/${randomUUID()}/file`, { as: owner }),
    ];
    expect(answers.slice(0, 7).map(({ status }) => status)).toEqual([401, 401, 401, 200, 200, 401, 200]);
    // What is asked afterwards is there: those before it would be, too.
    const last = await ask({ as: owner, method: 'GET', path: '/v1/admin/me', template: '/v1/admin/me' });
    expect(await wrongRows([last])).toEqual([]);
    expect(await rowsOf(ids)).toEqual([]);
    console.log(`calls without a verified caller, of the gate and of telemetry: tried ${ids.length}, logged 0`);
  });
});

describe.concurrent('API logs of calls that are too many', () => {
  it('name who made them and which route they were for', async () => {
    const strict = await startApp({ API_RATE_LIMIT: '2;w=3600' }, { eventSeconds: 1 });
    try {
      const [viewer, service] = [await strict.person('viewer'), await strict.service()];
      const template = '/v1/admin/services/{id}/domains';
      const path = template.replace('{id}', service);
      const asked: Asked[] = [];
      for (let n = 0; n < 5; n++)
        asked.push(await ask({ as: viewer, method: 'GET', path, template, service, role: 'viewer' }, strict));
      expect(asked.map(({ answer }) => answer.status)).toEqual([200, 200, 429, 429, 429]);
      expect(await wrongRows(asked)).toEqual([]);
      console.log(`api logs beyond the rate limit: calls tried ${asked.length}, logged ${asked.length}, wrong 0`);
    } finally {
      await strict.stop();
    }
  });
});

describe('API logs and the audit level', () => {
  const domains = '/v1/admin/services/{id}/domains';
  const config = '/v1/admin/services/{id}/config';

  it.concurrent('hold bodies at DETAILED only, redacted and cut, and nothing at MINIMAL, from the next call on', async () => {
    const service = await app.service();
    const path = (template: string) => template.replace('{id}', service);
    const asked: Asked[] = [];
    const silent: string[] = [];
    const read = (template: string) => ask({ as: owner, method: 'GET', path: path(template), template, service });
    const detailed = async (q: Omit<Question, 'as' | 'path' | 'service'>) => {
      const one = await ask({ as: owner, path: path(q.template), service, ...q });
      const request = q.body === undefined ? '' : JSON.stringify(q.body);
      Object.assign(one.row, { request_body: request, response_body: one.answer.text, ...q.bodies });
      asked.push(one);
      return one;
    };
    for (let round = 0; round < 3; round++) {
      await setLevel(service, 'MINIMAL');
      for (const template of [domains, config]) silent.push((await read(template)).requestId);
      await setLevel(service, 'DETAILED');
      await detailed({ method: 'GET', template: domains });
      await detailed({ method: 'GET', template: config });
      await detailed({ method: 'POST', template: domains, body: { domain: `d${round}.example.com` } });
      await detailed({ method: 'POST', template: domains, body: { domain: 5 } });
      await setLevel(service, 'STANDARD');
      for (const template of [domains, config]) asked.push(await read(template));
      // By the other way a UUID can be written.
      const loud = service.toUpperCase();
      await app.call('PATCH', config.replace('{id}', loud), { as: owner, body: { auditLevel: 'MINIMAL' } });
      silent.push((await read(domains)).requestId);
    }
    expect(asked.map(({ answer }) => answer.status)).toContain(422);
    expect(await wrongRows(asked)).toEqual([]);
    expect(await rowsOf(silent)).toEqual([]);
    console.log(`api logs by level: calls tried ${asked.length + silent.length}, bodies wrong 0, logged at MINIMAL 0`);
  });

  it.concurrent('cut bodies after they were redacted, and say how much is gone', async () => {
    const service = await app.service();
    await setLevel(service, 'DETAILED');
    // The secret lies across the place of the cut.
    const secret = `ghp_${'a1B2c3D4e5'.repeat(4)}`;
    const description = `${'ü'.repeat(4050)} ${secret} ${'x'.repeat(500)}`;
    const template = '/v1/admin/services/{id}/features';
    const path = template.replace('{id}', service);
    const body = { code: 'long', name: 'Long', description };
    const one = await ask({ as: owner, method: 'POST', path, template, service, body });
    expect(one.answer.status).toBe(422);
    const whole = JSON.stringify({ ...body, description: description.replace(secret, '[redacted]') });
    const bytes = Buffer.byteLength(whole);
    const kept = Buffer.from(whole)
      .subarray(0, 8192)
      .toString('utf8')
      .replace(/\ufffd+$/, '');
    one.row.request_body = `${kept}…[${bytes - Buffer.byteLength(kept)} bytes cut]`;
    one.row.response_body = one.answer.text;
    expect(bytes).toBeGreaterThan(8192);
    expect(await wrongRows([one])).toEqual([]);
    console.log(`cut bodies: tried 1, of ${bytes} bytes kept ${Buffer.byteLength(kept)}, wrong 0`);
  });

  it('keep nothing after a change of the level that cannot be read, whatever was known before', async () => {
    const cases = await Promise.all(
      (
        [
          ['DETAILED', 'MINIMAL'],
          ['STANDARD', 'MINIMAL'],
          ['DETAILED', 'STANDARD'],
        ] as const
      ).map(async ([before, after]) => {
        const service = await app.service();
        const path = domains.replace('{id}', service);
        const question = { as: owner, method: 'GET', path, template: domains, service };
        await setLevel(service, before);
        const known = await ask(question);
        if (before === 'DETAILED') known.row.response_body = known.answer.text;
        return { service, after, question, known };
      }),
    );
    expect(await wrongRows(cases.map(({ known }) => known))).toEqual([]);
    for (const { service, after } of cases) await setLevel(service, after);
    const refused = new Set<string>();
    app.postgres.decide(({ body }) => {
      if (!body.includes('testerUsers')) return 'none';
      for (const { service } of cases) if (body.includes(service)) refused.add(service);
      return 'refuse';
    });
    const silent: string[] = [];
    for (const { question } of cases) for (let n = 0; n < 3; n++) silent.push((await ask(question)).requestId);
    await until(async () => refused.size === cases.length, 'the level of each is asked for');
    app.postgres.decide(() => 'none');
    // The level is read again a second after the last try, and calls are kept again once it is known.
    let again = 0;
    for (const { question } of cases.filter(({ after }) => after === 'STANDARD')) {
      const later: string[] = [];
      const isKept = async () => {
        later.push((await ask(question)).requestId);
        return (await countOf(later)) > 0;
      };
      await until(isKept, 'calls are kept again', 40_000, 250);
      expect((await rowsOf(later)).filter((row) => row.response_body !== '')).toEqual([]);
      again++;
    }
    expect(again).toBe(1);
    expect(await rowsOf(silent)).toEqual([]);
    console.log(`api logs after a level that cannot be read: calls tried ${silent.length}, logged 0, again ${again}`);
  });

  it('look up no service for those who are not let in to it', async () => {
    const stranger = await app.person('operator', await app.service());
    expect((await app.call('GET', '/v1/admin/me', { as: stranger })).status).toBe(200);
    const looks: string[] = [];
    app.postgres.decide(({ body }) => {
      if (body.includes('testerUsers')) looks.push(body);
      return 'none';
    });
    const asked: Asked[] = [];
    for (const service of [await app.service(), randomUUID(), randomUUID()])
      for (const template of [domains, config]) {
        const path = template.replace('{id}', service);
        asked.push(await ask({ as: stranger, method: 'GET', path, template, service, role: 'none' }));
      }
    expect(await wrongRows(asked)).toEqual([]);
    expect(looks).toEqual([]);
    const owned = await app.service();
    await app.call('GET', domains.replace('{id}', owned), { as: owner });
    await until(async () => looks.length > 0, 'the level of a service with a caller is found');
    app.postgres.decide(() => 'none');
    console.log(`calls of those not let in: tried ${asked.length}, services looked up 0`);
  });

  it('cost no trip to Postgres beside the call’s own, once the level is known', async () => {
    const service = await app.service();
    const path = domains.replace('{id}', service);
    // The first call of a session in a minute makes a second trip: this one's minute begins here.
    const reader = await app.person('owner');
    let trips: string[] = [];
    const looks = () => trips.filter((body) => body.includes('testerUsers')).length;
    app.postgres.decide(({ body }) => {
      // Records of other tests may still be on their way.
      if (!body.includes('leased_until')) trips.push(body);
      return 'none';
    });
    await app.call('GET', path, { as: reader });
    await until(async () => looks() === 1, 'the level is found');
    await app.call('GET', path, { as: reader });
    trips = [];
    const asked: Asked[] = [];
    for (let n = 0; n < 20; n++) asked.push(await ask({ as: reader, method: 'GET', path, template: domains, service }));
    app.postgres.decide(() => 'none');
    expect(await wrongRows(asked)).toEqual([]);
    expect(trips.filter((body) => !body.includes(service))).toEqual([]);
    expect([trips.length, looks()]).toEqual([asked.length, 0]);
    console.log(`calls at a known level: tried ${asked.length}, trips to Postgres ${trips.length}`);
  });
});
