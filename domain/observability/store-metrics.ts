import { insertMetrics, type MetricRow } from '../../clickhouse/queries/insert-metrics.ts';
import type { Context } from '../context.ts';
import { BUCKETS, labelNames, METRICS, type Point } from './metrics.ts';

type Storing = Pick<Context, 'clickhouse' | 'metricStore' | 'settings' | 'newId' | 'log'>;

/** Minutes that one call freezes; isolates that were cut off bring older ones. */
const MINUTES = 20;

/**
 * Freezes what was measured and gives ClickHouse every minute that waits. While it is away they go on waiting, three days at most;
 * its token makes a minute that is sent twice count once.
 */
export async function storeMetrics(ctx: Storing, gauges: { minute: number; points: Point[] }): Promise<void> {
  const ids = Array.from({ length: MINUTES }, ctx.newId);
  for (let batches = await ctx.metricStore.freeze(ids, gauges); batches.length > 0; ) {
    for (const { id, minute, points } of batches) {
      const rows = (JSON.parse(points) as Point[]).flatMap((point) =>
        rowsOf(point, { deployment: ctx.settings.deployment, minute }),
      );
      try {
        await insertMetrics(ctx.clickhouse.writer, id, rows);
      } catch (error) {
        ctx.log.error('metrics wait to be stored', { error, batches: batches.length });
        return;
      }
      await ctx.metricStore.sent(id);
    }
    batches = await ctx.metricStore.freeze([], { minute: 0, points: [] });
  }
}

/** A histogram is as many series as it has buckets, and two; they are not cumulated. */
function rowsOf([name, values, numbers]: Point, at: Pick<MetricRow, 'deployment' | 'minute'>): MetricRow[] {
  const labels = Object.fromEntries(labelNames(name).map((label, i) => [label, values[i] ?? '']));
  const row = (suffix: string, more: Record<string, string>, value: number): MetricRow => {
    return { ...at, name: name + suffix, labels: { ...labels, ...more }, sum: value, samples: 1, max: value };
  };
  if (METRICS[name].kind !== 'histogram') return [row('', {}, numbers[0] ?? 0)];
  const [sum = 0, count = 0, ...buckets] = numbers;
  const counted = buckets.flatMap((n, i) => (n === 0 ? [] : [row('_bucket', { le: String(BUCKETS[i] ?? '+Inf') }, n)]));
  return [...counted, row('_sum', {}, sum), row('_count', {}, count)];
}
