import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Context, Entry } from '../../domain/context.ts';
import { QUIET } from '../../domain/log-testing.ts';
import { UNMEASURED } from '../../domain/observability/meter-testing.ts';
import type { HttpEnv } from '../http.ts';
import { toProblem } from '../problem.ts';
import { guard } from './guard.ts';

const LIMIT = { name: 'admin', limit: 2, windowSeconds: 60 };

/** An app behind a guard that answers as told; counts what gets through. */
function guarded(enter: () => Promise<Entry>) {
  const app = new Hono<HttpEnv>();
  const seen = { handled: 0 };
  app.onError(toProblem);
  app.use(async (c, next) => {
    c.set('caller', { subject: 'a', sessionId: 's', issuedAt: 0, expiresAt: 9 });
    c.set('log', QUIET);
    c.set('ctx', { guards: { enter }, log: QUIET, meter: UNMEASURED } as unknown as Context);
    await next();
  });
  app.use(guard(() => LIMIT));
  app.all('/', (c) => {
    seen.handled++;
    return c.json(c.get('entry'));
  });
  return { app, seen };
}

const entry = (granted: number): Entry => ({
  permits: { granted, remaining: 0, endsInMs: 30_000 },
  known: null,
  stale: null,
  ticket: 't',
});

describe('guard', () => {
  it('refuses everybody while the guard object cannot be reached', async () => {
    const failures = [
      new Error('Network connection lost.'),
      Object.assign(new Error('overloaded'), { overloaded: true }),
      'x',
    ];
    for (const failure of failures)
      for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
        const { app, seen } = guarded(() => Promise.reject(failure));
        const response = await app.request('/', { method });
        expect([response.status, ((await response.json()) as { code: string }).code, seen.handled]).toEqual([
          503,
          'dependency_unavailable',
          0,
        ]);
        expect(response.headers.get('retry-after')).not.toBeNull();
      }
    console.log(`guard unreachable: tried ${failures.length * 4}, let through 0`);
  });

  it('counts with the same call and says so', async () => {
    const passing = await guarded(() => Promise.resolve(entry(1))).app.request('/');
    expect([passing.status, passing.headers.get('ratelimit')]).toEqual([200, '"admin";r=0;t=30']);
    const { app, seen } = guarded(() => Promise.resolve(entry(0)));
    const refused = await app.request('/');
    expect([refused.status, refused.headers.get('retry-after'), seen.handled]).toEqual([429, '30', 0]);
  });
});
