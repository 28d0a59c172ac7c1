import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { addTester, caller, checkByBinding, checkOverHttp, type Decision, openService, visit } from '../gate.ts';

const AUDIENCE = 'https://shop.test/api';

let app: App;
/** Its visitors are another issuer's. One test waits there for a copy to age, while others restart `app`. */
let shop: App;
let machine: Person;
beforeAll(async () => {
  [app, shop] = await Promise.all([startApp({}, { caller }), startApp({ GATE_AUDIENCE: AUDIENCE }, { caller })]);
  machine = await app.person('gate');
});
afterAll(() => Promise.all([app.stop(), shop.stop()]));

const check = async (serviceId: string, more: object = {}, on = app): Promise<Decision> =>
  (await checkByBinding(on, visit(serviceId, more)))[0] as Decision;

const LAST_KNOWN = /^last-known-good; age=\d+$/;
const failedLoads = () => shop.log.filter((line) => line.includes('a configuration cannot be loaded')).length;

/** The copy in KV is written after the answer. */
const copied = async (serviceId: string) => {
  const kv = await app.worker().miniflare.getKVNamespace('LAST_KNOWN_GOOD', 'steward');
  await until(async () => (await kv.get(`gate:${serviceId}`)) !== null, 'the copy is in KV');
};

describe.concurrent('gate.outage', () => {
  it('decides all the same from its own copy, says so, and learns of a change when Postgres is back', async () => {
    const service = await openService(shop, {
      ipWhitelistEnabled: true,
      ipWhitelist: ['203.0.113.0/24'],
      rateLimitEnabled: true,
    });
    expect((await check(service, {}, shop)).headers['Steward-Gate-Config']).toBeUndefined();
    const before = failedLoads();
    shop.postgres.decide(() => 'refuse');
    let decision = await check(service, {}, shop);
    await until(async () => {
      decision = await check(service, {}, shop);
      expect(decision.reason).toBe('allowed');
      return decision.headers['Steward-Gate-Config'] !== undefined;
    }, 'the copy is 10 s old');
    expect(decision.headers['Steward-Gate-Config']).toMatch(LAST_KNOWN);
    expect(decision.headers.RateLimit).toMatch(/^"gate";r=/);
    expect(await check(service, { ip: '192.0.2.1' }, shop)).toMatchObject({ reason: 'ip_not_allowed', allow: false });
    const asked = await checkByBinding(shop, visit(service), 500);
    expect(asked.filter(({ allow }) => allow)).toHaveLength(500);
    expect(asked.every(({ headers }) => LAST_KNOWN.test(headers['Steward-Gate-Config'] ?? ''))).toBe(true);
    const failed = failedLoads() - before;
    expect(failed).toBeGreaterThan(0);
    // At most one attempt a second, however many ask.
    expect(failed).toBeLessThan(10);

    shop.postgres.decide(() => 'none');
    const operator = await shop.person('operator');
    expect((await shop.patch(operator, service, { maintenanceMode: true })).status).toBe(200);
    decision = await check(service, {}, shop);
    expect([decision.reason, decision.headers['Steward-Gate-Config']]).toEqual(['maintenance', undefined]);
    console.log(`gate without Postgres: tried 502, undecided 0, loads that failed ${failed}`);
  });
});

describe.concurrent('gate.outage of one Steward', () => {
  afterEach(() => app.postgres.decide(() => 'none'));

  it('goes on over HTTP for a machine it knows, also when every object was evicted, and for nobody else', {
    concurrent: false,
  }, async () => {
    const service = await openService(app);
    expect((await checkOverHttp(app, machine, visit(service))).reason).toBe('allowed');
    await copied(service);
    // What the guard learned is written behind the answer: by this one it is.
    expect((await checkOverHttp(app, machine, visit(service))).reason).toBe('allowed');
    const stranger = await app.person('gate');
    await app.restart();
    app.postgres.decide(() => 'refuse');
    let tried = 0;
    for (; tried < 100; tried++) {
      const decision = await checkOverHttp(app, machine, visit(service));
      expect([decision.reason, LAST_KNOWN.test(decision.headers['Steward-Gate-Config'] ?? '')]).toEqual([
        'allowed',
        true,
      ]);
    }
    const refused = await app.call('POST', '/v1/gate/check', { as: stranger, body: visit(service) });
    expect([refused.status, refused.json.code]).toEqual([503, 'dependency_unavailable']);
    console.log(`gate over HTTP without Postgres: tried ${tried}, undecided 0; strangers let through 0`);
  });

  it('decides in a fresh isolate from KV’s copy', { concurrent: false }, async () => {
    const service = await openService(app, { ipWhitelistEnabled: true, ipWhitelist: ['203.0.113.9'] });
    const tester = await addTester(app, service, ['bypass_ip']);
    await check(service);
    await copied(service);
    const never = await openService(app);
    await app.restart();
    app.postgres.decide(() => 'refuse');
    const decision = await check(service);
    expect(decision).toMatchObject({ allow: true, reason: 'allowed' });
    expect(decision.headers['Steward-Gate-Config']).toMatch(LAST_KNOWN);
    expect((await check(service, { ip: '192.0.2.1' })).reason).toBe('ip_not_allowed');
    expect((await check(service, { ip: '192.0.2.1', userId: tester })).reason).toBe('allowed');
    expect(await check(never)).toMatchObject({
      allow: false,
      reason: 'config_unavailable',
      status: 503,
      headers: { 'Retry-After': '1' },
    });
    app.postgres.decide(() => 'none');
    await until(async () => (await check(never)).reason === 'allowed', 'Postgres is asked again');
    await until(
      async () => (await check(service)).headers['Steward-Gate-Config'] === undefined,
      'what Postgres says counts again',
    );
  });

  it('does not wait for a Postgres that hangs longer than two seconds, and then not at all', {
    concurrent: false,
  }, async () => {
    const service = await openService(app);
    await check(service);
    await copied(service);
    await app.restart();
    app.postgres.decide(({ body }) => (body.includes('service_tester_users') ? 'hang' : 'none'));
    const faults = app.postgres.faults();
    const first = await checkByBinding(app, visit(service), 100);
    expect(first.every(({ allow }) => allow)).toBe(true);
    for (let i = 0; i < 100; i++) expect((await check(service)).headers['Steward-Gate-Config']).toMatch(LAST_KNOWN);
    // The first answer of Postgres that never comes: had they waited for it, there were one of them for each.
    const hung = app.postgres.faults() - faults;
    expect(hung).toBeLessThanOrEqual(2);
    console.log(`gate with a Postgres that hangs: tried 200, undecided 0, asked Postgres ${hung} times`);
  });

  it('answers machines over HTTP too', { concurrent: false }, async () => {
    const service = await openService(app);
    await checkOverHttp(app, machine, visit(service));
    app.postgres.decide(() => 'refuse');
    const decision = await checkOverHttp(app, machine, visit(service));
    expect(decision.allow).toBe(true);
  });
});

describe('gate.issuer', () => {
  it('may be another one than staff’s: its audience counts, and without its keys nobody’s token is taken', async () => {
    const reasonsAre = async (expected: string[]) => {
      const service = await openService(shop, { jwtValidation: true });
      const tokens = [await shop.mint({ sub: 'visitor', aud: AUDIENCE }), await shop.mint({ sub: 'visitor' })];
      const decisions = await Promise.all(tokens.map((token) => checkByBinding(shop, visit(service, { token }))));
      expect(decisions.map(([decision]) => decision?.reason)).toEqual(expected);
      const staff = await shop.person('gate');
      expect((await checkOverHttp(shop, staff, visit(service))).reason).toBe('token_missing');
    };
    await reasonsAre(['allowed', 'token_invalid']);
    Object.assign(shop.settings, { GATE_JWKS_URL: 'http://127.0.0.1:9/jwks' });
    await shop.restart();
    await reasonsAre(['keys_unavailable', 'keys_unavailable']);
  });
});
