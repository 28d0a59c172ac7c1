import { createRoute, z } from '@hono/zod-openapi';
import { observe } from '../../domain/observability/observed-reads.ts';
import { readStatus } from '../../domain/observability/read-status.ts';
import { RULE_NAMES } from '../../domain/observability/rules.ts';
import { STATUSES } from '../../domain/observability/status.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { securedRaw } from '../route.ts';
import { componentSchema } from './health.ts';
import { statusPage } from './status-page.ts';

const share = z.number().min(0).max(1).nullable();

const status = z
  .object({
    status: z.enum(STATUSES),
    checkedAt: z.iso.datetime().nullable().openapi({ description: 'The clock’s last look; there is one a minute' }),
    isStale: z.boolean().openapi({ description: 'The clock has stood still for minutes: nobody knows how things are' }),
    components: z.array(
      componentSchema.extend({
        uptime: share.openapi({ description: 'Of 90 days: the share of looks that found it answering' }),
        days: z.array(z.object({ day: z.iso.date(), uptime: share, ok: z.int(), degraded: z.int(), down: z.int() })),
      }),
    ),
    incidents: z
      .array(
        z.object({
          id: z.guid(),
          rule: z.enum(RULE_NAMES),
          subject: z.string().openapi({ description: 'A component or a queue; empty: everything' }),
          title: z.string(),
          severity: z.enum(['warning', 'critical']),
          says: z.string(),
          openedAt: z.iso.datetime(),
          closedAt: z.iso.datetime().nullable(),
        }),
      )
      .openapi({ description: 'All that are open, and the last 50 that were; newest first' }),
  })
  .openapi('SystemStatus');

const getStatus = createRoute({
  ...securedRaw('observability.status.read', 'How Steward is and was: components, incidents, 90 days'),
  method: 'get',
  path: '/v1/observability/status',
  request: { query: z.strictObject({}) },
  tags: ['observability'],
  description: 'JSON, or a page for people where `Accept` prefers text/html. Days are UTC.',
  responses: {
    200: {
      description: 'The status.',
      content: { 'application/json': { schema: status }, 'text/html': { schema: z.string() } },
    },
    ...problems(),
  },
});

const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  Vary: 'Accept',
};

export function mountStatus(app: App): void {
  app.openapi(getStatus, async (c) => {
    await observe(callerContext(c), c.get('standing'), 'observability.status.read');
    const view = await readStatus(c.get('ctx'));
    // Browsers name HTML first; nobody else does.
    if (!/^\s*text\/html\b/.test(c.req.header('accept') ?? '')) return c.json(view, 200, { Vary: 'Accept' });
    return c.body(String(await statusPage(view)), 200, PAGE_HEADERS) as never;
  });
}
