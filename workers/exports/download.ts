import { createRoute, z } from '@hono/zod-openapi';
import type { Context as HttpContext } from 'hono';
import { DomainError } from '../../domain/errors.ts';
import { type ByteRange, parseRange, piecesOf } from '../../domain/exports/byte-range.ts';
import { type Download, openDownload } from '../../domain/exports/open-download.ts';
import type { App, HttpEnv } from '../http.ts';
import { principalOf } from '../middleware/authenticate.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { idParam, problems } from '../openapi.ts';

const file = { 'text/csv': { schema: z.string().openapi({ format: 'binary' }) } };

const getFile = createRoute({
  method: 'get',
  path: '/v1/admin/exports/{id}/file',
  tags: ['exports'],
  summary: 'Download by a signed link (from the export’s downloadUrl)',
  description:
    'The link’s admin is authorised anew and the download is audited before the first byte. Range and If-Range (RFC 9110) are honoured.',
  request: { params: z.object({ id: idParam('id') }) },
  responses: {
    200: { description: 'The whole file.', content: file },
    206: { description: 'The range asked for.', content: file },
    416: { description: 'The range lies beyond the file.' },
    ...problems('malformed_request', 'conflict', 'gone', 'link_invalid'),
  },
});

/** Streams the pieces back to back; a piece that is missing or short breaks the answer off instead of ending it early. */
async function pump(bucket: R2Bucket, download: Download, range: ByteRange, sink: WritableStream): Promise<void> {
  try {
    for (const { key, offset, length } of piecesOf(download.parts, range)) {
      const object = await bucket.get(key, { range: { offset, length } });
      if (!object) throw new Error(`${key} is missing`);
      await object.body.pipeTo(sink, { preventClose: true });
    }
    await sink.close();
  } catch (error) {
    await sink.abort(error).catch(() => undefined);
    throw error;
  }
}

function serve(c: HttpContext<HttpEnv>, download: Download): Response {
  const headers: Record<string, string> = {
    'Content-Type': download.contentType,
    'Content-Disposition': `attachment; filename="${download.fileName}"`,
    'Accept-Ranges': 'bytes',
    ETag: download.etag,
    'Cache-Control': 'private, no-store, no-transform',
  };
  const ifRange = c.req.header('if-range');
  const wanted = ifRange === undefined || ifRange === download.etag ? c.req.header('range') : undefined;
  const parsed = parseRange(wanted, download.size);
  if (parsed === 'unsatisfiable') return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${download.size}` });
  const range = parsed ?? { first: 0, last: download.size - 1 };
  const length = range.last - range.first + 1;
  // A fixed length gives an exact Content-Length and makes a short body an error the client sees.
  const { readable, writable } = new FixedLengthStream(length);
  const ctx = c.get('ctx');
  ctx.later(pump(ctx.bucket, download, range, writable));
  if (!parsed) return c.body(readable, 200, headers);
  return c.body(readable, 206, { ...headers, 'Content-Range': `bytes ${range.first}-${range.last}/${download.size}` });
}

/** Mounted outside the Bearer check: the signature is the credential, and a token sent along must be its owner's. */
export function mountDownload(app: App): void {
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
    const search = new URL(c.req.url).search.slice(1);
    const download = await openDownload(c.get('ctx'), c.req.valid('param').id, search, presenter);
    return serve(c, download) as never;
  });
}
