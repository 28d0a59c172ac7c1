import { createRoute, z } from '@hono/zod-openapi';
import { isReady, readHealth } from '../../domain/observability/health.ts';
import { COMPONENTS } from '../../domain/observability/metrics.ts';
import { observe } from '../../domain/observability/observed-reads.ts';
import { HEALTH_ERRORS, STATUSES } from '../../domain/observability/status.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, securedRaw } from '../route.ts';

export const componentSchema = z.object({
  name: z.enum(COMPONENTS),
  status: z.enum(STATUSES),
  latencyMs: z.number().openapi({ description: 'Of the last look; a look ends after 1,000' }),
  since: z.iso.datetime().openapi({ description: 'Since when it has this status' }),
  lastError: z.object({ code: z.enum(HEALTH_ERRORS), at: z.iso.datetime() }).nullable(),
});

const channel = z.object({
  id: z.guid(),
  name: z.string(),
  type: z.enum(['webhook', 'email', 'slack']),
  status: z.enum(STATUSES).openapi({ description: 'degraded: failing; down: switched off for that' }),
  since: z.iso.datetime().nullable().openapi({ description: 'Of the failures it has now' }),
  lastErrorCode: z.string().nullable(),
  lastDeliveredAt: z.iso.datetime().nullable(),
});

const health = z
  .object({
    status: z.enum(STATUSES),
    checkedAt: z.iso.datetime(),
    components: z.array(componentSchema),
    channels: z.array(channel).nullable(),
  })
  .openapi('SystemHealth');

const getHealth = createRoute({
  ...securedRaw('system.health.read', 'How Steward and all it depends on are'),
  method: 'get',
  path: '/v1/system/health',
  request: { query: z.strictObject({}) },
  tags: ['observability'],
  description:
    'All components are looked at together, each for a second at most; looks are shared for five seconds, unless it is set otherwise, and while somebody looks again the last one is answered. Postgres is not needed for the answer.',
  responses: { 200: json('The worst of them, and each.', health), ...problems() },
});

/** For load balancers and such: nothing but whether. */
export function mountProbes(app: App): void {
  app.get('/v1/health/live', (c) => c.json({ status: 'ok' }));
  app.get('/v1/health/ready', async (c) =>
    (await isReady(c.get('ctx'))) ? c.json({ status: 'ok' }) : c.json({ status: 'unavailable' }, 503),
  );
}

export function mountHealth(app: App): void {
  app.openapi(getHealth, async (c) => {
    await observe(callerContext(c), c.get('standing'), 'system.health.read');
    return c.json(await readHealth(c.get('ctx')), 200);
  });
}
