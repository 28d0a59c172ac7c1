import type { ClickHouse } from '../client.ts';
import type { Condition } from './condition.ts';

/** A row's place in the order (timestamp, id). UTC text. */
export interface Position {
  timestamp: string;
  id: string;
}

export interface RowsQuery {
  table: 'audit_db.admin_ui_events' | 'audit_db.admin_api_logs';
  columns: string;
  /** Has the parameters `from` and `to`. */
  condition: Condition;
  after: Position | null;
  limit: number;
}

/**
 * One page by keyset, newest first. The keys come first, so that the other columns are read for the page's rows only: on a day
 * of 100,000 rows that is three times as fast. LIMIT 1 BY id hides a row that was ever inserted twice.
 */
export async function newestRows<Row>(client: ClickHouse, query: RowsQuery): Promise<Row[]> {
  const { table, columns, condition, after, limit } = query;
  const order = 'ORDER BY timestamp DESC, id DESC LIMIT 1 BY id';
  const answer = await client.query({
    query: `SELECT ${columns} FROM ${table} WHERE timestamp BETWEEN {from:DateTime64(3)} AND {to:DateTime64(3)}
      AND (timestamp, id) IN (SELECT timestamp, id FROM ${table}
        WHERE ${condition.sql} ${after ? BEYOND : ''} ${order} LIMIT {limit:UInt32}) ${order}`,
    query_params: { ...condition.params, limit, ...(after && { afterTime: after.timestamp, afterId: after.id }) },
    format: 'JSONEachRow',
  });
  return answer.json<Row>();
}

// The first half is what the indexes understand.
const BEYOND = `AND timestamp <= {afterTime:DateTime64(3)}
  AND (timestamp, id) < ({afterTime:DateTime64(3)}, {afterId:UUID})`;

/** One row. The time in its id leads to it: UUIDs sort by their second half and would mean reading the whole table. */
export async function findRow<Row>(
  client: ClickHouse,
  { table, columns, condition, id }: Pick<RowsQuery, 'table' | 'columns' | 'condition'> & { id: string },
): Promise<Row | undefined> {
  const answer = await client.query({
    query: `SELECT ${columns} FROM ${table}
      WHERE timestamp = UUIDv7ToDateTime({id:UUID}, 'UTC') AND id = {id:UUID} AND ${condition.sql} LIMIT 1`,
    query_params: { ...condition.params, id },
    format: 'JSONEachRow',
  });
  return (await answer.json<Row>())[0];
}
