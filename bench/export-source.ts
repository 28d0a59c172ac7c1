import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { curl } from './curl.ts';
import type { Case, Format } from './export-cases.ts';
import type { Copied, Copy } from './export-copy.ts';
import type { Exported, Wanted } from './export-run.ts';
import type { Site } from './site.ts';

/** Seconds the engine takes to write the same rows and columns into a file by its own means. */
export async function sourceSeconds(
  site: Site,
  { source, format }: Case,
  wanted: Wanted,
  exported: Exported,
): Promise<number> {
  if (source === 'clickhouse') return curl(site, wanted, exported);
  const { seconds, rows } = await copy(site, {
    query: copyOf(format, wanted.service),
    file: join(site.dataDir, 'copy.out'),
  });
  if (rows !== exported.rows) throw new Error(`COPY read ${rows} rows, the export has ${exported.rows}`);
  return seconds;
}

const COLUMNS = `f.id, f.service_id, s.slug AS service_slug, f.parent_id, f.code, f.name, f.description, f.category, f.is_active, f.is_default,
  f.display_order, f.created_by, f.created_at, f.updated_at`;

/** Signs that no JSON text holds: so a line of CSV is the text itself. */
const BARE = `QUOTE E'\\x01', DELIMITER E'\\x02'`;

function copyOf(format: Format, service: string): string {
  const rows = `SELECT ${COLUMNS} FROM service_features f JOIN services s ON s.id = f.service_id
    WHERE f.service_id = '${service}' ORDER BY f.service_id, f.id`;
  if (format === 'csv' || format === 'csv_gz') return `COPY (${rows}) TO STDOUT WITH (FORMAT csv)`;
  return `COPY (SELECT row_to_json(r) FROM (${rows}) r) TO STDOUT WITH (FORMAT csv, ${BARE})`;
}

async function copy(site: Site, { query, file }: Omit<Copy, 'url'>): Promise<Copied> {
  const child = fork(fileURLToPath(new URL('./export-copy.ts', import.meta.url)), [], { execArgv: [] });
  try {
    return await new Promise<Copied>((done, fail) => {
      child.once('message', (copied) => done(copied as Copied));
      child.once('exit', (code) => fail(new Error(`COPY ended with ${code}`)));
      child.send({ url: site.ownerUrl, query, file });
    });
  } finally {
    child.kill();
    await rm(file, { force: true });
  }
}

/** For figures. */
export const sourceName = ({ source, format }: Case): string => {
  const document = format === 'pdf' || format === 'xlsx' ? ', which the document is made of' : '';
  if (source === 'clickhouse') {
    const text = format === 'csv' ? 'CSV' : format === 'csv_gz' ? 'CSV with gzip, level 6' : `JSONEachRow${document}`;
    return `curl of the same rows and columns through the same front into a file, FORMAT ${text}`;
  }
  const text = format === 'csv' ? 'csv' : format === 'csv_gz' ? 'csv, not packed' : `row_to_json${document}`;
  return `COPY (…) TO STDOUT of the same rows and columns (${text}) through the driver into a file, no front`;
};
