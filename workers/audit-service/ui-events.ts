import { createRoute, z } from '@hono/zod-openapi';
import { uiEventQuery } from '../../domain/audit/ui-event-schema.ts';
import { listEvents, readEvent } from '../../domain/audit/ui-events.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { json, pageOf, secured } from '../route.ts';

export const uiEvent = z
  .object({
    id: z.guid(),
    timestamp: z.iso.datetime(),
    sessionId: z.string(),
    actorId: z.guid(),
    actorEmail: z.string(),
    actorRole: z.string(),
    eventType: z.string(),
    componentName: z.string(),
    pagePath: z.string(),
    properties: z.record(z.string(), z.unknown()),
    userAgent: z.string(),
    ipAddress: z.string().openapi({ description: 'Anonymised: IPv4 /24, IPv6 /48' }),
    serviceId: z.guid().nullable(),
    traceId: z.string(),
    spanId: z.string(),
  })
  .openapi('UiEvent');

const range = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
const tags = ['audit'];
const path = '/v1/audit/ui-events';

const listRoute = createRoute({
  ...secured('audit.ui-events.read', 'UI events, newest first'),
  method: 'get',
  path,
  tags,
  description:
    'What browsers said their admins did. Without from and to the last 30 days up to now are searched; the answer states the range.',
  request: { query: uiEventQuery },
  responses: {
    200: json('One page.', pageOf(uiEvent).extend({ range }).openapi('UiEventPage')),
    ...problems('malformed_request', 'invalid_field'),
  },
});

const readRoute = createRoute({
  ...secured('audit.ui-events.read', 'One UI event'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params: z.object({ id: idParam('id') }) },
  responses: { 200: json('The event.', uiEvent), ...problems() },
});

export function mountUiEvents(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listEvents(callerContext(c), c.get('standing'), c.req.valid('query')), 200),
  );
  app.openapi(readRoute, async (c) =>
    c.json(await readEvent(callerContext(c), c.get('standing'), c.req.valid('param').id), 200),
  );
}
