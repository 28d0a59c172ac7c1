import { createRoute, z } from '@hono/zod-openapi';
import { listTypes } from '../../domain/operations/list-types.ts';
import { PHASES } from '../../domain/operations/phases.ts';
import { planOperation } from '../../domain/operations/plan-operation.ts';
import { listItems, listOperations, readOperation } from '../../domain/operations/read-operation.ts';
import { requestOperation } from '../../domain/operations/request-operation.ts';
import { OPERATION_STATUSES } from '../../domain/operations/schema.ts';
import { OPERATION_TYPE_NAMES } from '../../domain/operations/types/index.ts';
import { freeText } from '../../domain/services/free-text.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { body, createHeaders, json, pageOf, pageQuery, secured } from '../route.ts';
import { itemView, operationView, planView, typeView } from './views.ts';

const MAX_REASON = 1000;
const tags = ['operations'];
const path = '/v1/admin/operations';
const params = z.object({ id: idParam('id') });
const types = z.enum(OPERATION_TYPE_NAMES);

/** By the type's own schema; see domain/operations/types. */
const asked = z.strictObject({
  type: types,
  target: z
    .record(z.string(), z.unknown())
    .openapi({ description: 'What it is about; its own `type` says what else it has' }),
  parameters: z.record(z.string(), z.unknown()).default({}),
});

const planRoute = createRoute({
  ...secured(
    'operation.plan',
    'What an operation would do: targets, warnings, what can be put back; nothing is changed',
  ),
  method: 'post',
  path: `${path}/plan`,
  tags,
  request: { body: body(asked) },
  responses: {
    200: json('The plan.', planView),
    ...problems('malformed_request', 'body_too_large', 'unsupported_media_type', 'invalid_field', 'would_lock_out'),
  },
});

const postRoute = createRoute({
  ...secured('operation.request', 'Ask for an operation; the permission of its type is needed too'),
  method: 'post',
  path,
  tags,
  description:
    'The targets are frozen now: what comes later is not touched, and what has changed by then is left alone. Routine operations start ' +
    'at once unless `start` is false; destructive and irreversible ones wait until another admin agrees to the plan’s hash.',
  request: {
    headers: createHeaders.omit({ 'audit-reason': true }),
    body: body(
      asked.extend({
        reason: freeText(MAX_REASON).min(1, 'must say why'),
        start: z.boolean().default(true),
      }),
    ),
  },
  responses: {
    202: json('Accepted; Location is the operation.', operationView),
    ...problems(
      'malformed_request',
      'conflict',
      'body_too_large',
      'unsupported_media_type',
      'invalid_field',
      'would_lock_out',
    ),
  },
});

const listRoute = createRoute({
  ...secured('operation.list', 'Operations, newest first: your own, and those you may run or agree to'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({
      type: types.optional(),
      status: z.enum(OPERATION_STATUSES).optional(),
      phase: z.enum(PHASES).optional(),
      actorId: z.guid().toLowerCase().optional(),
      scheduleId: z.guid().optional(),
      forMe: z.literal('true').optional().openapi({ description: 'Those that wait for your word' }),
      toReview: z.literal('true').optional().openapi({ description: 'Started without approval and not reviewed' }),
    }),
  },
  responses: {
    200: json('One page.', pageOf(operationView).openapi('OperationPage')),
    ...problems('malformed_request'),
  },
});

const getRoute = createRoute({
  ...secured('operation.read', 'An operation: its plan, who agreed, how far it is'),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params },
  responses: { 200: json('The operation.', operationView), ...problems() },
});

const itemsRoute = createRoute({
  ...secured('operation.read', 'Every target of an operation in the order of its plan, with what became of it'),
  method: 'get',
  path: `${path}/{id}/items`,
  tags,
  request: {
    params,
    query: pageQuery.extend({
      outcome: z.enum(['pending', 'succeeded', 'skipped', 'failed']).optional(),
      undoOutcome: z.enum(['undone', 'left', 'failed']).optional(),
    }),
  },
  responses: {
    200: json('One page.', pageOf(itemView).openapi('OperationItemPage')),
    ...problems('malformed_request'),
  },
});

const typesRoute = createRoute({
  ...secured('operation.list', 'Types of operations, with the JSON Schema of what each takes'),
  method: 'get',
  path: '/v1/admin/operation-types',
  tags,
  request: { query: z.strictObject({}) },
  responses: {
    200: json('All of them.', z.object({ items: z.array(typeView) }).openapi('OperationTypes')),
    ...problems('malformed_request'),
  },
});

export function mountOperations(app: App): void {
  app.openapi(typesRoute, (c) => c.json({ items: listTypes() }, 200));
  app.openapi(planRoute, async (c) => c.json(await planOperation(callerContext(c), c.req.valid('json')), 200));
  app.openapi(postRoute, async (c) => {
    const key = c.req.valid('header')['idempotency-key'] ?? null;
    const accepted = await requestOperation(callerContext(c), c.req.valid('json'), key);
    return c.json(accepted, 202, { Location: `${path}/${accepted.id}` });
  });
  app.openapi(listRoute, async (c) => c.json(await listOperations(callerContext(c), c.req.valid('query')), 200));
  app.openapi(getRoute, async (c) => c.json(await readOperation(callerContext(c), c.req.valid('param').id), 200));
  app.openapi(itemsRoute, async (c) =>
    c.json(await listItems(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
}
