import { createRoute, z } from '@hono/zod-openapi';
import { openDocument } from '../../domain/content/document-files.ts';
import { DomainError, Unavailable } from '../../domain/errors.ts';
import type { App } from '../http.ts';
import { principalOf } from '../middleware/authenticate.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { idParam, problems } from '../openapi.ts';
import { serviceParams } from '../route.ts';

const binary = { schema: z.string().openapi({ format: 'binary' }) };

const getFile = createRoute({
  method: 'get',
  path: '/v1/admin/services/{id}/documents/{documentId}/file',
  tags: ['documents'],
  summary: 'Download by a signed link (from the document’s downloadUrl)',
  description: 'The link’s admin is authorised anew and the download is audited before the first byte.',
  request: { params: serviceParams.extend({ documentId: idParam('documentId') }) },
  responses: {
    200: {
      description: 'The file; ETag is its SHA-256.',
      content: { 'application/pdf': binary, 'text/markdown': binary },
    },
    ...problems('malformed_request', 'link_invalid'),
  },
});

/** Mounted outside the Bearer check: the signature is the credential, and a token sent along must be its owner's. */
export function mountDocumentFile(app: App): void {
  app.use(
    getFile.getRoutingPath(),
    rateLimit(
      (c) => ({ ...c.env.runtime.config.API_RATE_LIMIT, name: 'download' }),
      (c) => c.get('ctx').origin.ipAddress,
    ),
  );
  app.openapi(getFile, async (c) => {
    if (c.req.method !== 'GET') throw new DomainError('link_invalid', 'The link is signed for GET.');
    const authorization = c.req.header('authorization');
    const presenter = authorization === undefined ? null : await principalOf(c.env.runtime, authorization);
    const { id, documentId } = c.req.valid('param');
    const ctx = c.get('ctx');
    const search = new URL(c.req.url).search.slice(1);
    const file = await openDocument(ctx, { serviceId: id, documentId, search }, presenter);
    const object = await ctx.bucket.get(file.key).catch((cause: unknown) => {
      throw new Unavailable('The file cannot be read right now; try again shortly.', cause);
    });
    if (!object) throw new Error(`${file.key} is missing`);
    const { readable, writable } = new FixedLengthStream(object.size);
    ctx.later(object.body.pipeTo(writable));
    return c.body(readable, 200, {
      'Content-Type': file.contentType,
      'Content-Disposition': `attachment; filename="${file.fileName}"`,
      ETag: file.etag,
      'Cache-Control': 'private, no-store, no-transform',
      'Content-Security-Policy': "default-src 'none'; sandbox",
    }) as never;
  });
}
