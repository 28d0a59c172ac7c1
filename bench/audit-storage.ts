import type { AuditSite } from './audit-site.ts';
import type { Figure } from './figure.ts';

const PLAIN = 'audit_db.bench_plain';
const SAMPLE = 500_000;

/** Bytes on disk of a row: the whole table, its columns alone, and the same columns as the engine would store them by itself. */
export async function storageFigures({ site: { sql }, rows }: AuditSite): Promise<Figure[]> {
  const one = async (query: string) => Number(await sql(`${query} FORMAT TSV`));
  const parts = `FROM system.parts WHERE active AND database = 'audit_db' AND table =`;
  const all = await one(`SELECT sum(bytes_on_disk) / sum(rows) ${parts} 'admin_audit_logs'`);
  const projections = await one(`SELECT sum(bytes_on_disk) FROM system.projection_parts
    WHERE active AND database = 'audit_db' AND table = 'admin_audit_logs'`);
  const indexes = await one(`SELECT sum(data_compressed_bytes + marks_bytes) FROM system.data_skipping_indices
    WHERE database = 'audit_db' AND table = 'admin_audit_logs'`);
  const columns = all - (projections + indexes) / rows;
  const plain = await plainBytes(sql, one, parts, rows);
  const figure = (name: string, value: number, limit: number, limitIs: string, note = ''): Figure => ({
    ...{ figure: name, value, unit: 'B', limit, limitIs, runs: 1 },
    note,
  });
  return [
    figure('bytes_per_row', all, plain, 'columns with the engine’s own codec, no index, no projection', 'all of it'),
    figure('bytes_per_row.columns', columns, plain, 'the same with the engine’s own codec'),
    figure('bytes_per_row.indexes', indexes / rows, columns, 'the columns'),
    figure('bytes_per_row.projections', projections / rows, columns, 'the columns'),
  ];
}

async function plainBytes(
  sql: AuditSite['site']['sql'],
  one: (query: string) => Promise<number>,
  parts: string,
  rows: number,
): Promise<number> {
  const columns =
    await sql(`SELECT arrayStringConcat(groupArray(name || ' ' || type), ', ') FROM (SELECT name, type FROM system.columns
    WHERE database = 'audit_db' AND table = 'admin_audit_logs' AND default_kind != 'ALIAS' ORDER BY position) FORMAT TSVRaw`);
  await sql(`DROP TABLE IF EXISTS ${PLAIN}`);
  await sql(`CREATE TABLE ${PLAIN} (${columns}) ENGINE = MergeTree ORDER BY (toDate(timestamp), resource, id)`);
  await sql(
    `INSERT INTO ${PLAIN} SELECT * FROM audit_db.admin_audit_logs ORDER BY timestamp LIMIT ${Math.min(rows, SAMPLE)}`,
  );
  await sql(`OPTIMIZE TABLE ${PLAIN} FINAL`);
  const bytes = await one(`SELECT sum(bytes_on_disk) / sum(rows) ${parts} 'bench_plain'`);
  await sql(`DROP TABLE ${PLAIN}`);
  return bytes;
}
