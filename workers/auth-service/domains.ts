import { createRoute, z } from '@hono/zod-openapi';
import { addDomain, listDomains, newDomain, removeDomain } from '../../domain/services/domains.ts';
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
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    domain: z.string().openapi({ example: '*.example.com' }),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('ServiceDomain');

const tags = ['domains'];
const path = '/v1/admin/services/{id}/domains';

const listRoute = createRoute({
  ...secured('service.domain.list', 'Domains a service may be used from, by name'),
  method: 'get',
  path,
  tags,
  request: { params, query: pageQuery },
  responses: { 200: json('One page.', pageOf(view).openapi('ServiceDomainPage')), ...problems('malformed_request') },
});

const addRoute = createRoute({
  ...secured('service.domain.create', 'Add a domain'),
  method: 'post',
  path,
  tags,
  description: 'Stored in its one spelling: IDNA as ASCII, lower case. Public suffixes and IP addresses are refused.',
  request: { params, headers: createHeaders, body: body(newDomain) },
  responses: {
    201: json('The domain as it is stored.', view),
    ...problems('malformed_request', 'conflict', 'unsupported_media_type', 'invalid_field'),
  },
});

const removeRoute = createRoute({
  ...secured('service.domain.delete', 'Remove a domain, named in any spelling'),
  method: 'delete',
  path: `${path}/{domain}`,
  tags,
  request: {
    params: params.extend({ domain: z.string().openapi({ param: { name: 'domain', in: 'path' } }) }),
    headers: changeHeaders,
  },
  responses: { 204: { description: 'Removed.' }, ...problems('malformed_request', 'stale_version') },
});

export function mountDomains(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listDomains(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(addRoute, async (c) => {
    const { id } = c.req.valid('param');
    const made = await addDomain(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    const Location = `/v1/admin/services/${id}/domains/${encodeURIComponent(made.domain)}`;
    return c.json(tagged(c, made), 201, { Location });
  });
  app.openapi(removeRoute, async (c) => {
    const { id, domain } = c.req.valid('param');
    await removeDomain(callerContext(c), id, domain, replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
