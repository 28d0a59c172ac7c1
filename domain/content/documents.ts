import * as z from 'zod';
import {
  type DocumentItem,
  deleteDocument,
  insertDocument,
  listDocuments as listStatement,
  publishDocument as publishStatement,
  readDocument as readStatement,
  updateDocument as updateStatement,
} from '../../drizzle/repositories/documents.ts';
import { lockList } from '../../drizzle/repositories/service-lock.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, Invalid, NotFound } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { list, type Page } from '../resources/read.ts';
import { freeText } from '../services/free-text.ts';
import { documentKey, fileLink, storeFile } from './document-files.ts';
import { findSecretIn } from './document-secrets.ts';
import { declaredType, typeOf } from './document-type.ts';
import { languageTag } from './language-tag.ts';
import { contentCode } from './schema.ts';

const title = freeText(200).min(1, 'must not be empty');

export const newDocument = z.strictObject({ code: contentCode, locale: languageTag, title });
export const documentPatch = z.strictObject({ title }).partial();

interface DocumentKey {
  serviceId: string;
  documentId: string;
}

export interface Upload {
  /** Content-Type, as sent. */
  declared: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const published = () =>
  new DomainError(
    'conflict',
    'A published version does not change; create the next one with the same code and locale.',
  );
const refusals = { published };

/** By code, locale and revision. */
export const listDocuments = (
  ctx: CallerContext,
  serviceId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<DocumentItem>> =>
  list(ctx, listStatement, {
    action: 'service.document.list',
    key: { serviceId },
    limit: query.limit,
    cursor: query.cursor,
    order: ['text', 'text', 'int'],
  });

/** With a link to the file, for the caller alone. @throws NotFound */
export async function readDocument(ctx: CallerContext, key: DocumentKey) {
  const [row] = await ctx.db.api.run(readStatement, { ...callerInput(ctx, 'service.document.read'), ...key });
  const { item, admin_id: adminId } = assertAllowed(ctx, row);
  if (!item || !adminId) throw new NotFound();
  return { ...item, ...(await fileLink(ctx, item.serviceId, item.id, adminId)) };
}

/** @throws DomainError unsupported_media_type */
function typeOfUpload({ declared, bytes }: Upload) {
  const wanted = requireType(declared);
  const found = typeOf(bytes);
  if (found === wanted) return found;
  throw new DomainError(
    'unsupported_media_type',
    found === null
      ? 'The file is neither a PDF nor Markdown: Markdown is plain text in UTF-8.'
      : `The Content-Type says ${wanted}, the file is ${found}.`,
  );
}

/** @throws DomainError unsupported_media_type */
export function requireType(declared: string) {
  const type = declaredType(declared);
  if (type) return type;
  throw new DomainError(
    'unsupported_media_type',
    'Send a PDF (Content-Type: application/pdf) or Markdown in UTF-8 (text/markdown).',
  );
}

/**
 * A draft with the next revision of its code and locale. The object is written first, so that no row is ever without its file;
 * it goes again when the row is refused.
 * @throws Invalid, DomainError unsupported_media_type, Unavailable
 */
export async function createDocument(
  ctx: CallerContext,
  serviceId: string,
  values: z.infer<typeof newDocument>,
  upload: Upload,
  o: Creation,
): Promise<DocumentItem> {
  const { bytes } = upload;
  const contentType = typeOfUpload(upload);
  const secret = contentType === 'text/markdown' ? findSecretIn(bytes) : null;
  if (secret) throw new Invalid(`The file looks like it holds a secret (${secret}); leave it out.`, []);
  const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();
  const id = ctx.newId();
  const objectKey = documentKey(serviceId, id);
  await storeFile(ctx, objectKey, { bytes, contentType, sha256 });
  const making = create(ctx, insertDocument, {
    action: 'service.document.create',
    id,
    key: { serviceId, objectKey },
    place: { serviceId },
    values: { ...values, contentType, bytes: bytes.length, sha256 },
    taken: 'Another revision came first; try again.',
    lock: lockList('documents', serviceId),
    ...o,
  });
  const made = await making.catch((error: unknown) => {
    // Any other error leaves open whether the row is there: then the object must stay.
    if (error instanceof DomainError) ctx.later(ctx.bucket.delete(objectKey));
    throw error;
  });
  // The answer to an earlier request with this Idempotency-Key.
  if (made.id !== id) ctx.later(ctx.bucket.delete(objectKey));
  return made;
}

/** Drafts only. @throws NotFound, DomainError stale_version | conflict */
export async function updateDocument(
  ctx: CallerContext,
  key: DocumentKey,
  patch: z.infer<typeof documentPatch>,
  o: Replacement,
): Promise<DocumentItem> {
  const { item } = await change(ctx, updateStatement, {
    action: 'service.document.update',
    key,
    patch,
    refusals,
    ...o,
  });
  // A patch that changes nothing is not asked by the statement's guards.
  if (item.status === 'published') throw published();
  return item;
}

/** From now on the version never changes. @throws NotFound, DomainError stale_version | conflict */
export async function publishDocument(ctx: CallerContext, key: DocumentKey, o: Replacement): Promise<DocumentItem> {
  const action = 'service.document.publish';
  const { item, changed } = await change(ctx, publishStatement, { action, key, patch: {}, refusals, ...o });
  if (!changed) throw published();
  return item;
}

/** Drafts only; the file goes after the row. @throws NotFound, DomainError stale_version | conflict */
export async function removeDocument(ctx: CallerContext, key: DocumentKey, o: Replacement): Promise<void> {
  const gone = await remove(ctx, deleteDocument, { action: 'service.document.delete', key, refusals, ...o });
  ctx.later(ctx.bucket.delete(documentKey(gone.serviceId, gone.id)));
}
