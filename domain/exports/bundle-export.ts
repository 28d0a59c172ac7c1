import type { DownloadRow } from '../../drizzle/repositories/export-downloads.ts';
import type { Context } from '../context.ts';
import { type BundleFile, type Part, zipParts } from './bundle.ts';
import { crc32 } from './crc32.ts';
import type { FormatName } from './file-format.ts';
import { fileNameOf, plainNameOf } from './file-name.ts';
import { MANIFEST_NAME, manifestOf, manifestText, SUMS_NAME, sumsText, VERIFY_NAME } from './manifest.ts';
import { EXPORT_TYPES, type ExportTypeName } from './types/index.ts';
import { verifyText } from './verify-text.ts';

const hashOf = async (bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();

/** The file with its manifest, its hashes and how to check them, as parts of a zip: the same bytes every time. */
export async function bundleOf({ settings }: Pick<Context, 'settings'>, exportId: string, row: DownloadRow) {
  const type = EXPORT_TYPES[row.export_type as ExportTypeName];
  const name = plainNameOf(exportId, row);
  const size = row.chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  const manifest = manifestOf({
    generator: { name: 'Steward', version: settings.version },
    exportId,
    exportType: row.export_type,
    title: type.title,
    requestedBy: row.requested_by_email,
    requestedAt: row.created_at.toISOString(),
    cutoff: row.cutoff,
    filter: row.parameters as Record<string, unknown>,
    scope: row.scope,
    order: type.order,
    schema: type.columns,
    file: {
      ...{ name, format: row.file_format as FormatName, compression: row.compression },
      ...{ rows: row.rows, bytes: size, sha256: row.sha256 },
    },
    chunks: row.chunks.map(({ rows, bytes, sha256 }, seq) => ({ seq, rows, bytes, sha256 })),
  });
  const modified = row.finished_at;
  const text = async (fileName: string, content: string) => {
    const body = Uint8Array.from(new TextEncoder().encode(content));
    const file: BundleFile = {
      ...{ name: fileName, bytes: body.length, crc32: crc32(body), modified },
      parts: [{ body, bytes: body.length }],
    };
    return { file, sha256: await hashOf(body) };
  };
  const written = [await text(MANIFEST_NAME, manifestText(manifest)), await text(VERIFY_NAME, verifyText(manifest))];
  const sums = await text(
    SUMS_NAME,
    sumsText([{ name, sha256: row.sha256 }, ...written.map(({ file, sha256 }) => ({ name: file.name, sha256 }))]),
  );
  const data: BundleFile = { name, bytes: size, crc32: row.crc32, modified, parts: row.chunks };
  const parts: Part[] = zipParts([...written.map(({ file }) => file), sums.file, data]);
  return {
    fileName: `${fileNameOf(exportId, row)}.zip`,
    contentType: 'application/zip',
    // Of the sums: they are of all that is in it.
    etag: `"${sums.sha256}"`,
    sha256: null,
    size: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    parts,
  };
}
