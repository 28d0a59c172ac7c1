import { createRoute, z } from '@hono/zod-openapi';
import { sessionQuery, timelineQuery } from '../../domain/audit/session-schema.ts';
import { readTimeline } from '../../domain/audit/session-timeline.ts';
import { listSessions } from '../../domain/audit/sessions.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, pageOf, secured } from '../route.ts';
import { apiLogSummary } from './api-logs.ts';
import { summary as auditLogSummary } from './logs.ts';
import { uiEvent } from './ui-events.ts';

const session = z
  .object({
    id: z.string(),
    actorId: z.guid(),
    actorEmail: z.string(),
    actorRole: z.string(),
    kind: z.enum(['browser', 'token']).nullable().openapi({ description: 'null where it is not known' }),
    startedAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    signedInAt: z.iso.datetime().nullable().openapi({
      description:
        'Of a browser’s session. This, endedAt and end are null to who may read the records of some services only',
    }),
    endedAt: z.iso.datetime().nullable(),
    end: z.enum(['signed-out', 'revoked']).nullable(),
    ipAddress: z.string().openapi({ description: 'Anonymised: IPv4 /24, IPv6 /48' }),
    userAgent: z.string(),
    counts: z.object({
      uiEvents: z.int(),
      apiCalls: z.int(),
      apiErrors: z.int().openapi({ description: 'Calls that were answered 400 or above' }),
      auditRecords: z.int(),
      changes: z.int(),
      denials: z.int(),
    }),
  })
  .openapi('AuditSession');

const item = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('ui-event'), attestedBy: z.literal('client'), entry: uiEvent }),
    z.object({ kind: z.literal('api-call'), attestedBy: z.literal('server'), entry: apiLogSummary }),
    z.object({ kind: z.literal('audit'), attestedBy: z.literal('server'), entry: auditLogSummary }),
  ])
  .openapi('TimelineItem', { description: '`attestedBy`: a UI event is what the browser said, all else what we saw' });

const range = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
const tags = ['audit'];
const path = '/v1/audit/sessions';

const listRoute = createRoute({
  ...secured('audit.sessions.read', 'Sessions with what happened in them counted, newest first'),
  method: 'get',
  path,
  tags,
  description:
    'By when they began. Without from and to those of the last 30 days are searched; the answer states the range. With serviceId, times and counts are of what is about that service.',
  request: { query: sessionQuery },
  responses: {
    200: json('One page.', pageOf(session).extend({ range }).openapi('AuditSessionPage')),
    ...problems('malformed_request', 'invalid_field'),
  },
});

const timelineRoute = createRoute({
  ...secured('audit.sessions.read', 'What happened in one session, in order'),
  method: 'get',
  path: `${path}/{id}/timeline`,
  tags,
  request: {
    params: z.object({
      id: z
        .string()
        .min(1)
        .max(200)
        .openapi({ param: { name: 'id', in: 'path' } }),
    }),
    query: timelineQuery,
  },
  responses: {
    200: json(
      'The session, and one page: UI events, API calls and audit records, oldest first.',
      pageOf(item).extend({ session, range }).openapi('SessionTimeline'),
    ),
    ...problems('malformed_request'),
  },
});

export function mountAuditSessions(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listSessions(callerContext(c), c.get('standing'), c.req.valid('query')), 200),
  );
  app.openapi(timelineRoute, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await readTimeline(callerContext(c), c.get('standing'), id, c.req.valid('query')), 200);
  });
}
