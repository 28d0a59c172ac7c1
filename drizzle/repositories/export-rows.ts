import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Call, Database } from '../client.ts';

/** What a cell holds; it decides how Postgres writes it. */
export type CellKind = 'uuid' | 'time' | 'word' | 'text' | 'json' | 'list' | 'integer' | 'boolean';

export interface Cell {
  name: string;
  kind: CellKind;
}

export type Encoding = 'csv' | 'ndjson' | 'json';

/** Rows that can be exported. */
export interface RowSource<Filter> {
  /** Columns that never change and are unique all together: the file's order. */
  order: readonly { column: string; type: 'uuid' | 'text' }[];
  /** The rows made by `cutoff` (UTC text) as a SELECT without ORDER BY. */
  select(filter: Filter, cutoff: string): SQL;
}

/** Which rows of which source, written how. */
export interface RowSelection<Filter> {
  source: RowSource<Filter>;
  filter: Filter;
  cutoff: string;
  cells: readonly Cell[];
  encoding: Encoding;
}

export interface RowPage {
  /** Null when there is no row at all. */
  body: string | null;
  rows: number;
  /** The order's values of the last row. */
  keys: string[] | null;
  /** Whether more rows follow. */
  more: boolean;
  /** Of the whole file; asked for with the first page, in the same snapshot. */
  expected: number | null;
}

const raw = sql.raw;
const TIME = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
function asText({ name, kind }: Cell): string {
  if (kind === 'time') return TIME(`s.${name}`);
  if (kind === 'list') return `array_to_string(s.${name}, ' ')`;
  return `s.${name}::text`;
}

/** Absent = empty and without quotes. */
function csvCell(cell: Cell): string {
  if (cell.kind === 'integer' || cell.kind === 'boolean') return `coalesce(s.${cell.name}::text, '')`;
  const isFree = cell.kind === 'text' || cell.kind === 'json' || cell.kind === 'list';
  const text = cell.kind === 'word' ? `replace(${asText(cell)}, '"', '""')` : asText(cell);
  return `coalesce(${isFree ? `csv_text(${text})` : `'"' || ${text} || '"'`}, '')`;
}

function jsonCell(cell: Cell): string {
  if (cell.kind === 'time') return `${TIME(`s.${cell.name}`)} AS ${cell.name}`;
  // JSON in text stays letter for letter what it was.
  if (cell.kind === 'json') return `s.${cell.name}::text AS ${cell.name}`;
  return `s.${cell.name}`;
}

function lineOf(cells: readonly Cell[], encoding: Encoding): string {
  if (encoding === 'csv') return `${cells.map(csvCell).join(` || ',' || `)} || E'\\n'`;
  const json = `(SELECT row_to_json(o)::text FROM (SELECT ${cells.map(jsonCell).join(', ')}) o)`;
  return encoding === 'ndjson' ? `${json} || E'\\n'` : json;
}

const dialect = new PgDialect();

function compiled(query: SQL): Call {
  const { sql: text, params } = dialect.sqlToQuery(query);
  return { text, parameters: params };
}

/**
 * The rows after `after` as Postgres writes them, in the file's order, together about `bytes` long: CSV (RFC 4180 with LF, without
 * header), NDJSON, or what stands between the brackets of a JSON array; at most `rows` of them. One read-only repeatable-read transaction, which takes no
 * lock but AccessShare.
 */
export async function readRowPage<Filter>(
  db: Database,
  { source, filter, cutoff, cells, encoding }: RowSelection<Filter>,
  { after, bytes, rows: most }: { after: readonly string[] | null; bytes: number; rows: number },
): Promise<RowPage> {
  const columns = source.order.map(({ column }) => column);
  const key = columns.map((column) => `s.${column}`).join(', ');
  const beyond = after
    ? sql`(${raw(key)}) > (${sql.join(
        after.map((value, i) => sql`${value}::${raw(source.order[i]?.type ?? 'text')}`),
        sql`, `,
      )})`
    : sql`true`;
  const rows = source.select(filter, cutoff);
  const keys = columns.map((column) => `p.${column}::text`).join(', ');
  const comma =
    encoding === 'json' ? `CASE WHEN p.n = 1 AND ${after === null} THEN '' ELSE ',' END || p.line || E'\\n'` : 'p.line';
  const page = sql`
WITH page AS (
  SELECT s.*, row_number() OVER (ORDER BY ${raw(key)}) AS n, line.line,
    sum(octet_length(line.line)) OVER (ORDER BY ${raw(key)}) - octet_length(line.line) AS before
  FROM (SELECT * FROM (${rows}) s WHERE ${beyond} ORDER BY ${raw(key)} LIMIT ${most}::int + 1) s
    CROSS JOIN LATERAL (SELECT ${raw(lineOf(cells, encoding))}) AS line (line)
), p AS (SELECT * FROM page WHERE before < ${bytes} AND n <= ${most}::int)
SELECT string_agg(${raw(comma)}, '' ORDER BY p.n) AS body, count(*)::float8 AS rows,
  (array_agg(ARRAY[${raw(keys)}] ORDER BY p.n DESC))[1:1] AS keys, count(*) < (SELECT count(*) FROM page) AS more
FROM p`;
  const calls = [compiled(page), ...(after ? [] : [compiled(sql`SELECT count(*)::float8 AS rows FROM (${rows}) s`)])];
  const [[found], counted] = (await db.snapshot(calls)) as [
    [Omit<RowPage, 'expected' | 'keys'> & { keys: string[][] | null }],
    [{ rows: number }]?,
  ];
  if (!found) throw new Error('Postgres answered a page with nothing');
  // Rows that were to follow are gone: the file ends here, and its count will tell.
  const nothing = after && found.rows === 0 ? { body: '', keys: [...after] } : null;
  return { ...found, keys: found.keys?.[0] ?? null, ...nothing, expected: counted?.[0].rows ?? null };
}

export async function countRowsNow<Filter>(
  db: Database,
  { source, filter, cutoff }: Pick<RowSelection<Filter>, 'source' | 'filter' | 'cutoff'>,
): Promise<number> {
  const [[counted]] = (await db.snapshot([
    compiled(sql`SELECT count(*)::float8 AS rows FROM (${source.select(filter, cutoff)}) s`),
  ])) as [[{ rows: number }]];
  return counted.rows;
}
