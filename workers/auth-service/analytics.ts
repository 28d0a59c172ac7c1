import { createRoute, z } from '@hono/zod-openapi';
import { auditLevelOf } from '../../domain/gate/check.ts';
import { readAnalytics } from '../../domain/services/analytics.ts';
import { analyticsQuery } from '../../domain/services/analytics-schema.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, serviceParams as params, secured } from '../route.ts';

const count = z.int().nullable();
const figures = z.object({
  requests: count,
  clientErrors: count.openapi({ description: 'Answered with 400 to 499' }),
  serverErrors: count.openapi({ description: 'Answered with 500 and above' }),
  latencyMs: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number() })
    .nullable()
    .openapi({ description: 'Each within 1 % of the true quantile; null without requests' }),
  activeAdmins: count.openapi({ description: 'How many different admins made these requests' }),
});
const outcomes = z.object({ success: z.int(), denied: z.int(), failure: z.int() });

const answer = z
  .object({
    serviceId: z.guid(),
    range: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
    interval: z.enum(['hour', 'day']),
    requestsCollected: z.boolean(),
    series: z.array(figures.extend({ start: z.iso.datetime() })),
    totals: figures,
    topActions: z.array(z.object({ action: z.string(), outcomes })),
  })
  .openapi('ServiceAnalytics');

const getAnalytics = createRoute({
  ...secured('analytics.read', 'Figures of a service: its admin API requests, active admins and most frequent actions'),
  method: 'get',
  path: '/v1/admin/services/{id}/analytics',
  tags: ['services'],
  description:
    `Counts only, nothing that names anybody. Without from and to the last 7 days up to now are searched; the answer
states the range: whole buckets in UTC, at most 1,000, every one of them in the series. Figures are kept for three years and are
some seconds behind. A service with the audit level MINIMAL has no API logs: requestsCollected is false, and what was not
collected is null instead of 0. Actions are counted at every level.`.replaceAll('\n', ' '),
  request: { params, query: analyticsQuery },
  responses: { 200: json('The figures.', answer), ...problems('malformed_request', 'invalid_field') },
});

export function mountAnalytics(app: App): void {
  app.openapi(getAnalytics, async (c) => {
    const ctx = callerContext(c);
    const { id } = c.req.valid('param');
    const auditLevel = await auditLevelOf(ctx, c.env.runtime.gate, id);
    if (auditLevel) c.set('auditLevel', auditLevel);
    return c.json(await readAnalytics(ctx, id, auditLevel, c.req.valid('query')), 200);
  });
}
