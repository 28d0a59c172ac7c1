import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AUDIT_LOG_COLUMNS, AUDIT_LOG_HEADER } from '../clickhouse/queries/export-audit-logs.ts';
import type { Exported } from './export-run.ts';
import type { Site } from './site.ts';

/** The export's rows and columns as one query. */
const queryOf = (service: string, cutoff: string) => `
SELECT ${AUDIT_LOG_COLUMNS.map(({ column, sql }) => `${sql} AS ${column}`).join(', ')} FROM (
  SELECT * FROM audit_db.admin_audit_logs WHERE service_id IN ['${service}'] AND accepted_at <= toDateTime64('${cutoff}', 6)
  ORDER BY toDate(timestamp), resource, id)
SETTINGS date_time_output_format = 'iso' FORMAT CSV`;

/** `curl > file` of what the export holds, and proof that the export holds just that. @returns seconds */
export async function curl(site: Site, service: string, exported: Exported): Promise<number> {
  const { url, user, password } = site.clickhouse;
  const [query, headers, file] = ['query.sql', 'headers.txt', 'curl.csv'].map((name) => join(site.dataDir, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(query, queryOf(service, exported.cutoff));
  await writeFile(headers, `X-ClickHouse-User: ${user}\nX-ClickHouse-Key: ${password}\n`, { mode: 0o600 });
  const began = performance.now();
  await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--fail', '--max-time', '300', '--header', `@${headers}`],
    ...['--data-binary', `@${query}`, '--output', file, `${url}/?session_timezone=UTC`],
  ]);
  const seconds = (performance.now() - began) / 1000;
  await compare(file, exported);
  await rm(file);
  return seconds;
}

/** Each chunk must have the hash of its slice of what curl read. R2 checked the same hashes when it took the chunks. */
async function compare(path: string, { chunks, bytes }: Exported): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size + AUDIT_LOG_HEADER.length !== bytes) throw new Error(`curl read ${size} bytes, the export has ${bytes}`);
    let position = 0;
    for (const [i, chunk] of chunks.entries()) {
      const header = i === 0 ? AUDIT_LOG_HEADER : '';
      const { buffer } = await file.read(
        Buffer.alloc(chunk.bytes - header.length),
        0,
        chunk.bytes - header.length,
        position,
      );
      position += buffer.length;
      const hash = createHash('sha256').update(header).update(buffer).digest('hex');
      if (hash !== chunk.sha256) throw new Error(`chunk ${i} of the export is not what curl read`);
    }
  } finally {
    await file.close();
  }
}
