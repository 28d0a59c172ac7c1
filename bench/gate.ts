import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { GateSnapshot } from '../drizzle/repositories/gate.ts';
import { gateFigures, type Measurements } from './gate-figures.ts';
import { measureLoad, requestText, type Target } from './load.ts';
import type { Bench } from './run.ts';
import { type Served, serveSmall } from './runtime.ts';
import { serveSmallAlone } from './workerd.ts';

const RUNS = 5;
const SECONDS = 2;
const WARM_UP_SECONDS = 4;
const KEYS = 1000;
/** Of the keys; they get nine of ten checks. */
const HOT_PART = 0.1;
const HOT_CHECKS = 0.9;
const CHECKS_A_LANE = 500;

const ISSUER = 'https://sign-in.bench';
const AUDIENCE = 'https://shop.bench/api';
const ORIGIN = 'https://shop.example.com';
const ADDRESS = '10.100.1.2';
const ENTRY = 'gate.ts';

/** A service that validates everything: token, 20 domains, 100 ranges, 50 testers, 30 features. */
function snapshot(config: Partial<GateSnapshot['config']>): GateSnapshot {
  return {
    archived: false,
    config: {
      jwtValidation: true,
      domainValidation: true,
      ipWhitelistEnabled: true,
      ipWhitelist: Array.from({ length: 100 }, (_, i) => `10.${2 * i}.0.0/16`),
      rateLimitEnabled: false,
      rateLimitRequests: 1_000_000,
      rateLimitWindow: 86_400,
      maintenanceMode: false,
      maintenanceMessage: null,
      auditLevel: 'STANDARD',
      ...config,
    },
    domains: ['*.example.com', ...Array.from({ length: 19 }, (_, i) => `www-${i}.example.org`)],
    testerUsers: Array.from({ length: 50 }, () => ({
      userId: randomUUID(),
      bypassDomain: true,
      bypassIP: true,
      bypassRateLimit: true,
      expiresAt: null,
    })),
    testerAdmins: [],
    features: Array.from({ length: 30 }, (_, i) => ({
      id: `f${i}`,
      parentId: i < 5 ? null : `f${i % 5}`,
      code: `feature-${i}`,
      isActive: i % 4 !== 3,
    })),
  };
}

interface Site {
  services: Record<'open' | 'limited' | 'used_up', string>;
  bindings: Record<string, unknown>;
  headers: Record<string, string>;
}

async function makeSite(): Promise<Site> {
  const services = { open: randomUUID(), limited: randomUUID(), used_up: randomUUID() };
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject('bench')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  const SNAPSHOTS = {
    [services.open]: snapshot({}),
    [services.limited]: snapshot({ rateLimitEnabled: true }),
    [services.used_up]: snapshot({ rateLimitEnabled: true, rateLimitRequests: 1 }),
  };
  const JWKS = { keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256' }] };
  return {
    services,
    bindings: { SNAPSHOTS, JWKS, ISSUER, AUDIENCE },
    headers: { Authorization: `Bearer ${token}`, Origin: ORIGIN, 'CF-Connecting-IP': ADDRESS, 'User-Agent': 'bench' },
  };
}

type Name = keyof Measurements;

/** Everything on workerd alone, but for what only Miniflare simulates: Cloudflare's own rate limiter. */
export async function benchGate(bench: Bench): Promise<void> {
  const { report, runs = RUNS, seconds = SECONDS } = bench;
  const site = await makeSite();
  const alone = await serveFor(site, bench);
  const simulated = await serveSimulated(site, bench, await answerOf(site, alone.url));
  try {
    const targets = targetsOf(site, alone, simulated);
    const names = Object.keys(targets) as Name[];
    const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Measurements;
    for (const name of names) await measureLoad(targets[name], WARM_UP_SECONDS);
    for (let run = 1; run <= runs; run++)
      for (const name of names) {
        const one = await measureLoad(targets[name], seconds);
        measured[name].push(one);
        const [cpu, rate, p99] = [one.cpuMicros.toFixed(1), one.perSecond.toFixed(0), one.p99Ms.toFixed(2)];
        report.progress(`run ${run} ${name}: ${cpu} µs, ${rate}/s, p99 ${p99} ms`);
      }
    for (const figure of gateFigures(measured)) report.figure(figure);
  } finally {
    await Promise.all([alone.stop(), simulated.stop()]);
  }
}

const durableObjects = { RATE_LIMITER: { className: 'RateLimiter', useSQLite: true } };
const kvNamespaces = { LAST_KNOWN_GOOD: 'bench' };

/** The bare route must answer as many bytes as a check: the first server only tells which these are. */
async function serveFor(site: Site, bench: Bench): Promise<Served> {
  const options = { durableObjects, kvNamespaces, entrypoints: { GATE: 'Gate' } };
  const first = await serveSmallAlone(ENTRY, { ...options, bindings: { ...site.bindings, ANSWER: {} } }, bench);
  const ANSWER = await answerOf(site, first.url);
  await first.stop();
  return serveSmallAlone(ENTRY, { ...options, bindings: { ...site.bindings, ANSWER } }, bench);
}

function serveSimulated(site: Site, bench: Bench, ANSWER: object): Promise<Served> {
  const ratelimits = { LIMIT: { namespace_id: '1001', simple: { limit: 1_000_000_000, period: 60 } } };
  const bindings = { ...site.bindings, ANSWER };
  return serveSmall(ENTRY, { bindings, durableObjects, kvNamespaces, ratelimits }, bench);
}

async function answerOf({ services, headers }: Site, url: string): Promise<{ allow: boolean }> {
  const response = await fetch(new URL(`/check/${services.open}`, url), { headers });
  const answer = (await response.json()) as { allow: boolean };
  if (!answer.allow) throw new Error(`the gate refuses the bench: ${JSON.stringify(answer)}`);
  return answer;
}

function targetsOf({ services, headers }: Site, alone: Served, simulated: Served): Record<Name, Target> {
  const same = (path: string) => () => [requestText('GET', path, headers)];
  const some = (path: (key: number) => string, pick: (i: number) => number) => (lane: number) =>
    Array.from({ length: CHECKS_A_LANE }, (_, i) => requestText('GET', path(pick(lane * CHECKS_A_LANE + i)), headers));
  const any = (i: number) => i % KEYS;
  // A fixed order that looks random: nine of ten checks go to the first tenth of the keys.
  const mostlyHot = (i: number) => {
    const [one, two] = [Math.abs(Math.sin(i + 1) * 1e4) % 1, Math.abs(Math.sin(i + 1) * 1e6) % 1];
    const hot = KEYS * HOT_PART;
    return one < HOT_CHECKS ? Math.floor(two * hot) : hot + Math.floor(two * (KEYS - hot));
  };
  const limited = (key: number) => `/check/${services.limited}/user-${key}`;
  return {
    bare: { ...alone, lane: same('/bare') },
    cached: { ...alone, lane: same(`/check/${services.open}`) },
    limited: { ...alone, lane: some(limited, any) },
    hot_keys: { ...alone, lane: some(limited, mostlyHot) },
    one_key: { ...alone, lane: same(`/check/${services.limited}/one`) },
    used_up: { ...alone, lane: same(`/check/${services.used_up}/one`) },
    service_binding: { ...alone, lane: same(`/binding/${services.open}`) },
    simulated_binding: { ...simulated, lane: some((key) => `/ratelimits/user-${key}`, any) },
    simulated_limiter: { ...simulated, lane: some((key) => `/limited/${services.limited}/user-${key}`, any) },
  };
}
