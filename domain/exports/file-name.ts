import type { DownloadRow } from '../../drizzle/repositories/export-downloads.ts';
import { extensionOf, type FormatName } from './file-format.ts';

type Named = Pick<DownloadRow, 'export_type' | 'created_at' | 'file_format' | 'compression' | 'name'>;

/** `audit_logs-2026-11-21-7f3a2b1c.csv`: safe in a shell and on every file system. */
export const plainNameOf = (exportId: string, row: Named) =>
  `${row.export_type}-${row.created_at.toISOString().slice(0, 10)}-${exportId.slice(-8)}.${extension(row)}`;

/** What its requester called it, or the plain name. */
export const fileNameOf = (exportId: string, row: Named) =>
  row.name === null ? plainNameOf(exportId, row) : `${row.name}.${extension(row)}`;

const extension = ({ file_format, compression }: Named) => extensionOf(file_format as FormatName, compression);
