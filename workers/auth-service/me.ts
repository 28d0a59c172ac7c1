import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, secured } from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    subject: z.string(),
    email: z.string(),
    name: z.string(),
    sessionId: z.string(),
    sessionExpiresAt: z.iso.datetime(),
    permissions: z.array(z.string()).openapi({ description: 'Held everywhere' }),
    grants: z.array(z.object({ serviceId: z.guid().nullable(), role: z.string(), permissions: z.array(z.string()) })),
  })
  .openapi('Me');

const getRoute = createRoute({
  ...secured('me.read', 'Who the caller is and what it may do'),
  method: 'get',
  path: '/v1/admin/me',
  tags: ['access'],
  responses: { 200: json('The caller.', view), ...problems() },
});

export function mountMe(app: App): void {
  app.openapi(getRoute, (c) => {
    const { adminId, email, name, grants } = c.get('standing');
    const { subject, sessionId, expiresAt } = c.get('caller');
    const everywhere = grants.filter(({ serviceId }) => serviceId === null).flatMap(({ permissions }) => permissions);
    return c.json(
      {
        id: adminId ?? '',
        subject,
        email,
        name,
        sessionId,
        sessionExpiresAt: new Date(expiresAt * 1000).toISOString(),
        permissions: [...new Set(everywhere)].toSorted(),
        grants: grants.map(({ serviceId, role, permissions }) => ({ serviceId, role, permissions: [...permissions] })),
      },
      200,
    );
  });
}
