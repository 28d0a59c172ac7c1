import { createRoute, z } from '@hono/zod-openapi';
import {
  addCountry,
  countryCode,
  countryPatch,
  listCountries,
  newCountry,
  readCountry,
  removeCountry,
  updateCountry,
} from '../../domain/content/countries.ts';
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
  replacement,
  secured,
  serviceParams,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    code: z.string().openapi({ description: 'ISO 3166-1 alpha-2', example: 'DE' }),
    name: z.string().openapi({ description: 'In English', example: 'Germany' }),
    isAvailable: z.boolean(),
    note: z.string().nullable(),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('ServiceCountry');

const tags = ['countries'];
const path = '/v1/admin/services/{id}/countries';
const onePath = `${path}/{code}`;
const params = serviceParams.extend({ code: countryCode.openapi({ param: { name: 'code', in: 'path' } }) });
const one = json('The country; ETag is its version.', view);

const listRoute = createRoute({
  ...secured('service.country.list', 'Countries of a service, by code'),
  method: 'get',
  path,
  tags,
  request: { params: serviceParams, query: pageQuery },
  responses: { 200: json('One page.', pageOf(view).openapi('ServiceCountryPage')), ...problems('malformed_request') },
});

const addRoute = createRoute({
  ...secured('service.country.create', 'Add a country and whether the service is available there'),
  method: 'post',
  path,
  tags,
  request: { params: serviceParams, headers: createHeaders, body: body(newCountry) },
  responses: { 201: one, ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field') },
});

const readRoute = createRoute({
  ...secured('service.country.read', 'Read a country of a service'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const patchRoute = createRoute({
  ...secured('service.country.update', 'Change a country’s availability or note'),
  method: 'patch',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders, body: body(countryPatch) },
  responses: { 200: one, ...problems('malformed_request', 'stale_version', 'unsupported_media_type', 'invalid_field') },
});

const removeRoute = createRoute({
  ...secured('service.country.delete', 'Remove a country'),
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'Removed.' }, ...problems('malformed_request', 'stale_version') },
});

const keyOf = ({ id, code }: z.infer<typeof params>) => ({ serviceId: id, code });

export function mountCountries(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listCountries(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(addRoute, async (c) => {
    const { id } = c.req.valid('param');
    const made = await addCountry(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `/v1/admin/services/${id}/countries/${made.code}` });
  });
  app.openapi(readRoute, async (c) => {
    const { id, code } = c.req.valid('param');
    return c.json(tagged(c, await readCountry(callerContext(c), id, code)), 200);
  });
  app.openapi(patchRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateCountry(callerContext(c), key, c.req.valid('json'), changes)), 200);
  });
  app.openapi(removeRoute, async (c) => {
    await removeCountry(callerContext(c), keyOf(c.req.valid('param')), replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
