import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { runScheduleNow } from '../../domain/operations/run-schedules.ts';
import { newSchedule, scheduleChange } from '../../domain/operations/schedule.ts';
import {
  changeSchedule,
  createSchedule,
  disableSchedule,
  listSchedules,
  readSchedule,
  removeSchedule,
} from '../../domain/operations/schedules.ts';
import { type App, callerContext, type HttpEnv } from '../http.ts';
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
  tagged,
} from '../route.ts';

const instant = z.iso.datetime();

const view = z
  .object({
    id: z.guid(),
    ownerId: z.guid(),
    ownerEmail: z.string(),
    name: z.string(),
    type: z.string(),
    target: z.record(z.string(), z.unknown()),
    parameters: z.record(z.string(), z.unknown()),
    reason: z.string().openapi({ description: 'Of each operation' }),
    at: instant.nullable().openapi({ description: 'Once, at this instant; null where cron says when' }),
    cron: z.string().nullable().openapi({ example: '30 6 * * 1-5' }),
    timeZone: z.string().nullable().openapi({ example: 'Europe/Berlin' }),
    enabled: z.boolean(),
    nextRunAt: instant.nullable().openapi({ description: 'It runs within a minute after' }),
    nextRuns: z.array(instant).openapi({ description: 'The next ones, at most three; none when it is off' }),
    lastRunAt: instant.nullable(),
    lastOperationId: z.guid().nullable().openapi({ description: 'The last one it made' }),
    lastError: z.string().nullable().openapi({ description: 'Why its last time made none, or it was switched off' }),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .openapi('OperationSchedule');

const run = z.object({ scheduleId: z.guid(), operationId: z.guid() }).openapi('OperationScheduleRun');

const tags = ['operations'];
const path = '/v1/admin/operation-schedules';
const params = z.object({ id: idParam('id') });

const owner = {
  owner: z.literal('all').optional().openapi({
    description: 'Anybody’s, not only your own; needs admins.manage everywhere instead of operations.execute',
  }),
};
const ownerQuery = z.strictObject(owner);

const isAnybodys = (c: Pick<Context<HttpEnv>, 'req'>) => c.req.query('owner') === 'all';

const about =
  'at is one instant, after which the schedule is off; cron has the five fields of crontab(5) and is read in timeZone (UTC where none ' +
  'is given), at most every 15 minutes. One of the two must be given. ' +
  'A time that a clock change leaves out comes right after it, one that it shows twice comes once; one that was missed comes once, later. ' +
  'Each run is a new operation of its owner with a plan made then: what the target finds at that moment. Routine ones start at once; ' +
  'destructive and irreversible ones wait for the word of another admin as always, each for its own: agreeing to one run’s plan is ' +
  'no word for the next one. ' +
  'The owner must hold operations.execute and the permission of the type for what it is about then too, and what it names must be there; ' +
  'otherwise no operation is made, the schedule is switched off, and lastError says why. When there is nothing to do it stays on.';

const listRoute = createRoute({
  ...secured(
    {
      named: 'operation.schedule.list',
      of: (c) => (isAnybodys(c) ? 'operation.schedule.any.list' : 'operation.schedule.list'),
    },
    'Your scheduled operations, in the order in which they were made',
  ),
  method: 'get',
  path,
  tags,
  request: { query: pageQuery.extend(owner) },
  responses: {
    200: json('One page.', pageOf(view).openapi('OperationSchedulePage')),
    ...problems('malformed_request'),
  },
});

const postRoute = createRoute({
  ...secured('operation.schedule.create', 'Schedule an operation; the permission of its type is needed too'),
  method: 'post',
  path,
  tags,
  description: about,
  request: { headers: createHeaders, body: body(newSchedule) },
  responses: {
    201: json('The schedule and its next runs.', view),
    ...problems('malformed_request', 'conflict', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const getRoute = createRoute({
  ...secured(
    {
      named: 'operation.schedule.read',
      of: (c) => (isAnybodys(c) ? 'operation.schedule.any.read' : 'operation.schedule.read'),
    },
    'A scheduled operation of yours',
  ),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params, query: ownerQuery },
  responses: { 200: json('The schedule; ETag is its version.', view), ...problems('malformed_request') },
});

const patchRoute = createRoute({
  ...secured(
    {
      named: 'operation.schedule.update',
      of: (c) => (isAnybodys(c) ? 'operation.schedule.any.disable' : 'operation.schedule.update'),
    },
    'Change a scheduled operation of yours',
  ),
  method: 'patch',
  path: `${path}/{id}`,
  tags,
  description:
    `${about} target and parameters are replaced as a whole; whoever goes from cron to at, or back, sets the other one to null. ` +
    'With owner=all only {"enabled": false} is allowed.',
  request: { params, query: ownerQuery, headers: changeHeaders, body: body(scheduleChange) },
  responses: {
    200: json('The schedule and its next runs.', view),
    ...problems('malformed_request', 'stale_version', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const deleteRoute = createRoute({
  ...secured(
    {
      named: 'operation.schedule.delete',
      of: (c) => (isAnybodys(c) ? 'operation.schedule.any.delete' : 'operation.schedule.delete'),
    },
    'Delete a scheduled operation of yours; the operations it made stay',
  ),
  method: 'delete',
  path: `${path}/{id}`,
  tags,
  request: { params, query: ownerQuery, headers: changeHeaders },
  responses: { 204: { description: 'Deleted.' }, ...problems('malformed_request', 'stale_version') },
});

const runRoute = createRoute({
  ...securedRaw(
    'operation.schedule.run',
    'Run a scheduled operation of yours now; the permission of its type is needed too',
  ),
  method: 'post',
  path: `${path}/{id}/run`,
  tags,
  description: 'Beside its own times, also when it is off. Audit-Reason takes the place of the schedule’s reason.',
  request: { params, headers: createHeaders },
  responses: {
    202: json('Accepted; Location is the operation.', run),
    ...problems('malformed_request', 'conflict', 'invalid_field', 'would_lock_out'),
  },
});

export function mountOperationSchedules(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listSchedules(callerContext(c), c.req.valid('query'), isAnybodys(c)), 200),
  );
  app.openapi(postRoute, async (c) => {
    const made = await createSchedule(callerContext(c), c.req.valid('json'), creation(c.req.valid('header')));
    return c.json(tagged(c, made), 201, { Location: `${path}/${made.id}` });
  });
  app.openapi(getRoute, async (c) =>
    c.json(tagged(c, await readSchedule(callerContext(c), c.req.valid('param').id, isAnybodys(c))), 200),
  );
  app.openapi(patchRoute, async (c) => {
    const change = isAnybodys(c) ? disableSchedule : changeSchedule;
    const { id } = c.req.valid('param');
    const given = c.req.valid('json');
    return c.json(tagged(c, await change(callerContext(c), id, given, replacement(c.req.valid('header')))), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const o = { ...replacement(c.req.valid('header')), anybodys: isAnybodys(c) };
    await removeSchedule(callerContext(c), c.req.valid('param').id, o);
    return c.body(null, 204);
  });
  app.openapi(runRoute, async (c) => {
    const made = await runScheduleNow(callerContext(c), c.req.valid('param').id, creation(c.req.valid('header')));
    return c.json(made, 202, { Location: `/v1/admin/operations/${made.operationId}` });
  });
}
