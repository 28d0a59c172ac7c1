import { traceClickHouse } from '../clickhouse/client.ts';
import { traceDatabase } from '../drizzle/client.ts';
import type { Context } from './context.ts';
import { isRecorded } from './trace-context.ts';

type Stores = Pick<Context, 'db' | 'clickhouse'>;

/**
 * The stores' clients for one invocation, whose calls go on with its trace. Postgres hears of it in a statement's text, so only of traces
 * that are recorded: what counts statements by their text would count each by itself.
 */
export function tracedStores({ db, clickhouse }: Stores, traceparent: string): Stores {
  const { reader, writer, keeper } = clickhouse;
  const stores = {
    reader: traceClickHouse(reader, traceparent),
    writer: traceClickHouse(writer, traceparent),
    keeper: traceClickHouse(keeper, traceparent),
  };
  if (!isRecorded(traceparent)) return { db, clickhouse: stores };
  const { api, exporter, drainer } = db;
  const traced = {
    api: traceDatabase(api, traceparent),
    exporter: traceDatabase(exporter, traceparent),
    drainer: traceDatabase(drainer, traceparent),
  };
  return { db: traced, clickhouse: stores };
}
