import { createRoute, z } from '@hono/zod-openapi';
import { DomainError } from '../../domain/errors.ts';
import { OPERATION_TYPE_NAMES } from '../../domain/operations/types/index.ts';
import { uploadOperation } from '../../domain/operations/upload-operation.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { createHeaders, creation, json, securedRaw } from '../route.ts';
import { operationView } from './views.ts';

const CSV_TYPE = /^text\/csv\s*(?:;.*)?$/i;
const path = '/v1/admin/operations/upload';
const flag = z.enum(['true', 'false']);

const route = createRoute({
  ...securedRaw('operation.request', 'Ask for an operation about the rows of a CSV file'),
  method: 'post',
  path,
  tags: ['operations'],
  description:
    'The body is the file: UTF-8, a header, at most 100,000 rows and 16 MiB; comma, semicolon or tab. Columns are found by their names, whatever ' +
    'their case and spaces, or by `mapping`. Nothing is planned unless every row is right and names something that there is; with `partial=true` ' +
    'the others are left out, and told. Rows: features.toggle serviceId, code, isActive · sessions.revoke sessionId · admins.lock and admins.unlock ' +
    'adminId · services.maintenance and services.config.apply serviceId.',
  request: {
    headers: createHeaders,
    query: z.strictObject({
      type: z.enum(OPERATION_TYPE_NAMES),
      parameters: z.string().max(20_000).default('{}').openapi({ description: 'JSON object' }),
      mapping: z.string().max(10_000).default('{}').openapi({ description: 'JSON object: field → name of its column' }),
      partial: flag.default('false'),
      start: flag.default('true'),
    }),
    body: { required: true, content: { 'text/csv': { schema: z.string() } } },
  },
  responses: {
    202: json(
      'Accepted; Location is the operation.',
      z
        .object({
          operation: operationView,
          file: z.object({
            rows: z.int(),
            accepted: z.int(),
            ignoredColumns: z.array(z.string()),
            errors: z
              .array(z.object({ line: z.int(), column: z.string().nullable(), reason: z.string() }))
              .openapi({ description: 'Of rows that were left out: the first thousand' }),
            errorCount: z.int(),
          }),
        })
        .openapi('OperationUpload'),
    ),
    ...problems(
      'malformed_request',
      'conflict',
      'body_too_large',
      'unsupported_media_type',
      'invalid_field',
      'idempotency_key_reused',
      'would_lock_out',
    ),
  },
});

export function mountOperationUpload(app: App): void {
  app.openapi(route, async (c) => {
    if (!CSV_TYPE.test(c.req.header('content-type') ?? ''))
      throw new DomainError('unsupported_media_type', 'Send the file itself: Content-Type: text/csv.');
    const { partial, start, ...asked } = c.req.valid('query');
    const { reason, idempotencyKey } = creation(c.req.valid('header'));
    const length = c.req.header('content-length');
    const uploaded = await uploadOperation(callerContext(c), {
      ...asked,
      reason,
      idempotencyKey,
      partial: partial === 'true',
      start: start === 'true',
      body: c.req.raw.body,
      declaredBytes: length === undefined ? null : Number(length),
    });
    return c.json(uploaded, 202, { Location: `/v1/admin/operations/${uploaded.operation.id}` });
  });
}
