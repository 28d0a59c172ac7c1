import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { PERIODS } from '../../domain/exports/period.ts';
import { runScheduleNow } from '../../domain/exports/run-schedules.ts';
import { newSchedule, scheduleChange } from '../../domain/exports/schedule.ts';
import {
  changeSchedule,
  createSchedule,
  disableSchedule,
  listSchedules,
  readSchedule,
  removeSchedule,
} from '../../domain/exports/schedules.ts';
import { type App, callerContext, type HttpEnv } from '../http.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
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

const view = z
  .object({
    id: z.guid(),
    ownerId: z.guid(),
    ownerEmail: z.string(),
    name: z.string(),
    exportType: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    fileFormat: z.string(),
    compression: z.string(),
    period: z.enum(PERIODS),
    cron: z.string().openapi({ example: '30 6 * * 1-5' }),
    timeZone: z.string().openapi({ example: 'Europe/Berlin' }),
    enabled: z.boolean(),
    nextRunAt: z.iso.datetime().nullable().openapi({ description: 'It runs within two minutes after' }),
    nextRuns: z.array(z.iso.datetime()).openapi({ description: 'The next three; none when it is off' }),
    lastRunAt: z.iso.datetime().nullable(),
    lastExportId: z.guid().nullable(),
    lastError: z.string().nullable().openapi({ description: 'Why it was switched off' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int(),
  })
  .openapi('ExportSchedule');

const run = z.object({ scheduleId: z.guid(), exportId: z.guid() }).openapi('ExportScheduleRun');

const tags = ['exports'];
const path = '/v1/admin/export-schedules';
const params = z.object({ id: idParam('id') });

const owner = {
  owner: z.literal('all').optional().openapi({
    description: 'Anybody’s, not only your own; needs admins.manage everywhere instead of exports.request',
  }),
};
const ownerQuery = z.strictObject(owner);

const isAnybodys = (c: Pick<Context<HttpEnv>, 'req'>) => c.req.query('owner') === 'all';

const about =
  'cron has the five fields of crontab(5) and is read in timeZone; at most every 15 minutes. ' +
  'A time that a clock change leaves out comes right after it, one that it shows twice comes once. ' +
  'period is what of the past each file holds, in timeZone: all, previous_day, previous_week (Monday to Sunday), ' +
  'previous_month, since_last_run (the first file: everything until then). ' +
  'Each run is requested as its owner, who must hold exports.request and the permission on the data then too; ' +
  'otherwise the schedule is switched off, and lastError says why.';

const listRoute = createRoute({
  ...secured(
    { named: 'export.schedule.list', of: (c) => (isAnybodys(c) ? 'export.schedule.any.list' : 'export.schedule.list') },
    'Your scheduled exports, in the order in which they were made',
  ),
  method: 'get',
  path,
  tags,
  request: { query: pageQuery.extend(owner) },
  responses: { 200: json('One page.', pageOf(view).openapi('ExportSchedulePage')), ...problems('malformed_request') },
});

const postRoute = createRoute({
  ...secured('export.schedule.create', 'Schedule an export; the permission on the data is needed too'),
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
    { named: 'export.schedule.read', of: (c) => (isAnybodys(c) ? 'export.schedule.any.read' : 'export.schedule.read') },
    'A scheduled export of yours',
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
      named: 'export.schedule.update',
      of: (c) => (isAnybodys(c) ? 'export.schedule.any.disable' : 'export.schedule.update'),
    },
    'Change a scheduled export of yours',
  ),
  method: 'patch',
  path: `${path}/{id}`,
  tags,
  description: `${about} parameters are replaced as a whole. With owner=all only {"enabled": false} is allowed.`,
  request: { params, query: ownerQuery, headers: changeHeaders, body: body(scheduleChange) },
  responses: {
    200: json('The schedule and its next runs.', view),
    ...problems('malformed_request', 'stale_version', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const deleteRoute = createRoute({
  ...secured(
    {
      named: 'export.schedule.delete',
      of: (c) => (isAnybodys(c) ? 'export.schedule.any.delete' : 'export.schedule.delete'),
    },
    'Delete a scheduled export of yours; the exports it made stay',
  ),
  method: 'delete',
  path: `${path}/{id}`,
  tags,
  request: { params, query: ownerQuery, headers: changeHeaders },
  responses: { 204: { description: 'Deleted.' }, ...problems('malformed_request', 'stale_version') },
});

const runRoute = createRoute({
  ...securedRaw('export.schedule.run', 'Run a scheduled export of yours now; the permission on the data is needed too'),
  method: 'post',
  path: `${path}/{id}/run`,
  tags,
  description: 'Beside its own times, also when it is off. The next since_last_run goes on from this one.',
  request: { params, headers: createHeaders },
  responses: { 202: json('Accepted; Location is the export.', run), ...problems('malformed_request', 'conflict') },
});

export function mountSchedules(app: App): void {
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
  app.on(
    'POST',
    `${path}/:id/run`,
    rateLimit(
      (c) => c.env.runtime.config.EXPORT_RATE_LIMIT,
      (c) => c.get('caller').subject,
    ),
  );
  app.openapi(runRoute, async (c) => {
    const o = creation(c.req.valid('header'));
    const made = await runScheduleNow(callerContext(c), c.req.valid('param').id, o);
    return c.json(made, 202, { Location: `/v1/admin/exports/${made.exportId}` });
  });
}
