import type { ClickHouse } from '../client.ts';
import type { Condition } from './condition.ts';
import { harmlessText } from './csv-cell.ts';

/** What a cell holds; it decides how an engine writes it. `optional-…`: the engine's zero value stands for "none". */
export type CellKind =
  | 'uuid'
  | 'optional-uuid'
  | 'time'
  | 'optional-time'
  | 'date'
  | 'word'
  | 'text'
  | 'json'
  | 'list'
  | 'integer'
  | 'boolean'
  | 'address';

export interface Cell {
  name: string;
  kind: CellKind;
}

/** How an engine writes rows. An array of JSON is NDJSON with commas. */
export type Encoding = 'csv' | 'ndjson' | 'json';

/** Where a chunk ends: the order's values of its last row, and the estimated bytes of all rows up to this one. */
export interface RowPosition {
  keys: string[];
  size: number;
}

/** A value of the order as SQL over the relation's columns, and the type its parameter has. */
export interface OrderKey {
  sql: string;
  type: 'Date' | 'String' | 'UUID' | 'DateTime64(3)';
}

/** Rows that can be exported. */
export interface RowSource<Filter> {
  /** Unique all together: the file's order. */
  order: readonly OrderKey[];
  /** Estimated bytes of a row, as SQL; never 0. Chunks are cut by it: they need not be exact, only bounded. */
  rowBytes: string;
  /** Its rows go on changing: how many there are is said by the answer that has them, with its first seal. */
  changing?: true;
  /**
   * The rows accepted up to `cutoff` (UTC text with microseconds) as a SELECT without ORDER BY. `beyond` is to be applied to the
   * columns the order is made of, where the primary index can use it.
   */
  select(filter: Filter, cutoff: string, beyond: string): Condition;
}

/** Which rows of which source, written how. */
export interface RowSelection<Filter> {
  source: RowSource<Filter>;
  filter: Filter;
  cutoff: string;
  cells: readonly Cell[];
  encoding: Encoding;
}

const NIL = `toUUID('00000000-0000-0000-0000-000000000000')`;

/** `timestamp` etc. must not be shadowed by an alias of the same name, so cells are written where only their own column is seen. */
export function cellSql({ name, kind }: Cell, encoding: Encoding): string {
  switch (kind) {
    case 'optional-uuid':
      return `nullIf(${name}, ${NIL})`;
    case 'optional-time':
      return `nullIf(${name}, toDateTime64(0, 3))`;
    case 'address':
      return `replaceRegexpOne(toString(${name}), '^::ffff:([0-9.]+)$', '\\\\1')`;
    case 'text':
    case 'json':
    case 'list':
      return encoding === 'csv' ? harmlessText(name) : name;
    default:
      return name;
  }
}

/** The keyset of `after` written out instead of as a tuple comparison: only so does the primary index skip what lies before. */
function beyondOf(order: readonly OrderKey[], after: RowPosition | null): Condition {
  if (!after) return { sql: '1', params: {} };
  const params = Object.fromEntries(after.keys.map((key, i) => [`after${i}`, key]));
  const from = (i: number): string => {
    const key = order[i];
    if (!key) return '0';
    const value = `{after${i}:${key.type}}`;
    const rest = i + 1 < order.length ? ` OR (${key.sql} = ${value} AND ${from(i + 1)})` : '';
    return `(${key.sql} > ${value}${rest})`;
  };
  return { sql: from(0), params };
}

/** An aggregate always has a row: an answer without one was cut short, and must not be taken for zero. */
class EmptyAnswer extends Error {
  override name = 'EmptyAnswer';
}

export async function countRows<Filter>(
  client: ClickHouse,
  { source, filter, cutoff }: Pick<RowSelection<Filter>, 'source' | 'filter' | 'cutoff'>,
): Promise<number> {
  const rows = source.select(filter, cutoff, '1');
  const answer = await client.query({
    query: `SELECT toFloat64(count()) AS rows FROM (${rows.sql})`,
    query_params: rows.params,
    format: 'JSONEachRow',
  });
  const [counted] = await answer.json<{ rows: number }>();
  if (!counted) throw new EmptyAnswer('ClickHouse answered a count with nothing');
  return counted.rows;
}

const CROSSES = 'intDiv(_upto, {chunkBytes:UInt64}) > intDiv(_upto - _size, {chunkBytes:UInt64})';

/**
 * Every row after `after`, straight from the engine, with a seal behind each chunk: a line of the byte 0x1d, `seal`, and the JSON
 * array [rows so far in this answer, size, rows in all or 0, keys of the order …, 1 when no row follows]. CSV is RFC 4180 with LF and without its
 * header, NDJSON one object a line; of a JSON array, what stands between its brackets.
 *
 * A row that takes the size across a multiple of `chunkBytes` ends its chunk. Sizes count from the file's first row, so the
 * chunks are the same wherever an answer begins. A body cut off anywhere lacks the seal it needs; `seal` is new for every
 * query, so no cell can hold it. One thread: several might give out blocks in another order than they were read in.
 */
export async function openRows<Filter>(
  client: ClickHouse,
  { source, filter, cutoff, cells, encoding }: RowSelection<Filter>,
  { after, chunkBytes, seal }: { after: RowPosition | null; chunkBytes: number; seal: string },
): Promise<ReadableStream<Uint8Array>> {
  const { order, rowBytes, changing } = source;
  const beyond = beyondOf(order, after);
  const rows = source.select(filter, cutoff, beyond.sql);
  const names = cells.map(({ name }) => name).join(', ');
  const keys = order.map((_, i) => `_key${i}`).join(', ');
  const line = {
    csv: `formatRowNoNewline('CSV', ${names})`,
    ndjson: `formatRowNoNewline('JSONEachRow', ${names})`,
    json: `concat(if(_n = 1 AND {first:UInt8}, '', ','), formatRowNoNewline('JSONEachRow', ${names}))`,
  }[encoding];
  const sealed = `concat('\\n\\x1d', {seal:String}, formatRowNoNewline('JSONCompactEachRow', _n, _upto, _total, ${keys}, _following = 0))`;
  const answer = await client.exec({
    query: `SELECT concat(${line}, if(_following = 0 OR ${CROSSES}, ${sealed}, ''))
      FROM (SELECT ${cells.map((cell) => `${cellSql(cell, encoding)} AS ${cell.name}`).join(', ')}, _n, _size, _upto, _total, _following, ${keys}
        FROM (SELECT *, ${rowBytes} AS _size, leadInFrame(_size) OVER w AS _following, row_number() OVER w AS _n,
            {before:UInt64} + sum(_size) OVER w - _following AS _upto, ${changing ? 'count() OVER ()' : '0'} AS _total,
            ${order.map(({ sql }, i) => `toString(${sql}) AS _key${i}`).join(', ')}
          FROM (${rows.sql})
          WINDOW w AS (ORDER BY ${order.map(({ sql }) => sql).join(', ')} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)))
      FORMAT TSVRaw`,
    query_params: {
      ...rows.params,
      ...beyond.params,
      before: after?.size ?? 0,
      chunkBytes,
      seal,
      ...(encoding === 'json' && { first: after ? 0 : 1 }),
    },
    clickhouse_settings: {
      date_time_output_format: 'iso',
      format_csv_null_representation: '',
      output_format_json_quote_64bit_integers: 0,
      output_format_json_escape_forward_slashes: 0,
      max_threads: 1,
      // Small blocks: the first rows come early, and neither side holds more than a few megabytes.
      max_block_size: '8192',
      cancel_http_readonly_queries_on_client_close: 1,
    },
  });
  return answer.stream as unknown as ReadableStream<Uint8Array>;
}
