import type { ClickHouse } from '../client.ts';
import { type AuditFilter, auditCondition, type Condition } from './audit-filter.ts';
import { harmlessText } from './csv-cell.ts';

/** The sort key of a row: (toDate(timestamp), resource, id). */
export interface AuditKey {
  day: string;
  resource: string;
  id: string;
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
// Bytes of a row beside its long texts; chunks need not be exact, only bounded.
const MIN_ROW_BYTES = 300;
const ROW_BYTES = `${MIN_ROW_BYTES} + length(before_state) + length(after_state) + length(reason) + length(resource_id) + length(actor_email)`;

// Written out instead of as a tuple comparison: only so does the primary index skip what lies before.
const beyond = (name: string, sign: '>' | '<', orEqual: boolean) =>
  `(toDate(timestamp) ${sign} {${name}Day:Date} OR (toDate(timestamp) = {${name}Day:Date} AND (resource ${sign} {${name}Resource:String}
    OR (resource = {${name}Resource:String} AND id ${sign}${orEqual ? '=' : ''} {${name}Id:UUID}))))`;

const keyParams = (name: string, key: AuditKey) => ({
  [`${name}Day`]: key.day,
  [`${name}Resource`]: key.resource,
  [`${name}Id`]: key.id,
});

function within(selection: AuditSelection, after: AuditKey | null, last?: AuditKey): Condition {
  const filter = auditCondition(selection.filter);
  const sql = [filter.sql, 'accepted_at <= {cutoff:DateTime64(6)}'];
  const params: Record<string, unknown> = { ...filter.params, cutoff: selection.cutoff };
  if (after) {
    sql.push(beyond('after', '>', false));
    Object.assign(params, keyParams('after', after));
  }
  if (last) {
    sql.push(beyond('last', '<', true));
    Object.assign(params, keyParams('last', last));
  }
  return { sql: sql.join(' AND '), params };
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

export interface ChunkPlan {
  rows: number;
  last: AuditKey;
}

/** The next rows in order whose text adds up to about `targetBytes`, at least one; null when none are left. */
export async function planChunk(
  client: ClickHouse,
  selection: AuditSelection,
  after: AuditKey | null,
  targetBytes: number,
): Promise<ChunkPlan | null> {
  const condition = within(selection, after);
  const answer = await client.query({
    query: `SELECT toFloat64(count()) AS rows, max((day, resource, id)) AS last FROM (
        SELECT day, resource, id, sum(size) OVER (ORDER BY day, resource, id ROWS UNBOUNDED PRECEDING) - size AS before FROM (
          SELECT toDate(timestamp) AS day, resource, id, ${ROW_BYTES} AS size FROM ${TABLE} WHERE ${condition.sql}
          ORDER BY ${ORDER} LIMIT {maxRows:UInt64}))
      WHERE before < {targetBytes:UInt64}`,
    // No more rows than could fit: looking at more was most of what a plan cost.
    query_params: { ...condition.params, targetBytes, maxRows: Math.ceil(targetBytes / MIN_ROW_BYTES) + 1 },
    format: 'JSONEachRow',
  });
  const [plan] = await answer.json<{ rows: number; last: [string, string, string] }>();
  if (!plan) throw new EmptyAnswer('ClickHouse answered a plan with nothing');
  if (plan.rows === 0) return null;
  const [day, resource, id] = plan.last;
  return { rows: plan.rows, last: { day, resource, id } };
}

const ROW_FORMAT = AUDIT_LOG_COLUMNS.map(({ column }) => `\${${column}:CSV}`).join(',');
const SELECTED = AUDIT_LOG_COLUMNS.map(({ column, sql }) => `${sql} AS ${column}`).join(', ');

/**
 * `header` and the rows after `after` up to `last` as CSV (RFC 4180 with LF), straight from the engine.
 *
 * The body ends with `seal` and the number of rows the engine wrote. A body cut off anywhere, an error text in the middle or a
 * count that differs cannot look complete: `seal` is new for every query, so no cell can hold it.
 */
export async function openChunk(
  client: ClickHouse,
  selection: AuditSelection,
  after: AuditKey | null,
  last: AuditKey,
  seal: string,
  header: string,
): Promise<ReadableStream<Uint8Array>> {
  const condition = within(selection, after, last);
  const answer = await client.exec({
    query: `SELECT ${SELECTED} FROM (SELECT * FROM ${TABLE} WHERE ${condition.sql} ORDER BY ${ORDER}) FORMAT Template`,
    query_params: condition.params,
    clickhouse_settings: {
      date_time_output_format: 'iso',
      format_template_resultset_format: `${header}\${data}\n${seal}\${rows:Raw}`,
      format_template_row_format: ROW_FORMAT,
      format_template_rows_between_delimiter: '\n',
    },
  });
  return answer.stream as unknown as ReadableStream<Uint8Array>;
}
