import { type OpenedDocumentRow, openDocument as openStatement } from '../../drizzle/repositories/documents.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import { linkKeyId, signLink, verifyLink } from '../access/signed-link.ts';
import type { Context, Principal } from '../context.ts';
import { DomainError, NotFound, Unavailable } from '../errors.ts';
import type { DocumentType } from './document-type.ts';

export const MAX_DOCUMENT_BYTES = 10 * 1024 * 1024;

const LINK_SECONDS = 600;
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** R2 keys are built from our own UUIDs only. */
export const documentKey = (serviceId: string, documentId: string) =>
  `documents/${serviceId.toLowerCase()}/${documentId}`;

const filePath = (serviceId: string, documentId: string) =>
  `/v1/admin/services/${serviceId}/documents/${documentId}/file`;

export interface DocumentFile {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: DocumentType;
  /** SHA-256, hex. */
  sha256: string;
}

/** Writes a new object; R2 checks its hash on arrival. @throws Unavailable when it cannot be written */
export async function storeFile(ctx: Pick<Context, 'bucket'>, key: string, file: DocumentFile): Promise<void> {
  const written = await ctx.bucket
    .put(key, file.bytes, {
      onlyIf: { etagDoesNotMatch: '*' },
      sha256: file.sha256,
      httpMetadata: { contentType: file.contentType },
    })
    .catch((cause: unknown) => {
      throw new Unavailable('The file cannot be stored right now; nothing was created. Try again shortly.', cause);
    });
  if (!written) throw new Error(`${key} exists already`);
}

/** A link for this admin; it opens the file for ten minutes. */
export async function fileLink(ctx: Context, serviceId: string, documentId: string, adminId: string) {
  const issuedAt = Math.floor(ctx.now() / 1000);
  const expiresAt = issuedAt + LINK_SECONDS;
  const link = await signLink(await ctx.keys.links(), {
    path: filePath(serviceId, documentId),
    ...{ adminId, issuedAt, expiresAt, once: null, bundle: false },
  });
  return {
    downloadUrl: ctx.settings.publicUrl + link,
    downloadUrlExpiresAt: new Date(expiresAt * 1000).toISOString(),
  };
}

export interface DocumentDownload {
  fileName: string;
  contentType: string;
  /** Strong validator: the content's SHA-256. */
  etag: string;
  key: string;
}

/**
 * Opens a document by its signed link. Authorises the link's admin anew and records the download, or the refusal, before
 * anything is sent.
 * @param presenter the token's holder when the request carried one: then it must be the link's admin
 * @throws NotFound, DomainError link_invalid | forbidden
 */
export async function openDocument(
  ctx: Context,
  { serviceId, documentId, search }: { serviceId: string; documentId: string; search: string },
  presenter: Principal | null,
): Promise<DocumentDownload> {
  const link = await verifyLink(
    await ctx.keys.links(linkKeyId(search)),
    filePath(serviceId, documentId),
    search,
    ctx.now(),
  );
  const [row] = await ctx.db.api.run(openStatement, {
    ...newEvent(ctx, 'service.document.download'),
    serviceId,
    documentId,
    adminId: link?.adminId ?? NOBODY,
    issuedAt: link?.issuedAt ?? 0,
    presenterSubject: presenter?.subject ?? null,
    reason: link ? '' : 'the link is not valid or has expired',
    ipAddress: ctx.origin.ipAddress,
    sessionId: presenter?.sessionId ?? '',
  });
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (!link)
    throw new DomainError('link_invalid', 'This link is not valid or has expired; get a new one from the document.');
  if (row?.verdict === 'forbidden') throw new DomainError('forbidden', 'This needs the permission services.view.');
  if (row?.verdict !== 'ok') throw new NotFound();
  return downloadOf(row);
}

/** Code and locale are letters, digits and hyphens: a file name that needs no escapes (RFC 6266). */
function downloadOf(row: OpenedDocumentRow): DocumentDownload {
  const isPdf = row.content_type === 'application/pdf';
  return {
    fileName: `${row.code}-${row.locale}-${row.revision}.${isPdf ? 'pdf' : 'md'}`,
    contentType: isPdf ? 'application/pdf' : 'text/markdown; charset=utf-8',
    etag: `"${row.sha256}"`,
    key: row.object_key,
  };
}
