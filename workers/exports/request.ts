import { createRoute, z } from '@hono/zod-openapi';
import { readExport } from '../../domain/exports/read-export.ts';
import { requestExport } from '../../domain/exports/request-export.ts';
import { exportRequest } from '../../domain/exports/schema.ts';
import { type App, callerContext } from '../http.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { idParam, problems } from '../openapi.ts';
import { body, createHeaders, json, secured } from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    requestedBy: z.guid(),
    exportType: z.string(),
    parameters: z.unknown(),
    fileFormat: z.string(),
    status: z.enum(['queued', 'processing', 'ready', 'expired', 'failed']),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    cutoff: z.iso.datetime({ precision: 6 }),
    rowsExpected: z.int().nullable(),
    rowsDone: z.int(),
    bytesDone: z.int(),
    failureReason: z.string().nullable(),
    downloadUrl: z.url().nullable(),
    downloadUrlExpiresAt: z.iso.datetime().nullable(),
  })
  .openapi('Export');

const postExport = createRoute({
  ...secured('export.request', 'Request an export; the permission on the data is needed too'),
  method: 'post',
  path: '/v1/admin/exports',
  tags: ['exports'],
  description: 'Produced in the background; the file holds exactly the records accepted up to its cutoff.',
  request: {
    headers: createHeaders.omit({ 'audit-reason': true }),
    body: body(exportRequest),
  },
  responses: {
    202: json('Accepted; Location is the export.', view),
    ...problems('malformed_request', 'conflict', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const getExport = createRoute({
  ...secured(
    'export.read',
    'An export: progress, and a signed link once it is ready (its requester, or exports.download and the data)',
  ),
  method: 'get',
  path: '/v1/admin/exports/{id}',
  tags: ['exports'],
  request: { params: z.object({ id: idParam('id') }) },
  responses: { 200: json('The export.', view), ...problems() },
});

export function mountExports(app: App): void {
  app.on(
    'POST',
    '/v1/admin/exports',
    rateLimit(
      (c) => c.env.runtime.config.EXPORT_RATE_LIMIT,
      (c) => c.get('caller').subject,
    ),
  );
  app.openapi(postExport, async (c) => {
    const accepted = await requestExport(
      callerContext(c),
      c.req.valid('json'),
      c.req.valid('header')['idempotency-key'] ?? null,
    );
    return c.json(accepted, 202, { Location: `/v1/admin/exports/${accepted.id}` });
  });
  app.openapi(getExport, async (c) => c.json(await readExport(callerContext(c), c.req.valid('param').id), 200));
}
