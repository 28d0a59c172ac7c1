import { createRoute, z } from '@hono/zod-openapi';
import type { Context as HttpContext } from 'hono';
import { DomainError } from '../../domain/errors.ts';
import { type ByteRange, parseRange, piecesOf } from '../../domain/exports/byte-range.ts';
import { attachment } from '../../domain/exports/disposition.ts';
import {
  type Download,
  openDownload,
  recordDownloadEnd,
  type Sent,
  useLink,
} from '../../domain/exports/open-download.ts';
import type { App, HttpEnv } from '../http.ts';
import { principalOf } from '../middleware/authenticate.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { idParam, problems } from '../openapi.ts';
import { looksWithoutDownloading } from './look.ts';

const file = {
  'text/csv': { schema: z.string().openapi({ format: 'binary' }) },
  'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) },
};
const path = '/v1/admin/exports/{id}/file';
const params = z.object({ id: idParam('id') });
const responses = {
  200: { description: 'The whole file; Repr-Digest is its SHA-256.', content: file },
  206: { description: 'The range asked for.', content: file },
  304: { description: 'If-None-Match names this file.' },
  416: { description: 'The range lies beyond the file.' },
  ...problems('malformed_request', 'conflict', 'gone', 'link_invalid'),
};

const getFile = createRoute({
  method: 'get',
  path,
  tags: ['exports'],
  summary: 'Download by a signed link (from the export’s downloadUrl, bundleUrl, or POST …/links)',
  description:
    'The link’s admin is authorised anew and the download is audited before the first byte, and again with the bytes sent. ' +
    'Range, If-Range and If-None-Match (RFC 9110) are honoured, Repr-Digest is RFC 9530. ' +
    'A one-time link is used up by GET, but not by HEAD, a browser’s navigation (which is shown a button) or a preview; ' +
    'for ten minutes afterwards the same network may fetch the rest by a Range that does not begin at 0.',
  request: { params },
  responses,
});

const postFile = createRoute({
  method: 'post',
  path,
  tags: ['exports'],
  summary: 'Download by a one-time link: the button of its page',
  request: { params },
  responses,
});

interface Progress {
  bytes: number;
}

/** Streams the pieces back to back; a piece that is missing or short breaks the answer off instead of ending it early. */
async function pump(
  bucket: R2Bucket,
  { parts }: Download,
  { range, sink }: { range: ByteRange; sink: WritableStream<Uint8Array> },
  progress: Progress,
): Promise<void> {
  try {
    for (const piece of piecesOf(parts, range)) {
      const { offset, length } = piece;
      if ('body' in piece) {
        const writer = sink.getWriter();
        await writer.write(piece.body.subarray(offset, offset + length));
        writer.releaseLock();
      } else {
        const object = await bucket.get(piece.key, { range: { offset, length } });
        if (!object) throw new Error(`${piece.key} is missing`);
        await object.body.pipeTo(sink, { preventClose: true });
      }
      progress.bytes += length;
    }
    await sink.close();
  } catch (error) {
    await sink.abort(error).catch(() => undefined);
    throw error;
  }
}

/** Of a download that broke off it is known which pieces went out whole, and which one was on its way. */
function sentOf(download: Download, range: ByteRange, { bytes }: Progress): Sent {
  const all = range.last - range.first + 1;
  let upTo = 0;
  for (const { length } of piecesOf(download.parts, range)) {
    if (upTo > bytes) break;
    upTo += length;
  }
  return {
    bundle: download.link.bundle,
    range: [range.first, range.last],
    complete: bytes === all,
    bytes,
    bytesAtMost: bytes === all ? all : Math.min(all, upTo),
  };
}

const matches = (header: string | undefined, etag: string) =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));

async function serve(c: HttpContext<HttpEnv>, download: Download): Promise<Response> {
  const { etag, size, sha256 } = download;
  const headers: Record<string, string> = {
    'Content-Type': download.contentType,
    'Content-Disposition': attachment(download.fileName),
    'Accept-Ranges': 'bytes',
    ETag: etag,
    'Cache-Control': 'private, no-store, no-transform',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ...(sha256 !== null && { 'Repr-Digest': `sha-256=:${Uint8Array.fromHex(sha256).toBase64()}:` }),
  };
  if (matches(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  const ifRange = c.req.header('if-range');
  const wanted = ifRange === undefined || ifRange === etag ? c.req.header('range') : undefined;
  const parsed = parseRange(wanted, size);
  if (parsed === 'unsatisfiable') return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${size}` });
  const range = parsed ?? { first: 0, last: size - 1 };
  const length = range.last - range.first + 1;
  const ranged = { ...headers, ...(parsed && { 'Content-Range': `bytes ${range.first}-${range.last}/${size}` }) };
  const status = parsed ? 206 : 200;
  if (c.req.method === 'HEAD') return c.body(null, status, { ...ranged, 'Content-Length': String(length) });
  const ctx = c.get('ctx');
  await useLink(ctx, download, parsed);
  // A fixed length gives an exact Content-Length and makes a short body an error the client sees.
  const { readable, writable } = new FixedLengthStream(length);
  const progress = { bytes: 0 };
  const sending = pump(ctx.bucket, download, { range, sink: writable }, progress);
  const end = () => recordDownloadEnd(ctx, download, sentOf(download, range, progress));
  ctx.later(sending.then(end, (error) => end().then(() => Promise.reject(error))));
  return c.body(readable, status, ranged);
}

/** No script, and nothing from elsewhere: the button sends what the browser's address bar holds. */
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>Download</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color:#1a1d21}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#1a4fd0;color:#fff;cursor:pointer}</style>
<h1>One download</h1><p>This link works once. Nothing has been downloaded yet: previews and virus scanners may open this page without
using it up.</p><form method="post"><button>Download the file</button></form>
<p>On a command line: <code>curl -fOJ '…this address…'</code></p></html>`;

const page = (c: HttpContext<HttpEnv>) =>
  c.body(PAGE, 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'private, no-store',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  });

const isOneTime = (url: string) => new URL(url).searchParams.has('once');

/** Mounted outside the Bearer check: the signature is the credential, and a token sent along must be its owner's. */
export function mountDownload(app: App): void {
  app.use(
    getFile.getRoutingPath(),
    rateLimit(
      (c) => ({ ...c.env.runtime.config.API_RATE_LIMIT, name: 'download' }),
      (c) => c.get('ctx').origin.ipAddress,
    ),
  );
  const download = async (c: HttpContext<HttpEnv>, exportId: string) => {
    const authorization = c.req.header('authorization');
    const asked = {
      exportId,
      search: new URL(c.req.url).search.slice(1),
      range: c.req.header('range') ?? null,
      presenter: authorization === undefined ? null : await principalOf(c.env.runtime, authorization),
    };
    return serve(c, await openDownload(c.get('ctx'), asked));
  };
  app.openapi(getFile, async (c) => {
    if (isOneTime(c.req.url) && looksWithoutDownloading(c.req)) return page(c) as never;
    return (await download(c, c.req.valid('param').id)) as never;
  });
  app.openapi(postFile, async (c) => {
    if (!isOneTime(c.req.url)) throw new DomainError('link_invalid', 'Only a one-time link is opened so; use GET.');
    return (await download(c, c.req.valid('param').id)) as never;
  });
}
