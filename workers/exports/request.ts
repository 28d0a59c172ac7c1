import { createRoute, z } from '@hono/zod-openapi';
import { LONGEST_LINK_SECONDS } from '../../domain/access/signed-link.ts';
import { cancelExport, pauseExport, resumeExport, retryExport } from '../../domain/exports/control-export.ts';
import { estimateExport } from '../../domain/exports/estimate-export.ts';
import { FORMAT_NAMES } from '../../domain/exports/file-format.ts';
import { makeLink } from '../../domain/exports/make-link.ts';
import { listExports, readExport } from '../../domain/exports/read-export.ts';
import { requestExport } from '../../domain/exports/request-export.ts';
import { EXPORT_PHASES, EXPORT_STATUSES, estimateRequest, exportRequest } from '../../domain/exports/schema.ts';
import { EXPORT_TYPE_NAMES } from '../../domain/exports/types/index.ts';
import { type App, callerContext } from '../http.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { idParam, problems } from '../openapi.ts';
import { body, createHeaders, json, pageOf, pageQuery, reasonHeader, secured, securedRaw } from '../route.ts';

const tags = ['exports'];
const path = '/v1/admin/exports';
const params = z.object({ id: idParam('id') });
const formats = z.enum(FORMAT_NAMES);
const statuses = z.enum(EXPORT_STATUSES);

const view = z
  .object({
    id: z.guid(),
    requestedBy: z.guid(),
    exportType: z.string(),
    name: z.string().nullable(),
    parameters: z.unknown(),
    fileFormat: formats,
    compression: z.enum(['none', 'gzip']),
    status: statuses,
    phase: z.enum(EXPORT_PHASES).openapi({
      description:
        'What the status leaves open: waiting until everything accepted by the cutoff has arrived, paused, cancelled …',
    }),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable().openapi({ description: 'When the file is removed' }),
    cutoff: z.iso.datetime({ precision: 6 }).openapi({ description: 'The file holds what was accepted up to here' }),
    rowsExpected: z.int().nullable(),
    rowsDone: z.int(),
    bytesDone: z.int(),
    activeMs: z.int().openapi({ description: 'Milliseconds at work, without waiting and pauses' }),
    progress: z.object({
      percent: z.number().nullable(),
      rowsPerSecond: z.number().nullable(),
      etaSeconds: z.number().nullable(),
    }),
    sha256: z.string().nullable().openapi({ description: 'Of the whole file, hexadecimal' }),
    lastError: z.string().nullable().openapi({ description: 'Why the last run broke off; it is tried again' }),
    failureReason: z.string().nullable(),
    scheduleId: z.guid().nullable(),
    downloadUrl: z.url().nullable(),
    bundleUrl: z
      .url()
      .nullable()
      .openapi({ description: 'A zip of the file, its manifest, SHA256SUMS and how to verify it' }),
    downloadUrlExpiresAt: z.iso.datetime().nullable(),
  })
  .openapi('Export');

const changes = problems('malformed_request', 'conflict', 'body_too_large', 'unsupported_media_type', 'invalid_field');

const postExport = createRoute({
  ...secured('export.request', 'Request an export; the permission on the data is needed too'),
  method: 'post',
  path,
  tags,
  description:
    'Produced in the background; the file holds exactly the records accepted up to its cutoff. `parameters` is the filter of the type’s list. ' +
    'PDF and XLSX have a limit of rows and are refused beyond it.',
  request: { headers: createHeaders.omit({ 'audit-reason': true }), body: body(exportRequest) },
  responses: { 202: json('Accepted; Location is the export.', view), ...changes },
});

const postEstimate = createRoute({
  ...secured(
    'export.estimate',
    'What an export would be: rows, bytes, seconds; the permission on the data is needed too',
  ),
  method: 'post',
  path: `${path}/estimate`,
  tags,
  request: { body: body(estimateRequest) },
  responses: {
    200: json(
      'The estimate; rows are counted, the rest is derived.',
      z
        .object({
          rows: z.int(),
          bytes: z.int(),
          seconds: z.int(),
          basis: z
            .enum(['measured', 'assumed'])
            .openapi({ description: 'Whether seconds go by exports like this one' }),
          maxRows: z.int().nullable(),
          fits: z.boolean(),
        })
        .openapi('ExportEstimate'),
    ),
    ...changes,
  },
});

const listRoute = createRoute({
  ...secured('export.list', 'Exports, newest first, without links'),
  method: 'get',
  path,
  tags,
  request: {
    query: pageQuery.extend({
      status: statuses.optional(),
      exportType: z.enum(EXPORT_TYPE_NAMES).optional(),
      scheduleId: z.guid().optional(),
      requestedBy: z.enum(['me', 'anybody']).default('me').openapi({
        description: 'anybody: also those of others that you may download',
      }),
    }),
  },
  responses: { 200: json('One page.', pageOf(view).openapi('ExportPage')), ...problems('malformed_request') },
});

const getExport = createRoute({
  ...secured(
    'export.read',
    'An export: progress, and a signed link once it is ready (its requester, or exports.download and the data)',
  ),
  method: 'get',
  path: `${path}/{id}`,
  tags,
  request: { params },
  responses: { 200: json('The export.', view), ...problems() },
});

const controls = {
  pause: { summary: 'Pause an export that is under way', run: pauseExport },
  resume: { summary: 'Resume a paused export', run: resumeExport },
  cancel: { summary: 'Cancel an export and remove what was written', run: cancelExport },
  retry: { summary: 'Retry a failed export from its last committed part', run: retryExport },
} as const;

const controlRoute = (verb: keyof typeof controls) =>
  createRoute({
    ...securedRaw(`export.${verb}`, controls[verb].summary),
    method: 'post',
    path: `${path}/{id}/${verb}` as `${typeof path}/{id}/pause`,
    tags,
    request: { params, headers: reasonHeader },
    responses: { 200: json('The export as it is now.', view), ...problems('malformed_request', 'conflict') },
  });

const postLink = createRoute({
  ...secured('export.link', 'Make a link to a finished export; the permission on the data is needed too'),
  method: 'post',
  path: `${path}/{id}/links`,
  tags,
  description:
    'expiring: until then, for any number of downloads. one-time: for one, which can be resumed for ten minutes. ' +
    'Whoever has the link downloads as you, as long as you may; it ends with the file at the latest.',
  request: {
    params,
    body: body(
      z.strictObject({
        kind: z.enum(['expiring', 'one-time']).default('expiring'),
        expiresInSeconds: z.int().min(60).max(LONGEST_LINK_SECONDS).optional(),
        bundle: z.boolean().default(false),
      }),
    ),
  },
  responses: {
    201: json(
      'The link.',
      z
        .object({
          url: z.url(),
          kind: z.enum(['expiring', 'one-time']),
          bundle: z.boolean(),
          expiresAt: z.iso.datetime(),
        })
        .openapi('ExportLink'),
    ),
    ...changes,
  },
});

export function mountExports(app: App): void {
  for (const counted of [path, `${path}/estimate`])
    app.on(
      'POST',
      counted,
      rateLimit(
        (c) => c.env.runtime.config.EXPORT_RATE_LIMIT,
        (c) => c.get('caller').subject,
      ),
    );
  app.openapi(postEstimate, async (c) => c.json(await estimateExport(callerContext(c), c.req.valid('json')), 200));
  app.openapi(postExport, async (c) => {
    const accepted = await requestExport(
      callerContext(c),
      c.req.valid('json'),
      c.req.valid('header')['idempotency-key'] ?? null,
    );
    return c.json(accepted, 202, { Location: `${path}/${accepted.id}` });
  });
  app.openapi(listRoute, async (c) => c.json(await listExports(callerContext(c), c.req.valid('query')), 200));
  app.openapi(getExport, async (c) => c.json(await readExport(callerContext(c), c.req.valid('param').id), 200));
  for (const verb of Object.keys(controls) as (keyof typeof controls)[]) {
    const { run } = controls[verb];
    app.openapi(controlRoute(verb), async (c) => {
      const reason = c.req.valid('header')['audit-reason'] ?? '';
      return c.json(await run(callerContext(c), c.req.valid('param').id, reason), 200);
    });
  }
  app.openapi(postLink, async (c) =>
    c.json(await makeLink(callerContext(c), c.req.valid('param').id, c.req.valid('json')), 201),
  );
}
