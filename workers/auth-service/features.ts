import { createRoute, z } from '@hono/zod-openapi';
import {
  addFeature,
  featurePatch,
  newFeature,
  readTree,
  removeFeature,
  updateFeature,
} from '../../domain/services/features.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import {
  body,
  changeHeaders,
  createHeaders,
  creation,
  json,
  pageOf,
  serviceParams as params,
  replacement,
  secured,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    parentId: z.guid().nullable(),
    name: z.string(),
    code: z.string(),
    description: z.string().nullable(),
    category: z.string().nullable(),
    isActive: z.boolean(),
    isDefault: z.boolean(),
    displayOrder: z.int(),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('ServiceFeature');

const placed = view
  .extend({
    depth: z.int().openapi({ description: '1 for a root' }),
    effective: z.boolean().openapi({ description: 'It and everything above it is active' }),
  })
  .openapi('ServiceFeatureInTree');

const tags = ['features'];
const path = '/v1/admin/services/{id}/features';
const onePath = `${path}/{featureId}`;
const oneParams = params.extend({ featureId: idParam('featureId') });
const one = json('The feature; ETag is its version.', view);

const treeRoute = createRoute({
  ...secured('service.feature.list', 'A service’s whole tree of features'),
  method: 'get',
  path,
  tags,
  description: 'Each after the one above it, siblings by displayOrder and then by code. Always one page.',
  request: { params, query: z.strictObject({}) },
  responses: {
    200: json('All features.', pageOf(placed).openapi('ServiceFeatureTree')),
    ...problems('malformed_request'),
  },
});

const addRoute = createRoute({
  ...secured('service.feature.create', 'Add a feature'),
  method: 'post',
  path,
  tags,
  request: { params, headers: createHeaders, body: body(newFeature) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const patchRoute = createRoute({
  ...secured('service.feature.update', 'Change, reorder or move a feature'),
  method: 'patch',
  path: onePath,
  tags,
  description: 'A merge. What is below a feature moves along with it; parentId null makes it a root.',
  request: { params: oneParams, headers: changeHeaders, body: body(featurePatch) },
  responses: {
    200: one,
    ...problems('malformed_request', 'conflict', 'stale_version', 'unsupported_media_type', 'invalid_field'),
  },
});

const removeRoute = createRoute({
  ...secured('service.feature.delete', 'Remove a feature'),
  method: 'delete',
  path: onePath,
  tags,
  request: {
    params: oneParams,
    query: z.strictObject({
      cascade: z
        .enum(['true', 'false'])
        .default('false')
        .openapi({ description: 'Remove everything below it as well' }),
    }),
    headers: changeHeaders,
  },
  responses: {
    200: json('How many went.', z.object({ deleted: z.int() })),
    ...problems('malformed_request', 'conflict', 'stale_version'),
  },
});

const keyOf = ({ id, featureId }: z.infer<typeof oneParams>) => ({
  serviceId: id,
  featureId: featureId.toLowerCase(),
});

export function mountFeatures(app: App): void {
  app.openapi(treeRoute, async (c) => {
    const items = await readTree(callerContext(c), c.req.valid('param').id);
    return c.json({ items, nextCursor: null }, 200);
  });
  app.openapi(addRoute, async (c) => {
    const { id } = c.req.valid('param');
    const made = await addFeature(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201);
  });
  app.openapi(patchRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateFeature(callerContext(c), key, c.req.valid('json'), changes)), 200);
  });
  app.openapi(removeRoute, async (c) => {
    const cascade = c.req.valid('query').cascade === 'true';
    const changes = replacement(c.req.valid('header'));
    const deleted = await removeFeature(callerContext(c), keyOf(c.req.valid('param')), cascade, changes);
    return c.json({ deleted }, 200);
  });
}
