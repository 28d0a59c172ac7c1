import { createRoute, z } from '@hono/zod-openapi';
import { MAX_DOCUMENT_BYTES } from '../../domain/content/document-files.ts';
import {
  createDocument,
  documentPatch,
  listDocuments,
  newDocument,
  publishDocument,
  readDocument,
  removeDocument,
  requireType,
  updateDocument,
} from '../../domain/content/documents.ts';
import { readFile } from '../../domain/content/read-file.ts';
import { type App, callerContext } from '../http.ts';
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
  serviceParams,
  tagged,
} from '../route.ts';

const view = z
  .object({
    id: z.guid(),
    serviceId: z.guid(),
    code: z.string(),
    locale: z.string().openapi({ description: 'BCP 47, canonical' }),
    revision: z
      .int()
      .openapi({ description: 'Which version of the document this is: counts up for each code and locale' }),
    title: z.string(),
    contentType: z.enum(['application/pdf', 'text/markdown']),
    bytes: z.int(),
    sha256: z.string().openapi({ description: 'Of the file, hexadecimal' }),
    status: z.enum(['draft', 'published']),
    publishedAt: z.iso.datetime().nullable(),
    createdBy: z.guid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version: z.int().openapi({ description: 'Of this row, for If-Match; the version of the document is `revision`' }),
  })
  .openapi('ServiceDocument');

const linked = view
  .extend({ downloadUrl: z.url(), downloadUrlExpiresAt: z.iso.datetime() })
  .openapi('ServiceDocumentWithLink');

const tags = ['documents'];
const path = '/v1/admin/services/{id}/documents';
const onePath = `${path}/{documentId}`;
const params = serviceParams.extend({ documentId: idParam('documentId') });
const one = json('The document; ETag is its `version`.', view);
const binary = { schema: z.string().openapi({ format: 'binary' }) };

const listRoute = createRoute({
  ...secured('service.document.list', 'Documents of a service, by code, locale and revision'),
  method: 'get',
  path,
  tags,
  request: { params: serviceParams, query: pageQuery },
  responses: { 200: json('One page.', pageOf(view).openapi('ServiceDocumentPage')), ...problems('malformed_request') },
});

const createOne = createRoute({
  ...securedRaw('service.document.create', 'Upload a draft: the next revision of its code and locale'),
  method: 'post',
  path,
  tags,
  description: 'The body is the file itself, at most 10 MiB. Its content must be what the Content-Type says.',
  request: {
    params: serviceParams,
    query: newDocument,
    headers: createHeaders,
    body: { required: true, content: { 'application/pdf': binary, 'text/markdown': binary } },
  },
  responses: {
    201: one,
    ...problems('malformed_request', 'conflict', 'body_too_large', 'unsupported_media_type', 'idempotency_key_reused'),
  },
});

const readRoute = createRoute({
  ...secured('service.document.read', 'Read a document, with a signed link to its file'),
  method: 'get',
  path: onePath,
  tags,
  request: { params },
  responses: { 200: json('The document; ETag is its `version`.', linked), ...problems() },
});

const patchRoute = createRoute({
  ...secured('service.document.update', 'Change the title of a draft'),
  method: 'patch',
  path: onePath,
  tags,
  description: 'Another file is another revision: upload it. A published revision never changes.',
  request: { params, headers: changeHeaders, body: body(documentPatch) },
  responses: {
    200: one,
    ...problems('malformed_request', 'conflict', 'stale_version', 'unsupported_media_type', 'invalid_field'),
  },
});

const publishRoute = createRoute({
  ...securedRaw('service.document.publish', 'Publish a draft; it never changes again'),
  method: 'post',
  path: `${onePath}/publish`,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 200: one, ...problems('malformed_request', 'conflict', 'stale_version') },
});

const removeRoute = createRoute({
  ...secured('service.document.delete', 'Remove a draft and its file'),
  method: 'delete',
  path: onePath,
  tags,
  request: { params, headers: changeHeaders },
  responses: { 204: { description: 'Removed.' }, ...problems('malformed_request', 'conflict', 'stale_version') },
});

const keyOf = ({ id, documentId }: z.infer<typeof params>) => ({ serviceId: id, documentId });

/** What is no length is as good as none: the body is counted all the same. */
function lengthOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

export function mountDocuments(app: App): void {
  app.openapi(listRoute, async (c) =>
    c.json(await listDocuments(callerContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(createOne, async (c) => {
    const { id } = c.req.valid('param');
    const declared = c.req.header('content-type') ?? '';
    requireType(declared);
    const bytes = await readFile(c.req.raw.body, lengthOf(c.req.header('content-length')), MAX_DOCUMENT_BYTES);
    const o = creation(c.req.valid('header'));
    const made = await createDocument(callerContext(c), id, c.req.valid('query'), { declared, bytes }, o);
    return c.json(tagged(c, made), 201, { Location: `/v1/admin/services/${id}/documents/${made.id}` });
  });
  app.openapi(readRoute, async (c) => {
    const document = await readDocument(callerContext(c), keyOf(c.req.valid('param')));
    return c.json(tagged(c, document), 200);
  });
  app.openapi(patchRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    const changes = replacement(c.req.valid('header'));
    return c.json(tagged(c, await updateDocument(callerContext(c), key, c.req.valid('json'), changes)), 200);
  });
  app.openapi(publishRoute, async (c) => {
    const key = keyOf(c.req.valid('param'));
    return c.json(tagged(c, await publishDocument(callerContext(c), key, replacement(c.req.valid('header')))), 200);
  });
  app.openapi(removeRoute, async (c) => {
    await removeDocument(callerContext(c), keyOf(c.req.valid('param')), replacement(c.req.valid('header')));
    return c.body(null, 204);
  });
}
