import { createRoute, z } from '@hono/zod-openapi';
import {
  createService,
  listServices,
  newService,
  readService,
  servicePatch,
  setArchived,
  updateService,
} from '../../domain/services/services.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
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
  securedRaw,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    archivedAt: z.iso.datetime().nullable(),
    version: z.int(),
  })
  .openapi('Service');

const tags = ['services'];
const path = '/v1/admin/services';
const onePath = `${path}/{id}`;
const one = json('The service; ETag is its version.', view);

const listRoute = createRoute({
  ...secured('service.list', 'Services the caller may see, by slug'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({
      search: z.string().min(1).max(200).optional().openapi({ description: 'Part of a name or slug' }),
      archived: z.enum(['true', 'false', 'any']).default('false'),
    }),
  },
  responses: { 200: json('One page.', pageOf(view).openapi('ServicePage')), ...problems('malformed_request') },
});

const createOne = createRoute({
  ...secured('service.create', 'Create a service with the default configuration'),
  method: 'post',
  path,
  tags,
  request: { headers: createHeaders, body: body(newService) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const readRoute = createRoute({
  ...secured('service.read', 'Read a service'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const patchRoute = createRoute({
  ...secured('service.update', 'Change a service’s slug, name or description'),
  method: 'patch',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders, body: body(servicePatch) },
  responses: {
    200: one,
    ...problems('malformed_request', 'conflict', 'stale_version', 'unsupported_media_type', 'invalid_field'),
  },
});

const archiveRoute = createRoute({
  ...secured('service.delete', 'Archive a service; it can be restored'),
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 200: one, ...problems('malformed_request', 'stale_version') },
});

const restoreRoute = createRoute({
  ...securedRaw('service.restore', 'Restore an archived service'),
  method: 'post',
  path: `${onePath}/restore`,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 200: one, ...problems('malformed_request', 'stale_version') },
});

export function mountServices(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listServices(callerContext(c), c.req.valid('query')), 200));
  app.openapi(createOne, async (c) => {
    const made = await createService(callerContext(c), c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `${path}/${made.id}` });
  });
  app.openapi(readRoute, async (c) => {
    const service = await readService(callerContext(c), c.req.valid('param').id);
    return c.json(tagged(c, service), 200);
  });
  app.openapi(patchRoute, async (c) => {
    const { id } = c.req.valid('param');
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateService(callerContext(c), id, c.req.valid('json'), changes)), 200);
  });
  app.openapi(archiveRoute, async (c) => {
    const { id } = c.req.valid('param');
    const archived = await setArchived(callerContext(c), id, true, replacement(c.req.valid('header')));
    return c.json(tagged(c, archived), 200);
  });
  app.openapi(restoreRoute, async (c) => {
    const { id } = c.req.valid('param');
    const restored = await setArchived(callerContext(c), id, false, replacement(c.req.valid('header')));
    return c.json(tagged(c, restored), 200);
  });
}
