import { ClickHouseError } from '@clickhouse/client-web';
import type { ClickHouse } from '../client.ts';

/** A row as it came in its message, and which message that was. */
export interface EventRow {
  id: string;
  /** UTC text. */
  timestamp: string;
  pack_id: string;
  accepted_at: string;
}

/** Named in full, so that a table that lacks a column refuses the insert instead of leaving the column out. */
const COLUMNS = {
  'audit_db.admin_ui_events': [
    'id',
    'timestamp',
    'session_id',
    'actor_id',
    'actor_email',
    'actor_role',
    'event_type',
    'component_name',
    'page_path',
    'properties',
    'user_agent',
    'ip_address',
    'service_id',
    'trace_id',
    'span_id',
    'pack_id',
    'accepted_at',
  ],
  'audit_db.admin_api_logs': [
    'id',
    'timestamp',
    'trace_id',
    'span_id',
    'service_id',
    'endpoint',
    'method',
    'status_code',
    'duration_ms',
    'actor_id',
    'actor_email',
    'request_body',
    'response_body',
    'ip_address',
    'actor_role',
    'session_id',
    'request_id',
    'error_code',
    'user_agent',
    'pack_id',
    'accepted_at',
  ],
} as const;
export type EventTable = keyof typeof COLUMNS;

/** An aggregate always has a row: an answer without one was cut short, and must not be taken for "nothing is there". */
class EmptyAnswer extends Error {
  override name = 'EmptyAnswer';
}

/**
 * Which of these packs have rows in the table.
 *
 * select_sequential_consistency makes any replica of ClickHouse Cloud know every confirmed insert (all inserts are quorum
 * inserts there) before it answers; a table on one server needs no setting for that.
 * @param o.from, o.to least and greatest timestamp of the packs' rows: without them the whole table would be read
 */
export async function findPacks(
  client: ClickHouse,
  table: EventTable,
  o: { packIds: readonly string[]; from: string; to: string; timeoutMs: number },
): Promise<Set<string>> {
  const answer = await client.query({
    query: `SELECT groupUniqArray(pack_id) AS packs FROM ${table}
      WHERE timestamp BETWEEN {from:DateTime64(3)} AND {to:DateTime64(3)} AND pack_id IN {packIds:Array(UUID)}`,
    query_params: { from: o.from, to: o.to, packIds: o.packIds },
    format: 'JSONEachRow',
    clickhouse_settings: { select_sequential_consistency: '1', max_execution_time: o.timeoutMs / 1000 },
    abort_signal: AbortSignal.timeout(o.timeoutMs),
  });
  const [row] = await answer.json<{ packs: string[] }>();
  if (!row) throw new EmptyAnswer('ClickHouse answered which packs are stored with nothing');
  return new Set(row.packs);
}

/**
 * Inserts rows as one block, so that they are all there or none is, and returns once ClickHouse confirmed it.
 *
 * A hundred messages of 128 KB are at most 13 MB and 32,000 rows, far below the sizes at which the engine would begin a second
 * block. The tables have no partitions, which would be blocks of their own. Synchronous, because an asynchronous insert is
 * acknowledged before deduplication; this engine's default is asynchronous.
 * @param o.token the same for the same rows only
 * @param o.timeoutMs how long this waits; the server may work on it for four fifths of that
 */
export async function insertEvents(
  client: ClickHouse,
  table: EventTable,
  rows: readonly EventRow[],
  o: { token: string; timeoutMs: number },
): Promise<void> {
  const columns: readonly string[] = COLUMNS[table];
  await client.insert({
    table,
    columns: columns as [string, ...string[]],
    format: 'JSONEachRow',
    values: rows,
    clickhouse_settings: {
      async_insert: 0,
      insert_deduplicate: 1,
      insert_deduplication_token: o.token,
      // A first try may have ended between the table and its views: each of them decides for itself what it has already.
      deduplicate_blocks_in_dependent_materialized_views: 1,
      // Sooner than the client gives up: the server's own word leaves nothing unknown.
      max_execution_time: (0.8 * o.timeoutMs) / 1000,
      max_insert_block_size: '1048576',
      min_insert_block_size_rows: '1048576',
      min_insert_block_size_bytes: '268435456',
    },
    abort_signal: AbortSignal.timeout(o.timeoutMs),
  });
}

/**
 * `refused`: these rows, whenever they come. `too-much`: not so many at once. `failed`: not now. After these nothing is at work any
 * more. `unknown`: it may be stored, or may be stored in a moment.
 */
export type InsertFailure = 'refused' | 'too-much' | 'failed' | 'unknown';

const REFUSED = new Set([
  'ARGUMENT_OUT_OF_BOUND',
  'CANNOT_CONVERT_TYPE',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'DECIMAL_OVERFLOW',
  'INCORRECT_DATA',
  'TOO_LARGE_STRING_SIZE',
  'TYPE_MISMATCH',
  'UNEXPECTED_DATA_AFTER_PARSED_VALUE',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  'VIOLATED_CONSTRAINT',
]);

const TOO_MUCH = new Set(['MEMORY_LIMIT_EXCEEDED', 'TIMEOUT_EXCEEDED']);

// What the server says when it has lost touch with those who know whether the insert came through.
const UNKNOWN = new Set(['KEEPER_EXCEPTION', 'UNKNOWN_STATUS_OF_INSERT', 'NETWORK_ERROR', 'SOCKET_TIMEOUT']);

/** What an insert's error means, by the name the engine gives it (ErrorCodes); a gateway's 500 has none. */
export function insertFailure(error: unknown): InsertFailure {
  const type = typeOf(error);
  if (type === '' || UNKNOWN.has(type)) return 'unknown';
  if (TOO_MUCH.has(type)) return 'too-much';
  return type.startsWith('CANNOT_PARSE_') || REFUSED.has(type) ? 'refused' : 'failed';
}

/** The engine's name of its error; '' for anything else. */
export const typeOf = (error: unknown): string => (error instanceof ClickHouseError ? (error.type ?? '') : '');
