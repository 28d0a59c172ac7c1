/// <reference types="@cloudflare/vitest-plugin/types" />

import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeyCache } from '../../domain/access/jwks.ts';
import { check, configChanged, type GateContext, type GateParts } from '../../domain/gate/check.ts';
import type { KeptSnapshot } from '../../domain/gate/config-cache.ts';
import type { GateRequest } from '../../domain/gate/schema.ts';
import { QUIET } from '../../domain/log-testing.ts';
import type { Bindings } from '../env.ts';
import { gateParts } from './parts.ts';

type GateSnapshot = KeptSnapshot['snapshot'];

const bindings = env as unknown as Bindings;
const config = {
  PUBLIC_URL: 'https://steward.test',
  OIDC_ISSUER: 'https://issuer.test',
  OIDC_AUDIENCE: 'steward',
  GATE_ISSUER: undefined,
  GATE_AUDIENCE: undefined,
};

/** Postgres, as far as the gate asks it. */
function postgres(snapshot: GateSnapshot) {
  const site = {
    snapshot,
    away: false,
    reads: 0,
    counted: [] as unknown[],
    log: [] as string[],
    work: [] as Promise<unknown>[],
  };
  const run = async () => {
    site.reads++;
    if (site.away) throw new Error('refused');
    return [{ snapshot: site.snapshot }];
  };
  const api = { run } as unknown as GateContext['db']['api'];
  const ctx: GateContext = {
    db: { api, exporter: api, drainer: api },
    later: (work) => void site.work.push(work),
    meter: { count: (name, labels) => void site.counted.push({ name, labels }) },
    log: { ...QUIET, error: (message) => void site.log.push(message) },
    now: Date.now,
  };
  return { site, ctx };
}

/** What an isolate of its own would have, with the calls it makes. */
function isolate(): GateParts & { calls: { n: number }[] } {
  const parts = gateParts(bindings, config, undefined as unknown as KeyCache);
  const calls: { n: number }[] = [];
  return {
    ...parts,
    calls,
    takeMany: (budget, n) => {
      calls.push({ n });
      return parts.takeMany(budget, n);
    },
  };
}

const open: GateSnapshot = {
  archived: false,
  config: {
    jwtValidation: false,
    domainValidation: false,
    ipWhitelistEnabled: false,
    ipWhitelist: [],
    rateLimitEnabled: false,
    rateLimitRequests: 100,
    rateLimitWindow: 3600,
    maintenanceMode: false,
    maintenanceMessage: null,
    auditLevel: 'STANDARD',
  },
  domains: [],
  testerUsers: [],
  testerAdmins: [],
  features: [],
};
const having = (more: Partial<GateSnapshot['config']>) => ({ ...open, config: { ...open.config, ...more } });
const visit = (serviceId: string): GateRequest => ({ serviceId, ip: '203.0.113.9', method: 'GET', path: '/' });
const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

// The first call of an object loads the whole Worker, which takes a busy machine longer than a check waits.
beforeAll(async () => {
  await isolate().takeMany({ key: crypto.randomUUID(), policy: { name: 'first', limit: 1, windowSeconds: 1 } }, 1);
});

describe('the gate on its bindings', () => {
  it('tells other isolates of the location about a change through the Cache API', async () => {
    const { site, ctx } = postgres(open);
    const [here, there] = [isolate(), isolate()];
    const service = crypto.randomUUID();
    for (const each of [here, there]) expect((await check(ctx, each, visit(service))).reason).toBe('allowed');
    site.snapshot = having({ maintenanceMode: true });
    await configChanged(here, service);
    expect((await check(ctx, here, visit(service))).reason).toBe('maintenance');
    // No other way could it hear of it this early: its copy is good for 10 s.
    await pause(110);
    expect((await check(ctx, there, visit(service))).reason).toBe('maintenance');
    await Promise.all(site.work);
  });

  it('counts 1,000 checks at once exactly, in at most two calls of the object, and none once it knows the subject is over', async () => {
    const { site, ctx } = postgres(having({ rateLimitEnabled: true }));
    const parts = isolate();
    const service = crypto.randomUUID();
    // The object and what the checks are decided by must be there already: else they wait for it and come one after the other.
    await check(ctx, parts, visit(service));
    const before = parts.calls.length;
    const decisions = await Promise.all(Array.from({ length: 1000 }, () => check(ctx, parts, visit(service))));
    const calls = parts.calls.length;
    expect(decisions.filter(({ allow }) => allow)).toHaveLength(99);
    // One when all of them had to wait for a look at the marker, which is due every 100 ms, and so came together.
    expect([1, 2]).toContain(calls - before);
    for (let i = 0; i < 500; i++) expect((await check(ctx, parts, visit(service))).status).toBe(429);
    expect(parts.calls.length - calls).toBe(0);
    console.log(
      `gate limit 100: one before, 1,000 at once, 99 allowed, ${calls - before} object calls; 500 more, 0 object calls`,
    );
    await Promise.all(site.work);
  });

  it('says in a metric that Postgres is away, and names nobody in it', async () => {
    const { site, ctx } = postgres(open);
    const service = crypto.randomUUID();
    const first = isolate();
    await check(ctx, first, visit(service));
    await Promise.all(site.work);
    site.away = true;
    site.counted.length = 0;
    const [known, unknown] = [
      await check(ctx, isolate(), visit(service)),
      await check(ctx, isolate(), visit(crypto.randomUUID())),
    ];
    expect([known.reason, unknown.reason]).toEqual(['allowed', 'config_unavailable']);
    expect(known.headers['Steward-Gate-Config']).toMatch(/^last-known-good; age=\d+$/);
    expect(site.counted).toEqual([
      { name: 'steward_gate_config_load_failures_total', labels: {} },
      { name: 'steward_gate_without_postgres_total', labels: { decided_by: 'last_known_good' } },
      { name: 'steward_gate_decisions_total', labels: { reason: 'allowed' } },
      { name: 'steward_gate_config_load_failures_total', labels: {} },
      { name: 'steward_gate_without_postgres_total', labels: { decided_by: 'no_copy' } },
      { name: 'steward_gate_decisions_total', labels: { reason: 'config_unavailable' } },
    ]);
    expect(site.log).toHaveLength(2);
    await Promise.all(site.work);
  });

  it('denies for the moment when requests cannot be counted', async () => {
    const { site, ctx } = postgres(having({ rateLimitEnabled: true }));
    const parts = { ...isolate(), takeMany: () => Promise.reject(new Error('the object is away')) };
    const decision = await check(ctx, parts, visit(crypto.randomUUID()));
    expect(decision).toMatchObject({ allow: false, reason: 'rate_limit_unavailable', headers: { 'Retry-After': '1' } });
    await Promise.all(site.work);
  });

  it('denies for the moment when the object that counts hangs', async () => {
    const { ctx } = postgres(having({ rateLimitEnabled: true }));
    const service = crypto.randomUUID();
    const hanging = isolate();
    await check(ctx, { ...hanging, takeMany: () => Promise.reject(new Error('away')) }, visit(service));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const deciding = check(ctx, { ...hanging, takeMany: () => new Promise(() => undefined) }, visit(service));
      await vi.advanceTimersByTimeAsync(5000);
      expect(await deciding).toMatchObject({ allow: false, reason: 'rate_limit_unavailable' });
    } finally {
      vi.useRealTimers();
    }
  });
});
