import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await commonApp();
  operator = await app.person('operator');
});
afterAll(() => app.stop());

const outboxOf = async (serviceId: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [serviceId])).rows;

describe('update-config.happy', () => {
  it('reads the defaults of the specification', async () => {
    const service = await app.service();
    const answer = await app.call('GET', `/v1/admin/services/${service}/config`, { as: operator });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.json).toMatchObject({
      serviceId: service,
      jwtValidation: true,
      domainValidation: true,
      ipWhitelistEnabled: false,
      ipWhitelist: [],
      rateLimitEnabled: true,
      rateLimitRequests: 1000,
      rateLimitWindow: 60,
      maintenanceMode: false,
      maintenanceMessage: null,
      auditLevel: 'STANDARD',
    });
  });

  it('merges: absent stays, null clears, ranges take their one spelling', async () => {
    const service = await app.service();
    await app.patch(operator, service, {
      maintenanceMessage: 'soon',
      ipWhitelist: ['10.1.2.3/8', '2001:DB8::1', '10.0.0.0/8'],
    });
    const second = await app.patch(operator, service, { maintenanceMessage: null, auditLevel: 'DETAILED' });
    expect(second.json).toMatchObject({
      maintenanceMessage: null,
      auditLevel: 'DETAILED',
      ipWhitelist: ['10.0.0.0/8', '2001:db8::1'],
    });
    expect(second.headers.get('etag')).toBe('"3"');
    expect(second.json.version).toBe(3);
  });

  it('is one round trip to Postgres, audit record and session listing included', async () => {
    const service = await app.service();
    await app.patch(operator, service, { rateLimitWindow: 30 });
    await app.drained();
    const trips = await app.tripsOf(
      (body) => body.includes('service_config'),
      async () => {
        const answer = await app.patch(operator, service, { rateLimitWindow: 31 });
        expect(answer.status).toBe(200);
      },
    );
    expect(trips).toBe(1);
  });

  it('answers a change of nothing with 200 and no record', async () => {
    const service = await app.service();
    const answer = await app.patch(operator, service, { rateLimitWindow: 60 });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"']);
    expect(await outboxOf(service)).toEqual([]);
  });
});

describe('update-config.audit', () => {
  it('records whole states, the actor, the request and an anonymised address', async () => {
    const service = await app.service();
    await app.patch(
      operator,
      service,
      { jwtValidation: false },
      {
        'Audit-Reason': 'key is Bearer abcdefghijklmnop1234',
        'X-Request-Id': 'my-request-1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'CF-Connecting-IP': '203.0.113.9',
        'X-Forwarded-For': '198.51.100.7',
      },
    );
    const [record] = await outboxOf(service);
    expect(record).toMatchObject({
      action: 'service.config.update',
      outcome: 'success',
      actor_id: operator.id,
      actor_role: 'operator',
      request_id: 'my-request-1',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      session_id: operator.sessionId,
      reason: 'key is [redacted]',
    });
    expect(record.ip_address).toMatch(/^::ffff:(203\.0\.113|127\.0\.0)\.0$/);
    expect(record.before_state).toMatchObject({ jwtValidation: true });
    expect(Object.keys(record.after_state)).toHaveLength(10);
    expect(new Date(Number.parseInt(record.id.replace('-', '').slice(0, 12), 16))).toEqual(record.occurred_at);
  });

  it('records a refusal, and nothing else changes', async () => {
    const service = await app.service();
    const viewer = await app.person('viewer');
    const answer = await app.patch(viewer, service, { jwtValidation: false });
    expect([answer.status, answer.json.code]).toEqual([403, 'forbidden']);
    expect(answer.json.detail).toContain('services.config.update');
    expect(await outboxOf(service)).toMatchObject([{ outcome: 'denied', actor_id: viewer.id, after_state: null }]);
  });
});

describe('update-config.concurrency', () => {
  it('lets one of two PATCHes with the same If-Match through: one 200, one 412, one record', async () => {
    let tried = 0;
    for (; tried < 10; tried++) {
      const service = await app.service();
      const answers = await Promise.all(
        [1, 2].map((n) => app.patch(operator, service, { rateLimitRequests: n }, { 'If-Match': '"1"' })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      expect(await outboxOf(service)).toHaveLength(1);
    }
    console.log(`two PATCHes with one If-Match: tried ${tried}, failed 0`);
  });

  it('chains before and after unbroken through 60 concurrent PATCHes', async () => {
    const service = await app.service();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => app.patch(operator, service, { rateLimitRequests: 2000 + n })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const records = await outboxOf(service);
    expect(records).toHaveLength(60);
    const next = new Map(
      records.map(({ before_state, after_state }) => [before_state.rateLimitRequests, after_state.rateLimitRequests]),
    );
    let [links, at] = [0, 1000];
    for (; next.has(at); links++) at = next.get(at);
    expect(links).toBe(60);
    const { json } = await app.call('GET', `/v1/admin/services/${service}/config`, { as: operator });
    expect([json.rateLimitRequests, json.version]).toEqual([at, 61]);
    console.log(`concurrent PATCHes: tried 60, links in the chain ${links}, failed 0`);
  });
});

describe('update-config.refused', () => {
  const whole = (text: string) => `{"maintenanceMessage":${JSON.stringify(text)}}`;
  const deep = (levels: number) => `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  const cases: [name: string, body: string, status: number, code: string][] = [
    ['malformed JSON', '{"a":', 400, 'malformed_request'],
    ['no body', '', 400, 'malformed_request'],
    ['300 KB', whole('x'.repeat(300_000)), 413, 'body_too_large'],
    ['an unknown field', '{"nonsense":1}', 422, 'invalid_field'],
    ['__proto__', '{"__proto__":{"jwtValidation":false}}', 422, 'invalid_field'],
    ['constructor', '{"constructor":{"prototype":{"a":1}}}', 422, 'invalid_field'],
    ['a wrong type', '{"jwtValidation":"yes"}', 422, 'invalid_field'],
    ['null where none may be', '{"jwtValidation":null}', 422, 'invalid_field'],
    ['a number out of range', '{"rateLimitRequests":0}', 422, 'invalid_field'],
    ['a bad range', '{"ipWhitelist":["10.0.0.0/33"]}', 422, 'invalid_field'],
    ['a secret for all to see', whole('call us: sk_live_abcdefghijklmnop1234'), 422, 'invalid_field'],
    ['1e400', '{"rateLimitRequests":1e400}', 400, 'malformed_request'],
    ['an integer beyond 2^53', '{"rateLimitRequests":9007199254740993}', 400, 'malformed_request'],
    ['NUL', '{"maintenanceMessage":"a\\u0000b"}', 400, 'malformed_request'],
    ['half a surrogate pair', '{"maintenanceMessage":"\\ud800"}', 400, 'malformed_request'],
    ['33 levels', deep(33), 400, 'malformed_request'],
    ['an array', '[]', 422, 'invalid_field'],
  ];

  it('answers each as the contract says and stores nothing', async () => {
    const service = await app.service();
    for (const [name, body, status, code] of cases) {
      const answer = await app.patch(operator, service, body);
      expect([name, answer.status, answer.json?.code]).toEqual([name, status, code]);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.text).not.toMatch(/select|insert|postgres|\bat .*\.js/i);
    }
    expect(await outboxOf(service)).toEqual([]);
    const { json } = await app.call('GET', `/v1/admin/services/${service}/config`, { as: operator });
    expect(json.version).toBe(1);
    console.log(`bad bodies: tried ${cases.length}, stored 0, failed 0`);
  });

  it('names the field and the reason', async () => {
    const { json } = await app.patch(operator, await app.service(), { rateLimitRequests: 0, nonsense: 1 });
    expect(json.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['nonsense', 'rateLimitRequests']);
  });

  it('refuses other types, bad ids, bad parameters and bad preconditions', async () => {
    const service = await app.service();
    const path = `/v1/admin/services/${service}/config`;
    const text = await app.call('PATCH', path, { as: operator, body: '{}', headers: { 'Content-Type': 'text/plain' } });
    expect([text.status, text.json.code]).toEqual([415, 'unsupported_media_type']);
    expect((await app.call('GET', '/v1/admin/services/not-a-uuid/config', { as: operator })).status).toBe(404);
    expect((await app.call('GET', '/v1/admin/services/..%2f..%2fx/config', { as: operator })).status).toBe(400);
    expect((await app.patch(operator, service, { jwtValidation: false }, { 'If-Match': '3' })).status).toBe(400);
    expect((await app.patch(operator, service, { jwtValidation: false }, { 'If-Match': 'W/"1"' })).status).toBe(412);
    expect((await app.patch(operator, service, { jwtValidation: false }, { 'If-Match': '"7", "1"' })).status).toBe(200);
  });

  it('answers 503 without a word of SQL when Postgres is away, and changes nothing', async () => {
    const service = await app.service();
    app.postgres.decide(() => 'refuse');
    const answer = await app.patch(operator, service, { jwtValidation: false });
    app.postgres.decide(() => 'none');
    expect([answer.status, answer.json.code]).toEqual([503, 'dependency_unavailable']);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.text).not.toMatch(/select|insert|postgres:|127\.0\.0\.1|steward_api/i);
    expect(await outboxOf(service)).toEqual([]);
  });
});

describe('update-config.ownership', () => {
  it('tells a stranger the same of another’s service as of none', async () => {
    const [mine, other] = [await app.service(), await app.service()];
    const manager = await app.person('service-manager', mine);
    expect((await app.patch(manager, mine, { jwtValidation: false })).status).toBe(200);
    const theirs = await app.patch(manager, other, { jwtValidation: false });
    const none = await app.patch(manager, '01900000-0000-7000-8000-0000000fffff', { jwtValidation: false });
    const bland = ({ json }: typeof none) => ({ ...json, instance: '', requestId: '' });
    expect([theirs.status, bland(theirs)]).toEqual([404, bland(none)]);
    expect(await outboxOf(other)).toMatchObject([{ outcome: 'denied' }]);
  });
});
