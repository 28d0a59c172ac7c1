import { createRoute, z } from '@hono/zod-openapi';
import {
  createRole,
  listRoles,
  newRole,
  readRole,
  removeRole,
  rolePatch,
  updateRole,
} from '../../domain/access/roles.ts';
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
    name: z.string(),
    description: z.string().nullable(),
    permissions: z.array(z.string()),
    rank: z.int(),
    builtIn: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('Role');

const tags = ['access'];
const path = '/v1/admin/roles';
const onePath = `${path}/{roleId}`;
const params = z.object({ roleId: idParam('roleId') });
const one = json('The role; ETag is its version.', view);

const listRoute = createRoute({
  ...secured('role.list', 'Roles, the strongest first'),
  method: 'get',
  path,
  tags,
  request: { query: pageQuery },
  responses: { 200: json('One page.', pageOf(view).openapi('RolePage')), ...problems('malformed_request') },
});

const postRoute = createRoute({
  ...secured('role.create', 'Create a role'),
  description: 'It may hold only permissions that the caller holds everywhere; an owner may give all of them.',
  method: 'post',
  path,
  tags,
  request: { headers: createHeaders, body: body(newRole) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const getRoute = createRoute({
  ...secured('role.read', 'Read a role'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const patchRoute = createRoute({
  ...secured('role.update', 'Change a role'),
  description: 'Counts for everybody who holds it from the next request on. Built-in roles do not change.',
  method: 'patch',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders, body: body(rolePatch) },
  responses: {
    200: one,
    ...problems('malformed_request', 'conflict', 'stale_version', 'unsupported_media_type', 'invalid_field'),
  },
});

const deleteRoute = createRoute({
  ...secured('role.delete', 'Remove a role that nobody holds'),
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'It is gone.' }, ...problems('malformed_request', 'conflict', 'stale_version') },
});

export function mountRoles(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listRoles(callerContext(c), c.req.valid('query')), 200));
  app.openapi(postRoute, async (c) => {
    const made = await createRole(callerContext(c), c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `${path}/${made.id}` });
  });
  app.openapi(getRoute, async (c) =>
    c.json(tagged(c, await readRole(callerContext(c), c.req.valid('param').roleId)), 200),
  );
  app.openapi(patchRoute, async (c) => {
    const { roleId } = c.req.valid('param');
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateRole(callerContext(c), roleId, c.req.valid('json'), changes)), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const { roleId } = c.req.valid('param');
    await removeRole(callerContext(c), roleId, replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
