import type { Compression, FormatName } from './file-format.ts';

export const MANIFEST_NAME = 'manifest.json';
export const SUMS_NAME = 'SHA256SUMS';
export const VERIFY_NAME = 'VERIFY.txt';

/** What is known of a finished export. Hashes are SHA-256 in lower-case hexadecimal. */
export interface ExportFacts {
  generator: { name: string; version: string };
  exportId: string;
  exportType: string;
  /** As people call the type. */
  title: string;
  requestedBy: string;
  /** RFC 3339. */
  requestedAt: string;
  /** RFC 3339 with microseconds, UTC. */
  cutoff: string;
  /** What narrowed the selection, as it was asked for. */
  filter: Record<string, unknown>;
  /** Services the rows are about; null = every service, and what is about none. */
  scope: readonly string[] | null;
  /** How the rows are sorted, for people. */
  order: string;
  schema: readonly { name: string; kind: string; description: string }[];
  file: { name: string; format: FormatName; compression: Compression; rows: number; bytes: number; sha256: string };
  /** In the order of the file. */
  chunks: readonly { seq: number; bytes: number; rows: number; sha256: string }[];
}

export interface Manifest extends ExportFacts {
  formatVersion: 1;
  /** `offset` counts bytes of the file as it is delivered, compressed or not, from 0. */
  chunks: readonly { seq: number; offset: number; bytes: number; rows: number; sha256: string }[];
}

const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const HASH = /^[0-9a-f]{64}$/;
// Safe in a shell, in SHA256SUMS and on every file system, without quotes.
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** @throws Error when the facts contradict each other: nothing that fails its own check is given away */
export function manifestOf(facts: ExportFacts): Manifest {
  const { generator, exportId, exportType, title, requestedBy, requestedAt, cutoff } = facts;
  const { filter, scope, order, schema, file } = facts;
  let [offset, rows] = [0, 0];
  const chunks = facts.chunks.map(({ seq, bytes, rows: chunkRows, sha256 }) => {
    const chunk = { seq, offset, bytes, rows: chunkRows, sha256 };
    offset += bytes;
    rows += chunkRows;
    return chunk;
  });
  if (offset !== file.bytes || rows !== file.rows)
    throw new Error(`the chunks have ${rows} rows in ${offset} bytes, the file ${file.rows} in ${file.bytes}`);
  if (!MICROSECONDS.test(cutoff)) throw new Error('the cutoff is not RFC 3339 with microseconds');
  if (![file, ...chunks].every(({ sha256 }) => HASH.test(sha256))) throw new Error('a hash is not SHA-256');
  assertFileName(file.name);
  // Named one by one: nothing comes into a manifest because it was there.
  return {
    formatVersion: 1,
    generator: { name: generator.name, version: generator.version },
    ...{ exportId, exportType, title, requestedBy, requestedAt, cutoff, filter, scope, order },
    schema: schema.map(({ name, kind, description }) => ({ name, kind, description })),
    file: {
      ...{ name: file.name, format: file.format, compression: file.compression },
      ...{ rows: file.rows, bytes: file.bytes, sha256: file.sha256 },
    },
    chunks,
  };
}

/** JSON with one chunk a line, so that line tools can read the chunks too. */
export function manifestText({ chunks, ...rest }: Manifest): string {
  const head = JSON.stringify(rest, null, 2).slice(0, -'\n}'.length);
  const lines = chunks.map((chunk) => `\n    ${JSON.stringify(chunk)}`).join(',');
  return `${head},\n  "chunks": [${lines}${lines && '\n  '}]\n}\n`;
}

/** What `sha256sum --check` reads. */
export function sumsText(files: readonly { name: string; sha256: string }[]): string {
  for (const { name } of files) assertFileName(name);
  return files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
}

function assertFileName(name: string): void {
  if (!FILE_NAME.test(name)) throw new Error(`not a name for a file of a bundle: ${JSON.stringify(name)}`);
}
