import { WorkerEntrypoint } from 'cloudflare:workers';
import { Hono } from 'hono';
import type { JSONWebKeySet } from 'jose';
import { KeyCache } from '../../domain/access/jwks.ts';
import { check, type GateContext, type GateParts } from '../../domain/gate/check.ts';
import { type Decision, type GateRequest, parseGateRequest } from '../../domain/gate/schema.ts';
import { Meter } from '../../domain/observability/meter.ts';
import type { GateSnapshot } from '../../drizzle/repositories/gate.ts';
import type { RateLimiter } from '../../durable-objects/rate-limiter.ts';
import { gateParts } from '../../workers/gate/parts.ts';

export { RateLimiter } from '../../durable-objects/rate-limiter.ts';

interface Bindings {
  ANSWER: Decision;
  JWKS: JSONWebKeySet;
  ISSUER: string;
  AUDIENCE: string;
  /** By service. */
  SNAPSHOTS: Record<string, GateSnapshot>;
  RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
  LAST_KNOWN_GOOD: KVNamespace;
  /** Cloudflare's own. */
  LIMIT?: RateLimit;
  GATE?: Service<Gate>;
}

type Execution = Pick<ExecutionContext, 'waitUntil'>;

let parts: GateParts | undefined;

const meter = new Meter(10_000);

/** The gate as workers/context.ts puts it together; the issuer's keys and Postgres' answer are bindings. */
function gateOf(env: Bindings): GateParts {
  if (parts) return parts;
  const keys = new KeyCache({
    fetch: async () => env.JWKS,
    recall: async () => null,
    remember: async () => undefined,
    now: Date.now,
  });
  const config = { PUBLIC_URL: 'https://steward.bench', OIDC_ISSUER: env.ISSUER, OIDC_AUDIENCE: env.AUDIENCE };
  parts = gateParts(env, { ...config, GATE_ISSUER: undefined, GATE_AUDIENCE: undefined }, keys);
  return parts;
}

function contextOf(env: Bindings, execution: Execution): GateContext {
  const run = async (_: unknown, { serviceId }: { serviceId: string }) => [{ snapshot: env.SNAPSHOTS[serviceId] }];
  const api = { run, batch: () => Promise.reject(new Error('not used')) } as unknown as GateContext['db']['api'];
  return {
    db: { api, exporter: api, drainer: api },
    later: (work) => execution.waitUntil(work),
    meter,
    log: { debug: console.debug, info: console.info, warn: console.warn, error: console.error, brief: console.log },
    now: Date.now,
  };
}

/** The same steps as workers/gate/entrypoint.ts. */
export class Gate extends WorkerEntrypoint<Bindings> {
  check(input: unknown): Promise<Decision> {
    return check(contextOf(this.env, this.ctx), gateOf(this.env), parseGateRequest(input));
  }
}

/** A Worker that asks about its own request. */
const requestOf = (request: Request, serviceId: string, userId: string | undefined): GateRequest => ({
  serviceId,
  token: request.headers.get('authorization')?.slice('Bearer '.length),
  origin: request.headers.get('origin') ?? undefined,
  ip: request.headers.get('cf-connecting-ip') ?? '',
  userId,
  method: request.method,
  path: new URL(request.url).pathname,
});

const app = new Hono<{ Bindings: Bindings }>();
app.get('/bare', (c) => c.json(c.env.ANSWER));
app.get('/check/:service/:user?', async (c) => {
  const request = requestOf(c.req.raw, c.req.param('service'), c.req.param('user'));
  return c.json(await check(contextOf(c.env, c.executionCtx), gateOf(c.env), request));
});
app.get('/binding/:service/:user?', async (c) => {
  const request = requestOf(c.req.raw, c.req.param('service'), c.req.param('user'));
  return c.json(await c.env.GATE?.check(request));
});
/** What a Worker does that leaves its rate limit to Cloudflare, and nothing else. */
app.get('/ratelimits/:user', async (c) => {
  const outcome = await c.env.LIMIT?.limit({ key: c.req.param('user') });
  return c.json(outcome?.success ? c.env.ANSWER : { ...c.env.ANSWER, allow: false });
});
app.get('/limited/:service/:user', async (c) => {
  const { limiter, takeMany } = gateOf(c.env);
  const budget = {
    key: `${c.req.param('service')}:${c.req.param('user')}`,
    policy: { name: 'gate', limit: 1_000_000, windowSeconds: 86_400 },
  };
  const { allowed } = await limiter.take({ takeMany, later: (work) => c.executionCtx.waitUntil(work) }, budget);
  return c.json(allowed ? c.env.ANSWER : { ...c.env.ANSWER, allow: false });
});

export default app;
