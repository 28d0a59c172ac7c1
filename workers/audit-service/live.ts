import { createRoute, z } from '@hono/zod-openapi';
import { type LiveEvent, openLive } from '../../domain/audit/live-logs.ts';
import { liveQuery } from '../../domain/audit/schema.ts';
import { eventStream } from '../event-stream.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { secured } from '../route.ts';

const route = createRoute({
  ...secured('audit.logs.read', 'New audit records as server-sent events'),
  method: 'get',
  path: '/v1/audit/live',
  tags: ['audit'],
  description:
    'Records from now on, as GET /v1/audit/logs lists them, in the order of their acceptance: each once, none left out, some seconds after they were made. ' +
    'An event `record` each; its id, sent back as Last-Event-ID, goes on after it. Events without data only move that id. ' +
    'The stream ends after 15 minutes (connect again), and with an event `end` when the session or the permission has ended. At most 5 at once.',
  request: { query: liveQuery, headers: z.object({ 'last-event-id': z.string().max(100).optional() }) },
  responses: {
    200: {
      description: 'The stream.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems('malformed_request', 'rate_limited'),
  },
});

/** The event stream format of the HTML standard, section 9.2.5. JSON text holds no line breaks. */
function frame(event: LiveEvent): string {
  if (event.kind === 'waiting') return ': waiting for the audit store\n\n';
  if (event.kind === 'position') return `id: ${event.id}\n\n`;
  return `id: ${event.id}\nevent: record\ndata: ${JSON.stringify(event.record)}\n\n`;
}

export function mountLive(app: App): void {
  app.openapi(route, async (c) => {
    const ctx = callerContext(c);
    const { 'last-event-id': lastEventId } = c.req.valid('header');
    const events = await openLive(ctx, c.get('standing'), c.req.valid('query'), lastEventId || null);
    const encoder = new TextEncoder();
    return eventStream(c, events, (batch) => encoder.encode(batch.map(frame).join('')));
  });
}
