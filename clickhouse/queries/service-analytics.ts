import type { ClickHouse } from '../client.ts';

/** UTC text with seconds, both on whole hours: from `from` up to, but not including, `to`. */
export interface AnalyticsRange {
  serviceId: string;
  from: string;
  to: string;
  interval: 'hour' | 'day';
}

export interface CallFigures {
  /** Start of the bucket, UTC text with seconds; null: the whole range. */
  start: string | null;
  requests: number;
  client_errors: number;
  server_errors: number;
  /** Milliseconds at 0.5, 0.95 and 0.99, each within 1 %. */
  latency: [number, number, number];
  admins: number;
}

const BUCKET = { hour: 'hour', day: 'toStartOfDay(hour)' };
const RANGE = 'service_id = {serviceId:UUID} AND hour >= {from:DateTime} AND hour < {to:DateTime}';

/** The buckets that had calls, in order, and the whole range; nothing when there was no call. */
export async function readServiceCalls(client: ClickHouse, range: AnalyticsRange): Promise<CallFigures[]> {
  const { interval, ...params } = range;
  const answer = await client.query({
    query: `SELECT if(grouping(bucket) = 1, NULL, toString(bucket)) AS start, toFloat64(sum(requests)) AS requests,
        toFloat64(sum(client_errors)) AS client_errors, toFloat64(sum(server_errors)) AS server_errors,
        quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(latency) AS latency, toFloat64(uniqMerge(admins)) AS admins
      FROM (SELECT ${BUCKET[interval]} AS bucket, requests, client_errors, server_errors, latency, admins
        FROM analytics_db.service_calls WHERE ${RANGE})
      GROUP BY GROUPING SETS ((bucket), ()) HAVING requests > 0 ORDER BY start`,
    query_params: params,
    format: 'JSONEachRow',
  });
  return answer.json<CallFigures>();
}

export interface ActionFigures {
  action: string;
  success: number;
  denied: number;
  failure: number;
}

/** The actions that were recorded most often, the most frequent first. */
export async function readTopActions(
  client: ClickHouse,
  range: Omit<AnalyticsRange, 'interval'>,
  limit: number,
): Promise<ActionFigures[]> {
  const { serviceId, from, to } = range;
  const answer = await client.query({
    query: `SELECT action, toFloat64(sumIf(count, outcome = 'success')) AS success,
        toFloat64(sumIf(count, outcome = 'denied')) AS denied, toFloat64(sumIf(count, outcome = 'failure')) AS failure
      FROM analytics_db.service_actions WHERE ${RANGE}
      GROUP BY action ORDER BY sum(count) DESC, action LIMIT {limit:UInt32}`,
    query_params: { serviceId, from, to, limit },
    format: 'JSONEachRow',
  });
  return answer.json<ActionFigures>();
}
