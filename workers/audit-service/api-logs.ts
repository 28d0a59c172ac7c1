import { createRoute, z } from '@hono/zod-openapi';
import { apiLogQuery } from '../../domain/audit/api-log-schema.ts';
import { listCalls, readCall } from '../../domain/audit/api-logs.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { json, pageOf, secured } from '../route.ts';

export const apiLogSummary = z
  .object({
    id: z.guid(),
    timestamp: z.iso.datetime(),
    endpoint: z.string().openapi({ description: 'The route’s template, such as /v1/admin/services/:id/config' }),
    method: z.string(),
    status: z.int(),
    durationMs: z.int(),
    errorCode: z.string().nullable().openapi({ description: '`code` of the problem that was answered' }),
    actorId: z.guid(),
    actorEmail: z.string(),
    actorRole: z.string(),
    serviceId: z.guid().nullable(),
    sessionId: z.string(),
    requestId: z.string(),
    traceId: z.string(),
    spanId: z.string(),
    ipAddress: z.string().openapi({ description: 'Anonymised: IPv4 /24, IPv6 /48' }),
    userAgent: z.string(),
  })
  .openapi('ApiLogSummary');

const kept = z
  .string()
  .nullable()
  .openapi({ description: 'Redacted, cut where it was long; null where none was kept' });
const detail = apiLogSummary.extend({ requestBody: kept, responseBody: kept }).openapi('ApiLog');

const range = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
const tags = ['audit'];
const path = '/v1/audit/api-logs';

const listRoute = createRoute({
  ...secured('audit.api-logs.read', 'Admin API calls, newest first'),
  method: 'get',
  path,
  tags,
  description: 'Without from and to the last 30 days up to now are searched; the answer states the range.',
  request: { query: apiLogQuery },
  responses: {
    200: json(
      'One page. Bodies are left out; read them with the call.',
      pageOf(apiLogSummary).extend({ range }).openapi('ApiLogPage'),
    ),
    ...problems('malformed_request', 'invalid_field'),
  },
});

const readRoute = createRoute({
  ...secured('audit.api-logs.read', 'One admin API call with what was kept of its bodies'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params: z.object({ id: idParam('id') }) },
  responses: { 200: json('The call.', detail), ...problems() },
});

export function mountApiLogs(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listCalls(callerContext(c), c.get('standing'), c.req.valid('query')), 200),
  );
  app.openapi(readRoute, async (c) =>
    c.json(await readCall(callerContext(c), c.get('standing'), c.req.valid('param').id), 200),
  );
}
