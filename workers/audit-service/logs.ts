import { createRoute, z } from '@hono/zod-openapi';
import { listLogs, readLog } from '../../domain/audit/read-logs.ts';
import { auditLogQuery } from '../../domain/audit/schema.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { secured } from '../route.ts';

const summary = z
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
  })
  .openapi('AuditLogSummary');

const detail = summary.extend({ sessionId: z.string(), before: z.unknown(), after: z.unknown() }).openapi('AuditLog');

const listRoute = createRoute({
  ...secured('audit.logs.read', 'Audit records, newest first'),
  method: 'get',
  path: '/v1/audit/logs',
  tags: ['audit'],
  description: 'Without from and to the last 30 days up to now are searched; the answer states the range.',
  request: { query: auditLogQuery },
  responses: {
    200: {
      description: 'One page. States are left out; read them with the record.',
      content: {
        'application/json': {
          schema: z
            .object({
              items: z.array(summary),
              nextCursor: z.string().nullable(),
              range: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
            })
            .openapi('AuditLogPage'),
        },
      },
    },
    ...problems('malformed_request', 'invalid_field'),
  },
});

const readRoute = createRoute({
  ...secured('audit.logs.read', 'One audit record with its states before and after'),
  method: 'get',
  path: '/v1/audit/logs/{id}',
  tags: ['audit'],
  request: { params: z.object({ id: idParam('id') }) },
  responses: {
    200: { description: 'The record.', content: { 'application/json': { schema: detail } } },
    ...problems(),
  },
});

export function mountAuditLogs(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listLogs(callerContext(c), c.req.valid('query')), 200));
  app.openapi(readRoute, async (c) => c.json(await readLog(callerContext(c), c.req.valid('param').id), 200));
}
