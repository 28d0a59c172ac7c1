import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cellSql } from '../clickhouse/queries/export-rows.ts';
import { FILE_FORMATS, frameOf } from '../domain/exports/file-format.ts';
import { AUDIT_COLUMNS } from '../domain/exports/types/audit-columns.ts';
import { FORMATS, type Format } from './export-cases.ts';
import type { Exported, Wanted } from './export-run.ts';
import type { Site } from './site.ts';

const COLUMNS = AUDIT_COLUMNS.map(([name, kind]) => ({ name, kind }));
const SETTINGS = [
  "date_time_output_format = 'iso'",
  "format_csv_null_representation = ''",
  'output_format_json_quote_64bit_integers = 0',
  'output_format_json_escape_forward_slashes = 0',
].join(', ');
/** What CompressionStream packs with. */
const GZIP = 'enable_http_compression=1&http_zlib_compression_level=6';
const MAX_SECONDS = 1_800;

/** Documents are made of NDJSON. */
const encodingOf = (format: Format) => FILE_FORMATS[FORMATS[format].fileFormat].encoding;

/** The export's rows and columns as one query that the engine writes in its own format. */
function queryOf({ format, service, to }: Wanted, cutoff: string): string {
  const encoding = encodingOf(format);
  const cells = COLUMNS.map((cell) => `${cellSql(cell, encoding)} AS ${cell.name}`).join(', ');
  return `SELECT ${cells} FROM (
  SELECT * FROM audit_db.admin_audit_logs WHERE service_id IN ['${service}'] AND accepted_at <= toDateTime64('${cutoff}', 6)
    AND timestamp <= parseDateTime64BestEffort('${to}', 3)
  ORDER BY toDate(timestamp), resource, id)
SETTINGS ${SETTINGS} FORMAT ${encoding === 'csv' ? 'CSV' : 'JSONEachRow'}`;
}

/** `curl > file` of what the export holds, and proof that the export holds just that where it is neither packed nor a document. */
export async function curl(site: Site, wanted: Wanted, exported: Exported): Promise<number> {
  const { format } = wanted;
  const { url, user, password } = site.clickhouse;
  const [query, headers, file] = ['query.sql', 'headers.txt', 'curl.out'].map((name) => join(site.dataDir, name)) as [
    string,
    string,
    string,
  ];
  const packed = FORMATS[format].compression === 'gzip';
  await writeFile(query, queryOf(wanted, exported.cutoff));
  const lines = [
    `X-ClickHouse-User: ${user}`,
    `X-ClickHouse-Key: ${password}`,
    ...(packed ? ['Accept-Encoding: gzip'] : []),
  ];
  await writeFile(headers, `${lines.join('\n')}\n`, { mode: 0o600 });
  const began = performance.now();
  await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--fail', '--max-time', String(MAX_SECONDS), '--header', `@${headers}`],
    ...['--data-binary', `@${query}`, '--output', file, `${url}/?session_timezone=UTC${packed ? `&${GZIP}` : ''}`],
  ]);
  const seconds = (performance.now() - began) / 1000;
  if (format === 'csv' || format === 'ndjson') await compare(file, format, exported);
  else if ((await stat(file)).size === 0) throw new Error('curl read nothing');
  await rm(file);
  return seconds;
}

/** Each chunk must have the hash of its slice of what curl read. R2 checked the same hashes when it took the chunks. */
async function compare(path: string, format: 'csv' | 'ndjson', { chunks, bytes }: Exported): Promise<void> {
  const file = await open(path);
  const { header } = frameOf(encodingOf(format), COLUMNS);
  try {
    const { size } = await file.stat();
    if (size + header.length !== bytes) throw new Error(`curl read ${size} bytes, the export has ${bytes}`);
    let position = 0;
    for (const [i, chunk] of chunks.entries()) {
      const start = i === 0 ? header : new Uint8Array();
      const length = chunk.bytes - start.length;
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      position += length;
      const hash = createHash('sha256').update(start).update(buffer).digest('hex');
      if (hash !== chunk.sha256) throw new Error(`chunk ${i} of the export is not what curl read`);
    }
  } finally {
    await file.close();
  }
}
