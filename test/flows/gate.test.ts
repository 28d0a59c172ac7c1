import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import {
  addDomain,
  addFeature,
  addTester,
  addTesterAdmin,
  caller,
  checkByBinding,
  checkOverHttp,
  type Decision,
  openService,
  setConfig,
  visit,
} from '../gate.ts';

let app: App;
let machine: Person;
let operator: Person;
beforeAll(async () => {
  app = await startApp({}, { caller });
  [machine, operator] = await Promise.all([app.person('gate'), app.person('operator')]);
});
afterAll(() => app.stop());

const check = async (serviceId: string, more: object = {}): Promise<Decision> =>
  (await checkByBinding(app, visit(serviceId, more)))[0] as Decision;

const reasons = async (cases: [expected: string, serviceId: string, more?: object][]) => {
  for (const [i, [expected, serviceId, more]] of cases.entries())
    expect([i, more, (await check(serviceId, more)).reason]).toEqual([i, more, expected]);
  console.log(`gate: tried ${cases.length} requests, decided otherwise than expected 0`);
};

/** A tester's token: the issuer's own, for a subject that is a UUID, without a session. */
const visitorToken = (subject: string, claims: object = {}) => app.mint({ sub: subject, ...claims });

describe.concurrent('gate.reasons', () => {
  it('lets everybody into a service that asks for nothing, with its features', async () => {
    const service = await openService(app);
    const parent = await addFeature(app, service, 'reports');
    await addFeature(app, service, 'charts', { parentId: parent });
    const off = await addFeature(app, service, 'beta', { isActive: false });
    await addFeature(app, service, 'beta-search', { parentId: off });
    const expected = {
      allow: true,
      reason: 'allowed',
      status: 200,
      message: '',
      headers: {},
      features: ['charts', 'reports'],
    };
    expect(await check(service)).toEqual(expected);
    expect(await checkOverHttp(app, machine, visit(service))).toEqual(expected);
  });

  it('knows neither an absent nor an archived service', async () => {
    const service = await openService(app);
    await app.db.query('UPDATE services SET archived_at = now() WHERE id = $1', [service]);
    expect(await check(service)).toMatchObject({ allow: false, reason: 'service_archived', status: 404, features: [] });
    expect(await check('01900000-0000-7000-8000-0000000fffff')).toMatchObject({
      reason: 'service_unknown',
      status: 404,
    });
  });

  it('shows the message of maintenance, and lets a live tester admin pass', async () => {
    const service = await openService(app, { maintenanceMode: true, maintenanceMessage: 'Zurück um zwölf' });
    const [tester, late] = [await app.person('viewer'), await app.person('viewer')];
    await addTesterAdmin(app, service, tester.id, new Date(Date.now() + 3_600_000));
    await addTesterAdmin(app, service, late.id, new Date(Date.now() - 1000));
    expect(await check(service)).toMatchObject({
      reason: 'maintenance',
      status: 503,
      message: 'Zurück um zwölf',
      headers: { 'Retry-After': '60' },
    });
    await reasons([
      ['allowed', service, { adminId: tester.id }],
      ['allowed', service, { adminId: tester.id.toUpperCase() }],
      ['maintenance', service, { adminId: late.id }],
      ['maintenance', service, { adminId: operator.id }],
      ['maintenance', service, { userId: tester.id }],
    ]);
  });

  it('takes a valid access token and no other', async () => {
    const service = await openService(app, { jwtValidation: true });
    const now = Math.floor(Date.now() / 1000);
    const good = await visitorToken('somebody');
    await reasons([
      ['allowed', service, { token: good }],
      ['allowed', service, { token: good }],
      ['token_missing', service],
      ['token_missing', service, { token: '' }],
      ['token_invalid', service, { token: 'x' }],
      ['token_invalid', service, { token: `${good}A` }],
      ['token_invalid', service, { token: await visitorToken('somebody', { exp: now - 61 }) }],
      ['token_invalid', service, { token: await visitorToken('somebody', { aud: 'https://elsewhere.test' }) }],
      ['token_invalid', service, { token: await visitorToken('somebody', { iss: 'https://elsewhere.test' }) }],
      ['token_invalid', service, { token: await visitorToken('') }],
      ['token_invalid', service, { token: await app.mint({ sub: 'somebody' }, { typ: 'JWT' }) }],
    ]);
    expect((await check(service)).headers).toEqual({ 'WWW-Authenticate': 'Bearer' });
    expect((await check(service, { token: 'x' })).headers['WWW-Authenticate']).toMatch(
      /^Bearer error="invalid_token", /,
    );
  });

  it('lets in the domains of the service, by Origin before Host', async () => {
    const service = await openService(app, { domainValidation: true });
    for (const domain of ['example.com', '*.example.org', 'xn--kln-sna.example']) await addDomain(app, service, domain);
    await reasons([
      ['allowed', service, { origin: 'https://example.com' }],
      ['allowed', service, { origin: 'https://EXAMPLE.com.:8443' }],
      ['allowed', service, { origin: 'https://köln.example' }],
      ['allowed', service, { origin: 'https://a.b.example.org' }],
      ['allowed', service, { host: 'example.com:8080' }],
      ['allowed', service, { origin: '', host: 'example.com' }],
      ['domain_not_allowed', service],
      ['domain_not_allowed', service, { origin: 'https://example.org' }],
      ['domain_not_allowed', service, { origin: 'https://sub.example.com' }],
      ['domain_not_allowed', service, { origin: 'https://notexample.org' }],
      ['domain_not_allowed', service, { origin: 'null', host: 'example.com' }],
      ['domain_not_allowed', service, { origin: 'https://evil.test', host: 'example.com' }],
      ['domain_not_allowed', service, { origin: 'https://example.com@evil.test' }],
      ['domain_not_allowed', service, { host: 'evil.test/@example.com' }],
    ]);
  });

  it('lets in the addresses on the list, IPv4 also in IPv6’s clothes', async () => {
    const ipWhitelist = ['10.0.0.0/8', '203.0.113.7', '2001:db8::/32'];
    const service = await openService(app, { ipWhitelistEnabled: true, ipWhitelist });
    await reasons([
      ['allowed', service, { ip: '10.255.0.1' }],
      ['allowed', service, { ip: '::ffff:203.0.113.7' }],
      ['allowed', service, { ip: '2001:DB8::1' }],
      ['ip_not_allowed', service, { ip: '203.0.113.8' }],
      ['ip_not_allowed', service, { ip: '2001:db9::1' }],
      ['ip_not_allowed', service, { ip: '010.0.0.1' }],
      ['ip_not_allowed', service, { ip: '10.0.0.0/8' }],
      ['ip_not_allowed', service, { ip: '' }],
    ]);
  });

  it('counts each visitor by itself and says what is left', async () => {
    const service = await openService(app, { rateLimitEnabled: true, rateLimitRequests: 2, rateLimitWindow: 60 });
    const first = await check(service, { userId: 'ann' });
    expect(first.headers).toEqual({ 'RateLimit-Policy': '"gate";q=2;w=60', RateLimit: '"gate";r=1;t=60' });
    expect((await check(service, { userId: 'ann' })).headers.RateLimit).toMatch(/^"gate";r=0;t=\d+$/);
    const third = await check(service, { userId: 'ann' });
    expect(third).toMatchObject({ reason: 'rate_limited', status: 429, allow: false });
    expect(Number(third.headers['Retry-After'])).toBeGreaterThan(50);
    await reasons([
      ['allowed', service, { userId: 'bob' }],
      ['allowed', service, { ip: '203.0.113.9' }],
      ['allowed', service, { ip: '203.0.113.10' }],
      ['allowed', service, { ip: '2001:db8::1' }],
      ['allowed', service, { ip: '2001:db8::2' }],
      ['rate_limited', service, { ip: '2001:db8::3' }],
      ['allowed', service, { ip: '2001:db8:0:1::3' }],
    ]);
  });
});

describe.concurrent('gate.changes', () => {
  it('made through the API are seen by the next check', async () => {
    const service = await openService(app);
    const ROUNDS = 20;
    for (let round = 0; round < ROUNDS; round++) {
      const maintenanceMode = round % 2 === 0;
      const { status } = await app.patch(operator, service, { maintenanceMode });
      expect(status).toBe(200);
      const [decision] = await checkByBinding(app, visit(service));
      expect(decision?.reason).toBe(maintenanceMode ? 'maintenance' : 'allowed');
    }
    console.log(`changes of a configuration: tried ${ROUNDS}, seen late by the next check 0`);
  });

  it('made by hand are seen when the copy is 10 s old', async () => {
    const service = await openService(app);
    expect((await check(service)).reason).toBe('allowed');
    const began = Date.now();
    await setConfig(app, service, { maintenanceMode: true });
    await until(async () => (await check(service)).reason === 'maintenance', 'the change made by hand is seen');
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});

describe.concurrent('gate.permission', () => {
  it('is needed over HTTP, for the very service asked about', async () => {
    const [mine, other] = [await openService(app), await openService(app)];
    const gate = await app.person('gate', mine);
    expect((await checkOverHttp(app, gate, visit(mine))).allow).toBe(true);
    const stranger = await app.call('POST', '/v1/gate/check', { as: gate, body: visit(other) });
    expect([stranger.status, stranger.json.code]).toEqual([404, 'not_found']);
    const viewer = await app.call('POST', '/v1/gate/check', { as: await app.person('viewer'), body: visit(mine) });
    expect([viewer.status, viewer.json.code]).toEqual([403, 'forbidden']);
    expect((await app.call('POST', '/v1/gate/check', { body: visit(mine) })).status).toBe(401);
  });

  it('comes before the body, whose mistakes are named', async () => {
    const service = await openService(app);
    const ask = (body: unknown) => app.call('POST', '/v1/gate/check', { as: machine, body });
    const { ip: _, ...noAddress } = visit(service);
    for (const body of [{ ...visit(service), nonsense: 1 }, visit('not-a-uuid'), noAddress, []]) {
      const answer = await ask(body);
      expect([answer.status, answer.json.code]).toEqual([422, 'invalid_field']);
    }
    await expect(checkByBinding(app, noAddress)).rejects.toThrow(/ip/);
  });
});

// One of them takes Postgres away.
describe('gate.testers', () => {
  const strict = {
    jwtValidation: false,
    domainValidation: true,
    ipWhitelistEnabled: true,
    ipWhitelist: ['198.51.100.1'],
    rateLimitEnabled: true,
    rateLimitRequests: 1,
  };
  const at = { origin: 'https://example.com', ip: '198.51.100.1' };

  it('pass what their bypass names and nothing else', async () => {
    const service = await openService(app, strict);
    await addDomain(app, service, 'example.com');
    const [domain, ip, rate] = [
      await addTester(app, service, ['bypass_domain']),
      await addTester(app, service, ['bypass_ip']),
      await addTester(app, service, ['bypass_rate_limit']),
    ];
    const none = await addTester(app, service, []);
    await reasons([
      ['allowed', service, { ...at, userId: domain, origin: 'https://evil.test' }],
      ['ip_not_allowed', service, { ...at, userId: domain, ip: '192.0.2.1' }],
      ['allowed', service, { ...at, userId: ip, ip: '192.0.2.1' }],
      ['domain_not_allowed', service, { ...at, userId: ip, origin: 'https://evil.test' }],
      ['allowed', service, { ...at, userId: rate }],
      ['allowed', service, { ...at, userId: rate.toUpperCase() }],
      ['domain_not_allowed', service, { ...at, userId: rate, origin: 'https://evil.test' }],
      ['allowed', service, { ...at, userId: none }],
      ['rate_limited', service, { ...at, userId: none }],
      ['domain_not_allowed', service, { ...at, userId: none, origin: 'https://evil.test' }],
    ]);
  });

  it('are known by a verified token’s subject, never by one that was not verified', async () => {
    const service = await openService(app, { ...strict, jwtValidation: true });
    const tester = await addTester(app, service, ['bypass_domain', 'bypass_ip', 'bypass_rate_limit']);
    const token = await visitorToken(tester);
    await reasons([
      ['allowed', service, { token, ip: '192.0.2.1' }],
      ['token_invalid', service, { token: `${token}A`, ip: '192.0.2.1' }],
      ['domain_not_allowed', service, { token: await visitorToken('somebody'), ip: '192.0.2.1' }],
    ]);
    const unverified = await openService(app, strict);
    const other = await addTester(app, unverified, ['bypass_domain', 'bypass_ip']);
    expect((await check(unverified, { token: await visitorToken(other) })).reason).toBe('domain_not_allowed');
  });

  it('stop counting at the instant they expire, though the configuration is cached', async () => {
    const service = await openService(app, { ipWhitelistEnabled: true });
    const expiresAt = new Date(Date.now() + 3000);
    const userId = await addTester(app, service, ['bypass_ip'], expiresAt);
    let last = await check(service, { userId });
    expect(last.reason).toBe('allowed');
    // Postgres is out of reach: only what is cached can decide.
    app.postgres.decide(() => 'refuse');
    try {
      await until(async () => {
        const asked = Date.now();
        last = await check(service, { userId });
        if (asked > expiresAt.getTime()) expect(last.reason).toBe('ip_not_allowed');
        return last.reason === 'ip_not_allowed';
      }, 'the tester expires');
      expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    } finally {
      app.postgres.decide(() => 'none');
    }
  });
});
