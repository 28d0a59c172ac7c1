import { createRoute, z } from '@hono/zod-openapi';
import {
  changeChannel,
  createChannel,
  listChannels,
  readChannel,
  removeChannel,
  rotateSecret,
} from '../../domain/notifications/channels.ts';
import { channelPatch, newChannel, rotation } from '../../domain/notifications/schema.ts';
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

const time = z.iso.datetime();

const view = z
  .object({
    id: z.guid(),
    type: z.enum(['webhook', 'slack', 'email']),
    name: z.string(),
    settings: z.object({
      origin: z
        .string()
        .optional()
        .openapi({ description: 'All that is shown of an address: its path may be a secret' }),
      recipients: z.array(z.string()).optional(),
    }),
    events: z.array(z.string()),
    enabled: z.boolean(),
    enabledAt: time,
    disabledReason: z
      .enum(['by_admin', 'gone', 'failing', 'no_recipients'])
      .nullable()
      .openapi({ description: 'gone: it answered 410. failing: nothing was delivered for a day' }),
    targetSetAt: time,
    rotatedAt: time.nullable(),
    rotationEndsAt: time
      .nullable()
      .openapi({ description: 'Until then the secret of before signs beside the new one' }),
    failingSince: time.nullable(),
    lastError: z.string().nullable(),
    lastDeliveredAt: time.nullable(),
    createdAt: time,
    updatedAt: time,
    version: z.int(),
  })
  .openapi('NotificationChannel');

const withSecret = view
  .extend({
    secret: z
      .string()
      .nullable()
      .openapi({ description: 'Of a webhook; shown in this one answer', example: 'whsec_…' }),
  })
  .openapi('NotificationChannelWithSecret');

const tags = ['notifications'];
const path = '/v1/admin/notification-channels';
const params = z.object({ id: idParam('id') });
const bodied = ['body_too_large', 'unsupported_media_type', 'invalid_field'] as const;

const about =
  'url must be https on port 443 of a public host. A webhook is signed as Standard Webhooks 1.0.0 says; ' +
  'only a 2xx counts, redirects are not followed, 410 switches the channel off. What fails is tried again for a day; ' +
  'a channel to which nothing was delivered for a day is switched off, and the owners are told.';

const listRoute = createRoute({
  ...secured('notification.channel.list', 'Whom Steward tells outside, by name'),
  method: 'get',
  path,
  tags,
  request: { query: pageQuery },
  responses: {
    200: json('One page.', pageOf(view).openapi('NotificationChannelPage')),
    ...problems('malformed_request'),
  },
});

const postRoute = createRoute({
  ...secured('notification.channel.create', 'Add a notification channel'),
  method: 'post',
  path,
  tags,
  description: `${about} The answer to a repeated Idempotency-Key has no secret.`,
  request: { headers: createHeaders, body: body(newChannel) },
  responses: {
    201: json('The channel, and a webhook’s secret this one time.', withSecret),
    ...problems('malformed_request', 'conflict', ...bodied),
  },
});

const getRoute = createRoute({
  ...secured('notification.channel.read', 'A notification channel'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params },
  responses: { 200: json('The channel; ETag is its version.', view), ...problems('malformed_request') },
});

const patchRoute = createRoute({
  ...secured('notification.channel.update', 'Change a notification channel, or switch it on or off'),
  method: 'patch',
  path: `${path}/{id}`,
  tags,
  description: about,
  request: { params, headers: changeHeaders, body: body(channelPatch) },
  responses: {
    200: json('The channel.', view),
    ...problems('malformed_request', 'conflict', 'stale_version', ...bodied),
  },
});

const deleteRoute = createRoute({
  ...secured('notification.channel.delete', 'Delete a notification channel and its delivery log'),
  method: 'delete',
  path: `${path}/{id}`,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'Deleted.' }, ...problems('malformed_request', 'stale_version') },
});

const rotateRoute = createRoute({
  ...secured('notification.channel.rotate-secret', 'Give a webhook a new secret'),
  method: 'post',
  path: `${path}/{id}/rotate-secret`,
  tags,
  description:
    'The secret of before signs beside the new one for overlapSeconds, never more than two; with 0 the new one signs alone at once.',
  request: { params, headers: changeHeaders, body: body(rotation) },
  responses: {
    200: json('The channel and its new secret, this one time.', withSecret),
    ...problems('malformed_request', 'conflict', 'stale_version', ...bodied),
  },
});

export function mountNotificationChannels(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listChannels(callerContext(c), c.req.valid('query')), 200));
  app.openapi(postRoute, async (c) => {
    const made = await createChannel(callerContext(c), c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `${path}/${made.id}` });
  });
  app.openapi(getRoute, async (c) =>
    c.json(tagged(c, await readChannel(callerContext(c), c.req.valid('param').id)), 200),
  );
  app.openapi(patchRoute, async (c) => {
    const { id } = c.req.valid('param');
    const o = replacement(c.req.valid('header'));
    return c.json(tagged(c, await changeChannel(callerContext(c), id, c.req.valid('json'), o)), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    await removeChannel(callerContext(c), c.req.valid('param').id, replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
  app.openapi(rotateRoute, async (c) => {
    const { id } = c.req.valid('param');
    const o = replacement(c.req.valid('header'));
    return c.json(tagged(c, await rotateSecret(callerContext(c), id, c.req.valid('json'), o)), 200);
  });
}
