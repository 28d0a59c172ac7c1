import { createRoute, z } from '@hono/zod-openapi';
import { listLogs, readLog } from '../../domain/audit/read-logs.ts';
import { auditLogQuery, volumeQuery } from '../../domain/audit/schema.ts';
import { readVolume } from '../../domain/audit/volume.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { json, pageOf, secured } from '../route.ts';

export const summary = z
  .object({
    id: z.guid(),
    timestamp: z.iso.datetime(),
    actorId: z.guid(),
    actorEmail: z.string(),
    actorRole: z.string(),
    action: z.string(),
    resource: z.string(),
    resourceId: z.string(),
    serviceId: z.guid().nullable(),
    outcome: z.string(),
    reason: z.string(),
    ipAddress: z.string(),
    requestId: z.string(),
    traceId: z.string(),
    sessionId: z.string(),
  })
  .openapi('AuditLogSummary');

const change = z
  .object({
    path: z.string().openapi({ description: 'JSON Pointer (RFC 6901)', example: '/rateLimitRequests' }),
    kind: z.enum(['added', 'removed', 'changed']),
    before: z.unknown(),
    after: z.unknown(),
  })
  .openapi('AuditLogChange');

const detail = summary
  .extend({
    before: z.unknown(),
    after: z.unknown(),
    changes: z.array(change).openapi({ description: 'What makes `after` out of `before`; at most 200' }),
    changesTruncated: z.boolean().openapi({ description: 'There are more changes than are listed' }),
  })
  .openapi('AuditLog');

const range = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
const tags = ['audit'];
const path = '/v1/audit/logs';
const FILTERS = `Without \`from\` the 30 days before \`to\` are searched, without \`to\` those up to now; the answer states the range.
\`action\` is an action or the beginning of some (\`service.*\`); \`actorEmail\` counts whatever its case; all words of \`q\` must
occur in the states or the reason. Those that begin with \`not\` leave records out; each may be given up to 20 times. An auditor of some services finds the records of these only.`;

const listRoute = createRoute({
  ...secured('audit.logs.read', 'Audit records, newest first'),
  method: 'get',
  path,
  tags,
  description: FILTERS,
  request: { query: auditLogQuery },
  responses: {
    200: json(
      'One page. States are left out; read them with the record.',
      pageOf(summary).extend({ range }).openapi('AuditLogPage'),
    ),
    ...problems('malformed_request', 'invalid_field'),
  },
});

const histogramRoute = createRoute({
  ...secured('audit.logs.read', 'Audit records counted over time'),
  method: 'get',
  path: `${path}/histogram`,
  tags,
  description: `${FILTERS}\n\nBuckets are UTC, weeks begin on Mondays; \`interval=auto\` makes about 60 of them.`,
  request: { query: volumeQuery },
  responses: {
    200: json(
      'Every bucket of the range in order, also the empty ones.',
      z
        .object({
          range,
          bucketSeconds: z.int(),
          total: z.int(),
          buckets: z.array(
            z.object({
              start: z.iso.datetime(),
              count: z.int(),
              outcomes: z.object({ success: z.int(), denied: z.int(), failure: z.int() }),
            }),
          ),
        })
        .openapi('AuditLogHistogram'),
    ),
    ...problems('malformed_request', 'invalid_field'),
  },
});

const readRoute = createRoute({
  ...secured('audit.logs.read', 'One audit record with its states before and after, and what differs'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params: z.object({ id: idParam('id') }) },
  responses: { 200: json('The record.', detail), ...problems() },
});

export function mountAuditLogs(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listLogs(callerContext(c), c.get('standing'), c.req.valid('query')), 200),
  );
  // Before the route with an id, which would take its name for one.
  app.openapi(histogramRoute, async (c) =>
    c.json(await readVolume(callerContext(c), c.get('standing'), c.req.valid('query')), 200),
  );
  app.openapi(readRoute, async (c) =>
    c.json(await readLog(callerContext(c), c.get('standing'), c.req.valid('param').id), 200),
  );
}
