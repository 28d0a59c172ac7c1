import { createRoute, z } from '@hono/zod-openapi';
import { listSessions, revokeSession } from '../../domain/access/sessions.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, pageOf, pageQuery, reasonHeader, secured } from '../route.ts';

export const sessionView = z
  .object({
    id: z.string(),
    adminId: z.guid(),
    email: z.string(),
    kind: z.enum(['token', 'browser']),
    ipAddress: z.string().openapi({ description: 'Anonymised: IPv4 /24, IPv6 /48' }),
    userAgent: z.string(),
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .openapi('Session');

export const sessionParams = z.object({
  sessionId: z
    .string()
    .min(1)
    .max(200)
    .openapi({ param: { name: 'sessionId', in: 'path' } }),
});

const tags = ['access'];
const path = '/v1/admin/sessions';

const listRoute = createRoute({
  ...secured('session.list', 'Sign-in sessions, newest first'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({ adminId: z.guid().optional(), alive: z.enum(['true', 'false']).optional() }),
  },
  responses: { 200: json('One page.', pageOf(sessionView).openapi('SessionPage')), ...problems('malformed_request') },
});

const deleteRoute = createRoute({
  ...secured('session.revoke', 'End a session: refused everywhere from its next request on'),
  method: 'delete',
  path: `${path}/{sessionId}`,
  tags,
  request: {
    params: sessionParams,
    headers: reasonHeader,
  },
  responses: { 200: json('The session; one that had ended already stays as it was.', sessionView), ...problems() },
});

export function mountSessions(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listSessions(callerContext(c), c.req.valid('query')), 200));
  app.openapi(deleteRoute, async (c) => {
    const { sessionId } = c.req.valid('param');
    const reason = c.req.valid('header')['audit-reason'] ?? '';
    return c.json(await revokeSession(callerContext(c), sessionId, reason), 200);
  });
}
