import type { ClickHouse } from '../client.ts';
import { type AuditFilter, auditCondition, type Condition } from './audit-filter.ts';
import { harmlessText } from './csv-cell.ts';

/** Where a chunk ends: the sort key of its last row, (toDate(timestamp), resource, id), and how much lies before and in it. */
export interface AuditPosition {
  day: string;
  resource: string;
  id: string;
  /** Estimated bytes of all rows from the first of the file up to this one. Chunks are cut by it. */
  size: number;
}

/** Everything that fixes which rows are in the file. */
export interface AuditSelection {
  filter: AuditFilter;
  /** UTC text with microseconds: only rows accepted up to here. */
  cutoff: string;
}

const text = (column: string) => ({ column, sql: harmlessText(column) });
const own = (column: string, sql = column) => ({ column, sql });

/** The columns of the file, in order: an allow-list. Columns whose text we did not make ourselves are made harmless. */
export const AUDIT_LOG_COLUMNS = [
  own('id'),
  own('timestamp'),
  own('actor_id'),
  text('actor_email'),
  own('actor_role'),
  own('action'),
  own('resource'),
  text('resource_id'),
  own('service_id', `if(service_id = toUUID('00000000-0000-0000-0000-000000000000'), '', toString(service_id))`),
  own('outcome'),
  text('before_state'),
  text('after_state'),
  text('reason'),
  own('ip_address', `replaceRegexpOne(toString(ip_address), '^::ffff:([0-9.]+)$', '\\\\1')`),
  text('request_id'),
  own('trace_id'),
  text('session_id'),
] as const;

/** The first line of the file. */
export const AUDIT_LOG_HEADER = `${AUDIT_LOG_COLUMNS.map(({ column }) => `"${column}"`).join(',')}\n`;

const TABLE = 'audit_db.admin_audit_logs';
const ORDER = 'toDate(timestamp), resource, id';
// Bytes of a row beside its long texts; chunks need not be exact, only bounded. Never 0.
const ROW_BYTES = `300 + length(before_state) + length(after_state) + length(reason) + length(resource_id) + length(actor_email)`;

// Written out instead of as a tuple comparison: only so does the primary index skip what lies before.
const BEYOND = `(toDate(timestamp) > {afterDay:Date} OR (toDate(timestamp) = {afterDay:Date} AND (resource > {afterResource:String}
    OR (resource = {afterResource:String} AND id > {afterId:UUID}))))`;

function within(selection: AuditSelection, after: AuditPosition | null): Condition {
  const filter = auditCondition(selection.filter);
  const sql = [filter.sql, 'accepted_at <= {cutoff:DateTime64(6)}', ...(after ? [BEYOND] : [])];
  // Names of their own: a filter has a parameter called resource too.
  const key = after && { afterDay: after.day, afterResource: after.resource, afterId: after.id };
  return { sql: sql.join(' AND '), params: { ...filter.params, cutoff: selection.cutoff, ...key } };
}

/** An aggregate always has a row: an answer without one was cut short, and must not be taken for zero. */
class EmptyAnswer extends Error {
  override name = 'EmptyAnswer';
}

export async function countAuditLogs(client: ClickHouse, selection: AuditSelection): Promise<number> {
  const condition = within(selection, null);
  const answer = await client.query({
    query: `SELECT toFloat64(count()) AS rows FROM ${TABLE} WHERE ${condition.sql}`,
    query_params: condition.params,
    format: 'JSONEachRow',
  });
  const [counted] = await answer.json<{ rows: number }>();
  if (!counted) throw new EmptyAnswer('ClickHouse answered a count with nothing');
  return counted.rows;
}

const CELLS = AUDIT_LOG_COLUMNS.map(({ sql }) => sql).join(', ');
const CROSSES = 'intDiv(upto, {chunkBytes:UInt64}) > intDiv(upto - size, {chunkBytes:UInt64})';
const SEAL = `concat('\\n\\x1d', {seal:String},
    formatRowNoNewline('JSONCompactEachRow', n, upto, toString(toDate(timestamp)), resource, id, following = 0))`;

/**
 * Every row after `after` as CSV (RFC 4180 with LF), straight from the engine, with a seal behind each chunk: a line of the byte
 * 0x1d, `seal`, and the JSON array [rows so far in this answer, size, day, resource, id, 1 when no row follows].
 *
 * A row that takes the size across a multiple of `chunkBytes` ends its chunk. Sizes count from the file's first row, so the
 * chunks are the same wherever an answer begins. A body cut off anywhere lacks the seal it needs; `seal` is new for every
 * query, so no cell can hold it. One thread: several might give out blocks in another order than they were read in.
 */
export async function openAuditLogs(
  client: ClickHouse,
  selection: AuditSelection,
  after: AuditPosition | null,
  chunkBytes: number,
  seal: string,
): Promise<ReadableStream<Uint8Array>> {
  const condition = within(selection, after);
  const answer = await client.exec({
    query: `SELECT concat(formatRowNoNewline('CSV', ${CELLS}), if(following = 0 OR ${CROSSES}, ${SEAL}, ''))
      FROM (SELECT *, ${ROW_BYTES} AS size, leadInFrame(size) OVER w AS following, row_number() OVER w AS n,
          {before:UInt64} + sum(size) OVER w - following AS upto
        FROM ${TABLE} WHERE ${condition.sql}
        WINDOW w AS (ORDER BY ${ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING))
      FORMAT TSVRaw`,
    query_params: { ...condition.params, before: after?.size ?? 0, chunkBytes, seal },
    clickhouse_settings: {
      date_time_output_format: 'iso',
      max_threads: 1,
      // Small blocks: the first rows come early, and neither side holds more than a few megabytes.
      max_block_size: '8192',
      cancel_http_readonly_queries_on_client_close: 1,
    },
  });
  return answer.stream as unknown as ReadableStream<Uint8Array>;
}
