import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { addDomain, caller, checkByBinding, checkOverHttp, type Decision, openService, visit } from '../gate.ts';

let app: App;
let machine: Person;
let operator: Person;
beforeAll(async () => {
  app = await startApp({}, { caller });
  [machine, operator] = await Promise.all([app.person('gate'), app.person('operator')]);
  await checkOverHttp(app, machine, visit(await openService(app)));
});
afterAll(() => app.stop());

const limited = (rateLimitRequests: number) =>
  openService(app, { rateLimitEnabled: true, rateLimitRequests, rateLimitWindow: 3600 });

const allowed = (decisions: Decision[]) => decisions.filter(({ allow }) => allow);

describe('gate.limits', () => {
  it('let exactly 100 of 1,000 at once through, by service binding and over HTTP', async () => {
    const byBinding = await checkByBinding(app, visit(await limited(100)), 1000);
    const service = await limited(100);
    const overHttp = await Promise.all(Array.from({ length: 1000 }, () => checkOverHttp(app, machine, visit(service))));
    for (const decisions of [byBinding, overHttp]) {
      expect(allowed(decisions)).toHaveLength(100);
      expect(decisions.filter(({ reason }) => reason === 'rate_limited')).toHaveLength(900);
      // Each of the 100 has a remainder of its own: no permit was given twice.
      const left = allowed(decisions).map(({ headers }) => Number(/r=(\d+)/.exec(headers.RateLimit ?? '')?.[1]));
      expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }
    console.log('gate limit 100: tried 1000 by binding, allowed 100; tried 1000 over HTTP, allowed 100');
  });

  it('are one budget for all faces', async () => {
    const service = await limited(50);
    // Its configuration is read before: on a busy machine 200 at once have waited longer for it than the gate is patient.
    const first = await checkByBinding(app, visit(service), 1);
    const [byBinding, ...overHttp] = await Promise.all([
      checkByBinding(app, visit(service), 99),
      ...Array.from({ length: 100 }, () => checkOverHttp(app, machine, visit(service))),
    ]);
    // Besides the count: who is not let in is told why, and it is the limit.
    expect(new Set([...first, ...byBinding, ...overHttp].map(({ reason }) => reason))).toEqual(
      new Set(['allowed', 'rate_limited']),
    );
    expect(allowed([...first, ...byBinding, ...overHttp])).toHaveLength(50);
  });

  it('count nothing for a request that is refused anyway', async () => {
    const service = await openService(app, { domainValidation: true, rateLimitEnabled: true, rateLimitRequests: 1 });
    await addDomain(app, service, 'example.com');
    const refused = await checkByBinding(app, visit(service, { host: 'evil.test' }), 50);
    expect(refused.every(({ reason }) => reason === 'domain_not_allowed')).toBe(true);
    expect(allowed(await checkByBinding(app, visit(service, { host: 'example.com' }), 2))).toHaveLength(1);
  });

  it('follow a changed policy at once: a raised limit opens, a lowered one closes', async () => {
    const service = await limited(5);
    expect(allowed(await checkByBinding(app, visit(service), 10))).toHaveLength(5);
    await app.patch(operator, service, { rateLimitRequests: 8 });
    expect(allowed(await checkByBinding(app, visit(service), 10))).toHaveLength(3);
    await app.patch(operator, service, { rateLimitRequests: 20 });
    expect(allowed(await checkByBinding(app, visit(service), 5))).toHaveLength(5);
    await app.patch(operator, service, { rateLimitRequests: 10 });
    expect(allowed(await checkByBinding(app, visit(service), 5))).toHaveLength(0);
    await app.patch(operator, service, { rateLimitEnabled: false });
    const [free] = await checkByBinding(app, visit(service));
    expect(free).toMatchObject({ allow: true, headers: {} });
  });

  it('end with their window, not before', async () => {
    const service = await openService(app, { rateLimitEnabled: true, rateLimitRequests: 3, rateLimitWindow: 2 });
    const granted: { sent: number; answered: number }[] = [];
    await until(async () => {
      const sent = Date.now();
      const { length } = allowed(await checkByBinding(app, visit(service), 5));
      // Fewer than three of a window whose beginning falls among these five: the others come with the next five.
      expect(length).toBeLessThanOrEqual(3);
      for (let n = 0; n < length; n++) granted.push({ sent, answered: Date.now() });
      return granted.length >= 9;
    }, 'three windows were used up');
    const firsts = granted.filter((_, n) => n % 3 === 0);
    for (const [i, { sent }] of firsts.slice(0, -1).entries())
      expect((firsts[i + 1]?.answered ?? 0) - sent).toBeGreaterThanOrEqual(2000);
  });
});
