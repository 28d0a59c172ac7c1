import { createRoute, z } from '@hono/zod-openapi';
import { createHold, holdRelease, listHolds, newHold, readHold, releaseHold } from '../../domain/audit/holds.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { body, changeHeaders, createHeaders, json, pageOf, pageQuery, secured, tagged, versionsOf } from '../route.ts';

const status = z.enum(['applying', 'active', 'releasing', 'released']);

const view = z
  .object({
    id: z.guid(),
    reason: z.string(),
    resource: z.string().nullable(),
    resourceId: z.string().nullable(),
    actorId: z.guid().nullable(),
    serviceId: z.guid().nullable().openapi({ description: 'Nil UUID: records about no service' }),
    from: z.iso.datetime().nullable(),
    to: z.iso.datetime().nullable(),
    status: status.openapi({
      description: 'applying and releasing: on its way; retried until the audit store has done it',
    }),
    matchedRows: z.int().nullable().openapi({ description: 'Records that matched when they were last counted' }),
    countedAt: z.iso.datetime().nullable(),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    releasedBy: z.guid().nullable(),
    releasedAt: z.iso.datetime().nullable(),
    releaseReason: z.string().nullable(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('LegalHold');

const tags = ['audit'];
const path = '/v1/audit/holds';
const params = z.object({ id: idParam('id') });
const reasonInBody = 'The reason is mandatory and goes into the body; there is no Audit-Reason header here.';

const listRoute = createRoute({
  ...secured('audit.hold.list', 'Legal holds in the order in which they were made'),
  method: 'get',
  path,
  tags,
  request: { query: pageQuery.extend({ status: status.optional() }) },
  responses: { 200: json('One page.', pageOf(view).openapi('LegalHoldPage')), ...problems('malformed_request') },
});

const postRoute = createRoute({
  ...secured('audit.hold.create', 'Put audit records on hold: they outlive their retention'),
  method: 'post',
  path,
  tags,
  description: `Records that match everything given, at least one thing, are held: those that arrive from now on at once, the others when the hold is active. ${reasonInBody}`,
  request: { headers: createHeaders.omit({ 'audit-reason': true }), body: body(newHold) },
  responses: {
    202: json('Accepted; Location is the hold.', view),
    ...problems('malformed_request', 'conflict', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const getRoute = createRoute({
  ...secured('audit.hold.read', 'A legal hold'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params },
  responses: { 200: json('The hold; ETag is its version.', view), ...problems() },
});

const releaseRoute = createRoute({
  ...secured('audit.hold.release', 'Release a legal hold, for good'),
  method: 'post',
  path: `${path}/{id}/release`,
  tags,
  description: `What no other hold matches expires when its time has come. ${reasonInBody}`,
  request: { params, headers: changeHeaders.omit({ 'audit-reason': true }), body: body(holdRelease) },
  responses: {
    202: json('Accepted; the hold is released when its status says so.', view),
    ...problems(
      'malformed_request',
      'conflict',
      'stale_version',
      'body_too_large',
      'unsupported_media_type',
      'invalid_field',
    ),
  },
});

export function mountHolds(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listHolds(callerContext(c), c.req.valid('query')), 200));
  app.openapi(postRoute, async (c) => {
    const key = c.req.valid('header')['idempotency-key'] ?? null;
    const made = await createHold(callerContext(c), c.req.valid('json'), key);
    return c.json(tagged(c, made), 202, { Location: `${path}/${made.id}` });
  });
  app.openapi(getRoute, async (c) => c.json(tagged(c, await readHold(callerContext(c), c.req.valid('param').id)), 200));
  app.openapi(releaseRoute, async (c) => {
    const ifMatch = versionsOf(c.req.valid('header')['if-match']);
    const { reason } = c.req.valid('json');
    return c.json(tagged(c, await releaseHold(callerContext(c), c.req.valid('param').id, { reason, ifMatch })), 202);
  });
}
