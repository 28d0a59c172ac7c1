import { createRoute, z } from '@hono/zod-openapi';
import {
  consentPatch,
  createConsent,
  listConsents,
  newConsent,
  publishConsent,
  readConsent,
  removeConsent,
  updateConsent,
} from '../../domain/content/consents.ts';
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
  securedRaw,
  serviceParams,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    code: z.string(),
    revision: z.int().openapi({ description: 'Which version of the consent this is: counts up for each code' }),
    texts: z.record(z.string(), z.string()).openapi({ example: { de: 'Ich stimme zu.' } }),
    required: z.boolean(),
    effectiveFrom: z.iso.datetime().nullable(),
    status: z.enum(['draft', 'published']),
    publishedAt: z.iso.datetime().nullable(),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int().openapi({ description: 'Of this row, for If-Match; the version of the consent is `revision`' }),
  })
  .openapi('ServiceConsent');

const summary = view
  .omit({ texts: true })
  .extend({ locales: z.array(z.string()).openapi({ description: 'Of which there is a text' }) })
  .openapi('ServiceConsentSummary');

const tags = ['consents'];
const path = '/v1/admin/services/{id}/consents';
const onePath = `${path}/{consentId}`;
const params = serviceParams.extend({ consentId: idParam('consentId') });
const one = json('The consent; ETag is its `version`.', view);
const changeProblems = problems(
  'malformed_request',
  'conflict',
  'stale_version',
  'unsupported_media_type',
  'invalid_field',
);

const listRoute = createRoute({
  ...secured('service.consent.list', 'Consents of a service, by code and revision, without their texts'),
  method: 'get',
  path,
  tags,
  request: { params: serviceParams, query: pageQuery },
  responses: {
    200: json('One page.', pageOf(summary).openapi('ServiceConsentPage')),
    ...problems('malformed_request'),
  },
});

const createOne = createRoute({
  ...secured('service.consent.create', 'Create a draft: the next revision of its code'),
  method: 'post',
  path,
  tags,
  request: { params: serviceParams, headers: createHeaders, body: body(newConsent) },
  responses: {
    201: one,
    ...problems('malformed_request', 'conflict', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const readRoute = createRoute({
  ...secured('service.consent.read', 'Read a consent'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: one, ...problems() },
});

const patchRoute = createRoute({
  ...secured('service.consent.update', 'Change a draft'),
  method: 'patch',
  path: onePath,
  tags,
  description: '`texts` replaces all texts. A published revision never changes.',
  request: { params, headers: changeHeaders, body: body(consentPatch) },
  responses: { 200: one, ...changeProblems },
});

const publishRoute = createRoute({
  ...securedRaw('service.consent.publish', 'Publish a draft; it never changes again'),
  method: 'post',
  path: `${onePath}/publish`,
  tags,
  description: 'It needs a text for the service’s default locale. Without `effectiveFrom` it counts at once.',
  request: { params, headers: changeHeaders },
  responses: { 200: one, ...problems('malformed_request', 'conflict', 'stale_version') },
});

const removeRoute = createRoute({
  ...secured('service.consent.delete', 'Remove a draft'),
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'Removed.' }, ...problems('malformed_request', 'conflict', 'stale_version') },
});

const keyOf = ({ id, consentId }: z.infer<typeof params>) => ({ serviceId: id, consentId });

export function mountConsents(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listConsents(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(createOne, async (c) => {
    const { id } = c.req.valid('param');
    const made = await createConsent(callerContext(c), id, c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `/v1/admin/services/${id}/consents/${made.id}` });
  });
  app.openapi(readRoute, async (c) => {
    const consent = await readConsent(callerContext(c), keyOf(c.req.valid('param')));
    return c.json(tagged(c, consent), 200);
  });
  app.openapi(patchRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateConsent(callerContext(c), key, c.req.valid('json'), changes)), 200);
  });
  app.openapi(publishRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    return c.json(tagged(c, await publishConsent(callerContext(c), key, replacement(c.req.valid('header')))), 200);
  });
  app.openapi(removeRoute, async (c) => {
    await removeConsent(callerContext(c), keyOf(c.req.valid('param')), replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
