import { createRoute, z } from '@hono/zod-openapi';
import { followExport } from '../../domain/exports/follow-export.ts';
import { eventStream } from '../event-stream.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { secured } from '../route.ts';

const route = createRoute({
  ...secured('export.read', 'An export’s progress as server-sent events'),
  method: 'get',
  path: '/v1/admin/exports/{id}/events',
  tags: ['exports'],
  description:
    'An event `progress` at once and whenever something has changed, at most four a second, each with the whole state: ' +
    'status, phase, rowsDone, rowsExpected, percent, rowsPerSecond, etaSeconds, bytesDone, failureReason. ' +
    'The stream ends with an event `end` when the export has ended (data: its status) or when the session or the permission has ' +
    '(data: a code), and without one after 15 minutes (connect again). At most 5 at once.',
  request: { params: z.object({ id: idParam('id') }), query: z.strictObject({}) },
  responses: {
    200: {
      description: 'The stream.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems('malformed_request', 'rate_limited'),
  },
});

export function mountExportEvents(app: App): void {
  app.openapi(route, async (c) => {
    const ctx = callerContext(c);
    const gone = new AbortController();
    const events = await followExport(ctx, c.req.valid('param').id, gone.signal);
    return eventStream(c, events, (bytes) => bytes, gone);
  });
}
