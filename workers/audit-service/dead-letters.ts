import { createRoute, z } from '@hono/zod-openapi';
import { DEAD_LETTER_QUEUES, listDeadLetters, replayDeadLetter } from '../../domain/telemetry/dead-letters.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { createHeaders, creation, json, pageOf, pageQuery, secured, securedRaw } from '../route.ts';

const view = z
  .object({
    id: z.string(),
    queue: z.string(),
    reason: z.string().openapi({ description: 'Why no delivery helped' }),
    attempts: z.int().openapi({ description: 'Deliveries before it counted as dead' }),
    bytes: z.int().openapi({ description: 'Of its body' }),
    diedAt: z.iso.datetime(),
    replayedAt: z.iso.datetime().nullable().openapi({ description: 'The last time somebody put it back' }),
    replays: z.int(),
    replayOf: z.string().nullable().openapi({ description: 'The letter it was before it was replayed and died again' }),
    diedAgainAs: z.string().nullable().openapi({ description: 'The letter it became when its replay died' }),
  })
  .openapi('DeadLetter');

const tags = ['audit'];
const path = '/v1/audit/dead-letters';

const listRoute = createRoute({
  ...secured('dead-letter.list', 'Queue messages that no delivery could help, newest first'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({
      queue: z.enum(DEAD_LETTER_QUEUES).optional(),
      replayed: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: {
    200: json(
      'One page. `total` counts all that match, up to 10,000.',
      pageOf(view).extend({ total: z.int(), totalCapped: z.boolean() }).openapi('DeadLetterPage'),
    ),
    ...problems('malformed_request'),
  },
});

const replayRoute = createRoute({
  ...securedRaw('dead-letter.replay', 'Put a dead letter back into its queue'),
  method: 'post',
  path: `${path}/{id}/replay`,
  tags,
  description:
    'Its events keep their ids: what was stored meanwhile is not stored twice. One that dies again becomes a new letter whose `replayOf` names this one.',
  request: {
    params: z.object({
      id: z
        .string()
        .min(1)
        .max(200)
        .openapi({ param: { name: 'id', in: 'path' } }),
    }),
    headers: createHeaders,
  },
  responses: {
    200: json('The letter; its message is in the queue.', view),
    ...problems('malformed_request', 'conflict', 'idempotency_key_reused'),
  },
});

export function mountDeadLetters(app: App): void {
  app.openapi(listRoute, async (c) => c.json(await listDeadLetters(callerContext(c), c.req.valid('query')), 200));
  app.openapi(replayRoute, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await replayDeadLetter(callerContext(c), id, creation(c.req.valid('header'))), 200);
  });
}
