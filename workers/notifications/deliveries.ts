import { createRoute, z } from '@hono/zod-openapi';
import {
  DELIVERY_STATUSES,
  listDeliveries,
  readDelivery,
  replayDelivery,
  testChannel,
} from '../../domain/notifications/deliveries.ts';
import { EVENT_TYPES } from '../../domain/notifications/events.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { createHeaders, creation, json, pageOf, pageQuery, secured, securedRaw } from '../route.ts';

const time = z.iso.datetime();

const view = z
  .object({
    id: z.guid(),
    channelId: z.guid().nullable(),
    adminId: z.guid().nullable().openapi({ description: 'Whom an e-mail goes to that is for owners' }),
    notificationId: z.guid().openapi({ description: 'webhook-id; the same for every try, channel and replay' }),
    type: z.string(),
    occurredAt: time,
    payload: z.record(z.string(), z.unknown()),
    status: z
      .enum(DELIVERY_STATUSES)
      .openapi({ description: 'gave_up: nothing helped for a day. dropped: the channel wants nothing, or is off' }),
    attempts: z.int(),
    nextAttemptAt: time,
    lastError: z.string().nullable(),
    answeredStatus: z.int().nullable(),
    createdAt: time,
    endedAt: time.nullable(),
    replayOf: z.guid().nullable(),
  })
  .openapi('NotificationDelivery');

const tags = ['notifications'];
const channelPath = '/v1/admin/notification-channels/{id}';
const path = '/v1/admin/notification-deliveries';
const params = z.object({ id: idParam('id') });

const testRoute = createRoute({
  ...securedRaw('notification.channel.test', 'Send a test through a notification channel, also one that is off'),
  method: 'post',
  path: `${channelPath}/test`,
  tags,
  description: 'It goes the way every notification goes, and is tried once; read the delivery for its outcome.',
  request: { params, headers: createHeaders },
  responses: {
    202: json('Accepted; Location is the delivery.', view),
    ...problems('malformed_request', 'conflict', 'idempotency_key_reused'),
  },
});

const query = pageQuery.extend({
  status: z.enum(DELIVERY_STATUSES).optional(),
  type: z.enum(EVENT_TYPES).optional(),
});
const pages = {
  200: json('One page.', pageOf(view).openapi('NotificationDeliveryPage')),
  ...problems('malformed_request'),
};

const listOfChannelRoute = createRoute({
  ...secured('notification.delivery.list', 'What was sent to a notification channel, newest first; kept for 90 days'),
  method: 'get',
  path: `${channelPath}/deliveries`,
  tags,
  request: { params, query },
  responses: pages,
});

const listRoute = createRoute({
  ...secured('notification.delivery.list', 'What was sent to any channel, and to owners by e-mail, newest first'),
  method: 'get',
  path,
  tags,
  request: { query },
  responses: pages,
});

const getRoute = createRoute({
  ...secured('notification.delivery.read', 'A delivery'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params },
  responses: { 200: json('The delivery.', view), ...problems('malformed_request') },
});

const replayRoute = createRoute({
  ...securedRaw('notification.delivery.replay', 'Send what has ended once more'),
  method: 'post',
  path: `${path}/{id}/replay`,
  tags,
  description: 'A new delivery under the same notification id, so that a receiver that has had it can tell.',
  request: { params, headers: createHeaders },
  responses: {
    202: json('Accepted; Location is the new delivery.', view),
    ...problems('malformed_request', 'conflict', 'idempotency_key_reused'),
  },
});

export function mountNotificationDeliveries(app: App): void {
  app.openapi(testRoute, async (c) => {
    const made = await testChannel(callerContext(c), c.req.valid('param').id, creation(c.req.valid('header')));
    return c.json(made, 202, { Location: `${path}/${made.id}` });
  });
  app.openapi(listOfChannelRoute, async (c) =>
    c.json(await listDeliveries(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(listRoute, async (c) => c.json(await listDeliveries(callerContext(c), null, c.req.valid('query')), 200));
  app.openapi(getRoute, async (c) => c.json(await readDelivery(callerContext(c), c.req.valid('param').id), 200));
  app.openapi(replayRoute, async (c) => {
    const made = await replayDelivery(callerContext(c), c.req.valid('param').id, creation(c.req.valid('header')));
    return c.json(made, 202, { Location: `${path}/${made.id}` });
  });
}
