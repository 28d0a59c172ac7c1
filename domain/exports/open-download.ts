import { type DownloadRow, openDownload as openDownloadRow } from '../../drizzle/repositories/export-requests.ts';
import { DRAIN } from '../../queues/messages.ts';
import { newEvent } from '../access/caller.ts';
import type { Context, Principal } from '../context.ts';
import { DomainError, NotFound } from '../errors.ts';
import { verifyLink } from './link.ts';

export interface Download {
  fileName: string;
  contentType: string;
  /** Strong validator: the hash of the chunks' hashes. */
  etag: string;
  size: number;
  parts: { key: string; bytes: number }[];
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Opens a finished export by its signed link. Authorises the link's admin anew, on the export and on the data in it, and
 * records the download (or the refusal) before anything is sent.
 * @param presenter the token's holder when the request carried one: then it must be the link's admin
 * @throws NotFound, DomainError link_invalid | forbidden | gone | conflict
 */
export async function openDownload(
  ctx: Context,
  exportId: string,
  search: string,
  presenter: Principal | null,
): Promise<Download> {
  const link = await verifyLink(ctx.linkKeys, exportId, search, ctx.now());
  const [row] = await ctx.db.api.run(openDownloadRow, {
    ...newEvent(ctx, 'export.download'),
    exportId,
    adminId: link?.adminId ?? NOBODY,
    issuedAt: link?.issuedAt ?? 0,
    presenterSubject: presenter?.subject ?? null,
    reason: link ? '' : 'the link is not valid or has expired',
    ipAddress: ctx.origin.ipAddress,
    sessionId: presenter?.sessionId ?? '',
  });
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (!link)
    throw new DomainError('link_invalid', 'This link is not valid or has expired; get a new one from the export.');
  return downloadOf(exportId, row);
}

async function downloadOf(exportId: string, row: DownloadRow | undefined): Promise<Download> {
  switch (row?.verdict) {
    case 'ok':
      break;
    case 'forbidden':
      throw new DomainError('forbidden', 'This needs exports.download and the permission to see the data in the file.');
    case 'gone':
      throw new DomainError('gone', 'The file has expired; request the export again.');
    case 'not_ready':
      throw new DomainError('conflict', 'The file is not ready.');
    default:
      throw new NotFound();
  }
  const hashes = row.chunks.map(({ sha256 }) => sha256).join('\n');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(hashes)));
  const day = row.created_at.toISOString().slice(0, 10);
  return {
    fileName: `${row.export_type}-${day}-${exportId.slice(-8)}.${row.file_format}`,
    contentType: 'text/csv; charset=utf-8',
    etag: `"${digest.toHex()}"`,
    size: row.chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    parts: row.chunks.map(({ key, bytes }) => ({ key, bytes })),
  };
}
