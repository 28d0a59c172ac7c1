import type { Encoding } from './chunk-reader.ts';

/** How a file is written. A document is one object and needs all its rows at once: it has a limit, and is refused beyond it. */
interface FileFormat {
  contentType: string;
  extension: string;
  /** What the engine writes; a document is made of NDJSON. */
  encoding: Encoding;
  maxRows: number | null;
}

export const FILE_FORMATS = {
  csv: { contentType: 'text/csv; charset=utf-8', extension: 'csv', encoding: 'csv', maxRows: null },
  json: { contentType: 'application/json', extension: 'json', encoding: 'json', maxRows: null },
  ndjson: { contentType: 'application/x-ndjson', extension: 'ndjson', encoding: 'ndjson', maxRows: null },
  pdf: { contentType: 'application/pdf', extension: 'pdf', encoding: 'ndjson', maxRows: 25_000 },
  xlsx: {
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    extension: 'xlsx',
    encoding: 'ndjson',
    maxRows: 100_000,
  },
} as const satisfies Record<string, FileFormat>;

export type FormatName = keyof typeof FILE_FORMATS;
export type Compression = 'none' | 'gzip';

export const FORMAT_NAMES = Object.keys(FILE_FORMATS) as [FormatName];

const bytes = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

/** What stands before the first row and behind the last one. */
export function frameOf(encoding: Encoding, columns: readonly { name: string }[]) {
  if (encoding === 'csv')
    return { header: bytes(`${columns.map(({ name }) => `"${name}"`).join(',')}\n`), footer: bytes('') };
  if (encoding === 'json') return { header: bytes('[\n'), footer: bytes(']\n') };
  return { header: bytes(''), footer: bytes('') };
}

export const contentTypeOf = (format: FormatName, compression: Compression) =>
  compression === 'gzip' ? 'application/gzip' : FILE_FORMATS[format].contentType;

export const extensionOf = (format: FormatName, compression: Compression) =>
  FILE_FORMATS[format].extension + (compression === 'gzip' ? '.gz' : '');
