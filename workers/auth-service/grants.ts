import { createRoute, z } from '@hono/zod-openapi';
import { createGrant, listGrants, newGrant, readGrant, removeGrant } from '../../domain/access/grants.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import {
  body,
  changeHeaders,
  createHeaders,
  creation,
  json,
  pageOf,
  pageQuery,
  replacement,
  secured,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    adminId: z.guid(),
    roleId: z.guid(),
    serviceId: z.guid().nullable().openapi({ description: 'null = everywhere' }),
    createdBy: z.guid().nullable(),
    createdAt: z.iso.datetime(),
    version: z.int(),
    role: z.string(),
    email: z.string(),
  })
  .openapi('Grant');

const tags = ['access'];
const path = '/v1/admin/grants';
const onePath = `${path}/{grantId}`;
const params = z.object({ grantId: idParam('grantId') });
const one = json('The grant; ETag is its version.', view);

const listRoute = createRoute({
  ...secured('grant.list', 'Grants, the oldest first'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({
      adminId: z.guid().optional(),
      roleId: z.guid().optional(),
      serviceId: z.guid().optional(),
    }),
  },
  responses: { 200: json('One page.', pageOf(view).openapi('GrantPage')), ...problems('malformed_request') },
});

const postRoute = createRoute({
  ...secured('grant.create', 'Give an admin a role, everywhere or for one service'),
  description: 'Counts from the admin’s next request on. Only what the caller holds everywhere may be given.',
  method: 'post',
  path,
  tags,
  request: { headers: createHeaders, body: body(newGrant) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const getRoute = createRoute({
  ...secured('grant.read', 'Read a grant'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const deleteRoute = createRoute({
  ...secured('grant.delete', 'Take a role from an admin'),
  description: 'Counts from the admin’s next request on. The last active owner keeps its grant.',
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'It is gone.' }, ...problems('malformed_request', 'conflict', 'stale_version') },
});

export function mountGrants(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listGrants(callerContext(c), c.req.valid('query')), 200));
  app.openapi(postRoute, async (c) => {
    const made = await createGrant(callerContext(c), c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `${path}/${made.id}` });
  });
  app.openapi(getRoute, async (c) =>
    c.json(tagged(c, await readGrant(callerContext(c), c.req.valid('param').grantId)), 200),
  );
  app.openapi(deleteRoute, async (c) => {
    const { grantId } = c.req.valid('param');
    await removeGrant(callerContext(c), grantId, replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
