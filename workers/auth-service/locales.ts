import { createRoute, z } from '@hono/zod-openapi';
import { languageTag } from '../../domain/content/language-tag.ts';
import {
  addLocale,
  listLocales,
  localePatch,
  newLocale,
  readLocale,
  removeLocale,
  updateLocale,
} from '../../domain/content/locales.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import {
  body,
  changeHeaders,
  createHeaders,
  creation,
  json,
  pageOf,
  replacement,
  secured,
  serviceParams,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    tag: z.string().openapi({ description: 'BCP 47, canonical', example: 'de-AT' }),
    isDefault: z.boolean(),
    fallbackOrder: z.int().openapi({ description: 'The smallest is the first to fall back to' }),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('ServiceLocale');

const tags = ['locales'];
const path = '/v1/admin/services/{id}/locales';
const onePath = `${path}/{tag}`;
const params = serviceParams.extend({
  tag: z
    .string()
    .openapi({ param: { name: 'tag', in: 'path' } })
    .pipe(languageTag),
});
const one = json('The locale; ETag is its version.', view);

const listRoute = createRoute({
  ...secured('service.locale.list', 'Locales of a service, all of them, in fallback order'),
  method: 'get',
  path,
  tags,
  request: { params: serviceParams, query: z.strictObject({}) },
  responses: {
    200: json('One page with all.', pageOf(view).openapi('ServiceLocalePage')),
    ...problems('malformed_request'),
  },
});

const addRoute = createRoute({
  ...secured('service.locale.create', 'Add a locale'),
  method: 'post',
  path,
  tags,
  description:
    'The tag is stored in its canonical form. The first locale is the default; a new default takes the place of the old one.',
  request: { params: serviceParams, headers: createHeaders, body: body(newLocale) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const readRoute = createRoute({
  ...secured('service.locale.read', 'Read a locale of a service'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const patchRoute = createRoute({
  ...secured('service.locale.update', 'Make a locale the default, or change its place'),
  method: 'patch',
  path: onePath,
  tags,
  description: 'There is always exactly one default: it ends by making another one the default, never by itself.',
  request: { params, headers: changeHeaders, body: body(localePatch) },
  responses: {
    200: one,
    ...problems('malformed_request', 'conflict', 'stale_version', 'unsupported_media_type', 'invalid_field'),
  },
});

const removeRoute = createRoute({
  ...secured('service.locale.delete', 'Remove a locale; the default one only as the last'),
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'Removed.' }, ...problems('malformed_request', 'conflict', 'stale_version') },
});

const keyOf = ({ id, tag }: z.infer<typeof params>) => ({ serviceId: id, tag });

export function mountLocales(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listLocales(callerContext(c), c.req.valid('param').id), 200));
  app.openapi(addRoute, async (c) => {
    const { id } = c.req.valid('param');
    const made = await addLocale(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `/v1/admin/services/${id}/locales/${made.tag}` });
  });
  app.openapi(readRoute, async (c) => {
    const locale = await readLocale(callerContext(c), keyOf(c.req.valid('param')));
    return c.json(tagged(c, locale), 200);
  });
  app.openapi(patchRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateLocale(callerContext(c), key, c.req.valid('json'), changes)), 200);
  });
  app.openapi(removeRoute, async (c) => {
    await removeLocale(callerContext(c), keyOf(c.req.valid('param')), replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
