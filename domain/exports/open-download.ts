import {
  type DownloadRow,
  openDownload as openDownloadRow,
  recordSent,
} from '../../drizzle/repositories/export-downloads.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context, Principal } from '../context.ts';
import { DomainError, NotFound, Unavailable } from '../errors.ts';
import type { Part } from './bundle.ts';
import { bundleOf } from './bundle-export.ts';
import type { ByteRange } from './byte-range.ts';
import { contentTypeOf, type FormatName } from './file-format.ts';
import { fileNameOf } from './file-name.ts';
import { type LinkClaims, linkKeyId, verifyLink } from './link.ts';

export interface Download {
  fileName: string;
  contentType: string;
  /** Strong validator: the file's hash. */
  etag: string;
  /** SHA-256 of the whole, hexadecimal; null for a bundle, which has the file's hash in it. */
  sha256: string | null;
  size: number;
  parts: readonly Part[];
  /** Who downloads. */
  link: LinkClaims;
}

/** What is asked for: goes into the record. */
export interface DownloadAsked {
  exportId: string;
  /** The raw query. */
  search: string;
  /** As the request has it. */
  range: string | null;
  /** The token's holder when the request carried one: then it must be the link's admin. */
  presenter: Principal | null;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Opens a finished export by its signed link. Authorises the link's admin anew, on the export and on the data in it, and
 * records the download (or the refusal) before anything is sent.
 * @throws NotFound, DomainError link_invalid | forbidden | gone | conflict
 */
export async function openDownload(ctx: Context, asked: DownloadAsked): Promise<Download> {
  const { exportId, search, range, presenter } = asked;
  const link = await verifyLink(await ctx.keys.links(linkKeyId(search)), exportId, search, ctx.now());
  const [row] = await ctx.db.api.run(openDownloadRow, {
    ...newEvent(ctx, 'export.download'),
    exportId,
    adminId: link?.adminId ?? NOBODY,
    issuedAt: link?.issuedAt ?? 0,
    presenterSubject: presenter?.subject ?? null,
    reason: link ? '' : 'the link is not valid or has expired',
    asked: JSON.stringify({
      bundle: link?.bundle ?? false,
      once: link?.once != null,
      range: range?.slice(0, 100) ?? null,
    }),
    ipAddress: ctx.origin.ipAddress,
    sessionId: presenter?.sessionId ?? '',
  });
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (!link)
    throw new DomainError('link_invalid', 'This link is not valid or has expired; get a new one from the export.');
  return downloadOf(ctx, link, allowed(row));
}

function allowed(row: DownloadRow | undefined): DownloadRow {
  switch (row?.verdict) {
    case 'ok':
      return row;
    case 'forbidden':
      throw new DomainError('forbidden', 'This needs exports.download and the permission to see the data in the file.');
    case 'gone':
      throw new DomainError('gone', 'The file has expired; request the export again.');
    case 'not_ready':
      throw new DomainError('conflict', 'The file is not ready.');
    default:
      throw new NotFound();
  }
}

async function downloadOf(ctx: Context, link: LinkClaims, row: DownloadRow): Promise<Download> {
  const fileName = fileNameOf(link.exportId, row);
  if (link.bundle) return { ...(await bundleOf(ctx, link.exportId, row)), link };
  return {
    fileName,
    contentType: contentTypeOf(row.file_format as FormatName, row.compression),
    etag: `"${row.sha256}"`,
    sha256: row.sha256,
    size: row.chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    parts: row.chunks,
    link,
  };
}

/**
 * Uses a one-time link: the first request has it, the rest of an interrupted file can be fetched for ten minutes.
 * @throws Unavailable, DomainError gone, which is recorded
 */
export async function useLink(ctx: Context, download: Download, range: ByteRange | null): Promise<void> {
  const { link } = download;
  if (link.once === null) return;
  const claim = ctx.exportRuns.claim(link.exportId, link.once, {
    network: ctx.origin.ipAddress,
    ranged: range !== null && range.first > 0,
    now: ctx.now(),
    expiresAt: link.expiresAt * 1000,
  });
  const answer = await claim.catch((cause: unknown) => {
    throw new Unavailable('Whether this link was used cannot be looked up right now; try again shortly.', cause);
  });
  if (answer !== 'used') return;
  const nothing = { bundle: link.bundle, range: null, complete: false, bytes: 0, bytesAtMost: 0 };
  ctx.later(recordDownloadEnd(ctx, download, nothing, 'the one-time link had been used'));
  throw new DomainError('gone', 'This link was for one download and has been used; get a new one from the export.');
}

/** How much of a download was sent. Of one that broke off, what is known of it. */
export interface Sent {
  bundle: boolean;
  /** Null: nothing was to be sent. */
  range: [first: number, last: number] | null;
  complete: boolean;
  bytes: number;
  /** Of a download that broke off: some of them may not have left, or not have arrived. */
  bytesAtMost: number;
}

/** Records the end of a download. */
export async function recordDownloadEnd(
  ctx: Context,
  { link }: Download,
  sent: Sent,
  reason = 'the download broke off',
): Promise<void> {
  await ctx.db.api.run(recordSent, {
    ...newEvent(ctx, 'export.download.end'),
    exportId: link.exportId,
    adminId: link.adminId,
    outcome: sent.complete ? 'success' : 'failure',
    reason: sent.complete ? '' : reason,
    sent: JSON.stringify(sent),
    ipAddress: ctx.origin.ipAddress,
    sessionId: '',
  });
  await ctx.queues.auditOutbox.send(DRAIN);
}
