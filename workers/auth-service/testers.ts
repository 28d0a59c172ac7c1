import { createRoute, z } from '@hono/zod-openapi';
import {
  addTesterAdmin,
  addTesterUser,
  listTesterAdmins,
  listTesterUsers,
  newTesterAdmin,
  newTesterUser,
  removeTesterAdmin,
  removeTesterUser,
} from '../../domain/services/testers.ts';
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
  serviceParams as params,
  replacement,
  secured,
  tagged,
} from '../route.ts';

const common = {
  expiresAt: z.iso.datetime().nullable(),
  expired: z.boolean().openapi({ description: 'Counts no more; of the moment of the answer' }),
  note: z.string().nullable(),
  createdBy: z.guid(),
  createdAt: z.iso.datetime(),
  version: z.int(),
};

const userView = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    userId: z.guid(),
    bypassDomain: z.boolean(),
    bypassIP: z.boolean(),
    bypassRateLimit: z.boolean(),
    ...common,
  })
  .openapi('ServiceTesterUser');

const adminView = z
  .object({ id: z.guid(), serviceId: z.guid(), adminId: z.guid(), email: z.string(), ...common })
  .openapi('ServiceTesterAdmin');

const tags = ['testers'];
const usersPath = '/v1/admin/services/{id}/testers/users';
const adminsPath = '/v1/admin/services/{id}/testers/admins';
const made = problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field');
const removed = { 204: { description: 'Removed.' }, ...problems('malformed_request', 'stale_version') };
const replaces = 'An expired entry is replaced; one that has not expired must be removed first.';

const listUsers = createRoute({
  ...secured('service.tester-user.list', 'Users who pass some of a service’s checks'),
  method: 'get',
  path: usersPath,
  tags,
  request: { params, query: pageQuery },
  responses: {
    200: json('One page.', pageOf(userView).openapi('ServiceTesterUserPage')),
    ...problems('malformed_request'),
  },
});

const addUser = createRoute({
  ...secured('service.tester-user.create', 'Make a user a tester'),
  method: 'post',
  path: usersPath,
  tags,
  description: replaces,
  request: { params, headers: createHeaders, body: body(newTesterUser) },
  responses: { 201: json('The tester.', userView), ...made },
});

const removeUser = createRoute({
  ...secured('service.tester-user.delete', 'Make a user a tester no more'),
  method: 'delete',
  path: `${usersPath}/{userId}`,
  tags,
  request: { params: params.extend({ userId: idParam('userId') }), headers: changeHeaders },
  responses: removed,
});

const listAdmins = createRoute({
  ...secured('service.tester-admin.list', 'Admins who pass a service’s maintenance mode'),
  method: 'get',
  path: adminsPath,
  tags,
  request: { params, query: pageQuery },
  responses: {
    200: json('One page.', pageOf(adminView).openapi('ServiceTesterAdminPage')),
    ...problems('malformed_request'),
  },
});

const addAdmin = createRoute({
  ...secured('service.tester-admin.create', 'Make an admin a tester'),
  method: 'post',
  path: adminsPath,
  tags,
  description: replaces,
  request: { params, headers: createHeaders, body: body(newTesterAdmin) },
  responses: { 201: json('The tester.', adminView), ...made },
});

const removeAdmin = createRoute({
  ...secured('service.tester-admin.delete', 'Make an admin a tester no more'),
  method: 'delete',
  path: `${adminsPath}/{adminId}`,
  tags,
  request: { params: params.extend({ adminId: idParam('adminId') }), headers: changeHeaders },
  responses: removed,
});

export function mountTesters(app: App): void {
  app.openapi(listUsers, async (c) =>
    c.json(await listTesterUsers(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(addUser, async (c) => {
    const { id } = c.req.valid('param');
    const tester = await addTesterUser(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    const Location = `/v1/admin/services/${id}/testers/users/${tester.userId}`;
    return c.json(tagged(c, tester), 201, { Location });
  });
  app.openapi(removeUser, async (c) => {
    const { id, userId } = c.req.valid('param');
    await removeTesterUser(callerContext(c), id, userId, replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
  app.openapi(listAdmins, async (c) =>
    c.json(await listTesterAdmins(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(addAdmin, async (c) => {
    const { id } = c.req.valid('param');
    const tester = await addTesterAdmin(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    const Location = `/v1/admin/services/${id}/testers/admins/${tester.adminId}`;
    return c.json(tagged(c, tester), 201, { Location });
  });
  app.openapi(removeAdmin, async (c) => {
    const { id, adminId } = c.req.valid('param');
    await removeTesterAdmin(callerContext(c), id, adminId, replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
