import { createRoute, z } from '@hono/zod-openapi';
import { listOwnSessions, revokeOwnSession, signOutEverywhere } from '../../domain/access/sessions.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, pageOf, pageQuery, reasonHeader, secured, securedRaw } from '../route.ts';
import { sessionParams, sessionView } from './sessions.ts';

const tags = ['access'];
const path = '/v1/admin/me/sessions';

const listRoute = createRoute({
  ...secured('me.session.list', 'The caller’s own sessions, newest first'),
  method: 'get',
  path,
  tags,
  request: { query: pageQuery.extend({ alive: z.enum(['true', 'false']).optional() }) },
  responses: { 200: json('One page.', pageOf(sessionView).openapi('SessionPage')), ...problems('malformed_request') },
});

const deleteRoute = createRoute({
  ...secured('me.session.revoke', 'End a session of the caller’s own: refused everywhere from its next request on'),
  method: 'delete',
  path: `${path}/{sessionId}`,
  tags,
  request: { params: sessionParams, headers: reasonHeader },
  responses: { 200: json('The session; one that had ended already stays as it was.', sessionView), ...problems() },
});

const everywhere = z
  .object({
    ended: z.int().openapi({ description: 'Sessions that were alive, this one among them' }),
    since: z.iso
      .datetime()
      .openapi({ description: 'Tokens issued before are refused, also those nobody has shown yet' }),
  })
  .openapi('SignedOutEverywhere');

const everywhereRoute = createRoute({
  ...securedRaw('me.sign-out-everywhere', 'End all sessions of the caller, this one too'),
  method: 'post',
  path: '/v1/admin/me/sign-out-everywhere',
  tags,
  description: 'The session that asks has ended by the answer: the same request again is answered with 401.',
  request: { headers: reasonHeader },
  responses: { 200: json('What has ended.', everywhere), ...problems() },
});

export function mountMySessions(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listOwnSessions(callerContext(c), c.req.valid('query')), 200));
  app.openapi(deleteRoute, async (c) => {
    const { sessionId } = c.req.valid('param');
    const reason = c.req.valid('header')['audit-reason'] ?? '';
    return c.json(await revokeOwnSession(callerContext(c), sessionId, reason), 200);
  });
  app.openapi(everywhereRoute, async (c) => {
    const reason = c.req.valid('header')['audit-reason'] ?? '';
    return c.json(await signOutEverywhere(callerContext(c), reason), 200);
  });
}
