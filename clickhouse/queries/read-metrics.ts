import type { ClickHouse } from '../client.ts';

export interface MetricRange {
  deployment: string;
  name: string;
  /** Seconds since the epoch, both on whole steps: from `from` up to, but not including, `to`. */
  from: number;
  to: number;
  stepSeconds: number;
  /** Labels to keep apart; the others are added up. */
  by: readonly string[];
  /** Only series with these values. */
  where: Readonly<Record<string, string>>;
  table: 'minutes' | 'hours';
}

export interface MetricFigures {
  /** Seconds since the epoch. */
  start: number;
  /** Values of the labels of `by`, in its order. */
  labels: string[];
  sum: number;
  samples: number;
  max: number;
}

const TIME = { minutes: 'minute', hours: 'hour' };

/** Figures by step and series, in order of time; steps without any are left out. */
export async function readMetrics(client: ClickHouse, range: MetricRange, timeoutMs: number): Promise<MetricFigures[]> {
  const { table, by, where, ...params } = range;
  const time = TIME[table];
  const answer = await client.query({
    query: `SELECT toUInt32(intDiv(toUnixTimestamp(m.${time}), {stepSeconds:UInt32}) * {stepSeconds:UInt32}) AS start,
        arrayMap(label -> m.labels[label], {by:Array(String)}) AS labels,
        sum(m.sum) AS sum, toFloat64(sum(m.samples)) AS samples, max(m.max) AS max
      FROM observability_db.metric_${table} AS m
      WHERE m.deployment = {deployment:String} AND m.name = {name:String}
        AND m.${time} >= toDateTime({from:UInt32}, 'UTC') AND m.${time} < toDateTime({to:UInt32}, 'UTC')
        AND arrayAll((label, value) -> m.labels[label] = value, {labels:Array(String)}, {values:Array(String)})
      GROUP BY start, labels ORDER BY start, labels`,
    query_params: { ...params, by, labels: Object.keys(where), values: Object.values(where) },
    format: 'JSONEachRow',
    abort_signal: AbortSignal.timeout(timeoutMs),
  });
  return answer.json<MetricFigures>();
}
