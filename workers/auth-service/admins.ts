import { createRoute, z } from '@hono/zod-openapi';
import {
  adminPatch,
  createAdmin,
  listAdmins,
  newAdmin,
  readAdmin,
  removeAdmin,
  updateAdmin,
} from '../../domain/access/admins.ts';
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
    subject: z.string(),
    email: z.string(),
    name: z.string(),
    status: z.enum(['active', 'locked', 'removed']),
    sessionsNotBefore: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('Admin');

const tags = ['access'];
const path = '/v1/admin/admins';
const onePath = `${path}/{adminId}`;
const params = z.object({ adminId: idParam('adminId') });
const one = json('The admin; ETag is its version.', view);

const listRoute = createRoute({
  ...secured('admin.list', 'Admins, by e-mail address'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({
      search: z.string().min(1).max(200).optional().openapi({ description: 'Part of a name or e-mail address' }),
      status: z.enum(['active', 'locked', 'removed']).optional(),
    }),
  },
  responses: { 200: json('One page.', pageOf(view).openapi('AdminPage')), ...problems('malformed_request') },
});

const postRoute = createRoute({
  ...secured('admin.create', 'Add an admin: whoever signs in with this subject'),
  method: 'post',
  path,
  tags,
  request: { headers: createHeaders, body: body(newAdmin) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const getRoute = createRoute({
  ...secured('admin.read', 'Read an admin'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const patchRoute = createRoute({
  ...secured('admin.update', 'Change, lock or unlock an admin'),
  description: 'Locking ends all that the admin may do with the next request. The last active owner cannot be locked.',
  method: 'patch',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders, body: body(adminPatch) },
  responses: {
    200: one,
    ...problems('malformed_request', 'conflict', 'stale_version', 'unsupported_media_type', 'invalid_field'),
  },
});

const deleteRoute = createRoute({
  ...secured('admin.delete', 'Remove an admin'),
  description:
    'It can do nothing from the next request on; its history stays, and PATCH {"status":"active"} brings it back.',
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 200: one, ...problems('malformed_request', 'conflict', 'stale_version') },
});

export function mountAdmins(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listAdmins(callerContext(c), c.req.valid('query')), 200));
  app.openapi(postRoute, async (c) => {
    const made = await createAdmin(callerContext(c), c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `${path}/${made.id}` });
  });
  app.openapi(getRoute, async (c) =>
    c.json(tagged(c, await readAdmin(callerContext(c), c.req.valid('param').adminId)), 200),
  );
  app.openapi(patchRoute, async (c) => {
    const { adminId } = c.req.valid('param');
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateAdmin(callerContext(c), adminId, c.req.valid('json'), changes)), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const { adminId } = c.req.valid('param');
    return c.json(tagged(c, await removeAdmin(callerContext(c), adminId, replacement(c.req.valid('header')))), 200);
  });
}
