import * as z from 'zod';
import { type MetricFigures, readMetrics } from '../../clickhouse/queries/read-metrics.ts';
import type { Context } from '../context.ts';
import { Invalid, Unavailable } from '../errors.ts';
import { instantText } from '../instant.ts';
import { BUCKETS, labelNames, METRICS, type MetricName } from './metrics.ts';

const STATS = {
  counter: ['rate', 'sum'],
  gauge: ['avg', 'max'],
  histogram: ['p95', 'p50', 'p99', 'avg', 'rate'],
} as const;
const QUANTILES: Partial<Record<string, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

const MINUTE = 60;
const HOUR = 3600;
const MINUTES_KEPT_S = 90 * 24 * HOUR;
const DEFAULT_RANGE_S = HOUR;
const DEFAULT_STEPS = 120;
const MOST_STEPS = 1500;
const MOST_SERIES = 100;
const QUERY_MS = 5000;

const LABEL_FILTER = /^([a-z_]+):(.+)$/;

/** Times are RFC 3339; `by` and `where` are lists separated by commas. */
export const metricsQuery = z.strictObject({
  metric: z.enum(Object.keys(METRICS) as [MetricName, ...MetricName[]]),
  stat: z.enum(['rate', 'sum', 'avg', 'max', 'p50', 'p95', 'p99']).optional(),
  from: instantText.optional(),
  to: instantText.optional(),
  step: z.coerce
    .number()
    .int()
    .min(MINUTE)
    .max(24 * HOUR)
    .optional(),
  by: z.string().max(200).optional(),
  where: z.string().max(1000).optional(),
});
export type MetricsQuery = z.infer<typeof metricsQuery>;

export interface Series {
  labels: Record<string, string>;
  /** One a step; null where nothing was measured. */
  values: (number | null)[];
}

export interface SeriesView {
  metric: MetricName;
  kind: 'counter' | 'gauge' | 'histogram';
  stat: string;
  range: { from: string; to: string };
  stepSeconds: number;
  /** The largest, when there are more. */
  series: Series[];
  seriesTotal: number;
}

interface Plan {
  metric: MetricName;
  stat: string;
  from: number;
  to: number;
  step: number;
  by: string[];
  where: Record<string, string>;
}

const refuse = (field: string, reason: string): never => {
  throw new Invalid(`The query cannot be answered: ${field} ${reason}.`, [{ field, reason }]);
};

/** A metric over time. @throws Invalid, Unavailable */
export async function readSeries(
  ctx: Pick<Context, 'clickhouse' | 'settings' | 'now'>,
  query: MetricsQuery,
): Promise<SeriesView> {
  const plan = planOf(query, ctx.now());
  const { metric, stat, from, to, step, by } = plan;
  const figures = await figuresOf(ctx, plan);
  const starts = Array.from({ length: (to - from) / step }, (_, i) => from + i * step);
  const groups = Map.groupBy(figures, ({ labels }) => JSON.stringify(labels.slice(0, by.length)));
  const all = [...groups].map(([key, group]) => ({
    labels: Object.fromEntries((JSON.parse(key) as string[]).map((value, i) => [by[i] as string, value])),
    weight: group.reduce((sum, one) => sum + one.sum, 0),
    values: starts.map((start) =>
      figureOf(
        plan,
        group.filter((one) => one.start === start),
      ),
    ),
  }));
  const largest = all.sort((a, b) => b.weight - a.weight).slice(0, MOST_SERIES);
  const text = (seconds: number) => new Date(seconds * 1000).toISOString();
  return {
    metric,
    kind: METRICS[metric].kind,
    stat,
    range: { from: text(from), to: text(to) },
    stepSeconds: step,
    series: largest.map(({ labels, values }) => ({ labels, values })),
    seriesTotal: all.length,
  };
}

function planOf({ metric, by, where, ...asked }: MetricsQuery, nowMs: number): Plan {
  const stats: readonly string[] = STATS[METRICS[metric].kind];
  const stat = asked.stat ?? (stats[0] as string);
  if (!stats.includes(stat)) refuse('stat', `must be one of ${stats.join(', ')} for a ${METRICS[metric].kind}`);
  const labels = labelNames(metric);
  const known = (field: string, label: string) =>
    labels.includes(label)
      ? label
      : refuse(field, `names ${label}, but ${metric} has ${labels.join(', ') || 'no labels'}`);
  const to = asked.to === undefined ? nowMs / 1000 : Date.parse(asked.to) / 1000;
  const from = asked.from === undefined ? to - DEFAULT_RANGE_S : Date.parse(asked.from) / 1000;
  if (from >= to) refuse('from', 'must be before to');
  const step = stepOf(asked.step, from, to, nowMs / 1000);
  const plan: Plan = {
    ...{ metric, stat, step, from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step },
    by: split(by).map((label) => known('by', label)),
    where: Object.fromEntries(
      split(where).map((pair) => {
        const [, label = '', value = ''] = LABEL_FILTER.exec(pair) ?? refuse('where', 'must read label:value');
        return [known('where', label), value];
      }),
    ),
  };
  if ((plan.to - plan.from) / step > MOST_STEPS)
    refuse('step', `leaves more than ${MOST_STEPS} steps; ask for a longer one or a shorter range`);
  return plan;
}

const split = (list: string | undefined): string[] => (list ? list.split(',') : []);

/** Whole minutes; whole hours where only hours are kept. */
function stepOf(asked: number | undefined, from: number, to: number, now: number): number {
  const unit = now - from > MINUTES_KEPT_S ? HOUR : MINUTE;
  if (asked !== undefined && asked % unit !== 0) refuse('step', `must be a whole number of ${unit} seconds`);
  return asked ?? Math.max(unit, Math.ceil((to - from) / DEFAULT_STEPS / unit) * unit);
}

async function figuresOf(
  ctx: Pick<Context, 'clickhouse' | 'settings'>,
  { metric, stat, from, to, step, by, where }: Plan,
): Promise<MetricFigures[]> {
  const table = step % HOUR === 0 ? 'hours' : 'minutes';
  const range = { deployment: ctx.settings.deployment, from, to, stepSeconds: step, by, where, table } as const;
  const ask = (name: string, more: string[] = []) =>
    readMetrics(ctx.clickhouse.reader, { ...range, name, by: [...by, ...more] }, QUERY_MS);
  try {
    if (METRICS[metric].kind !== 'histogram') return await ask(metric);
    if (stat === 'rate') return await ask(`${metric}_count`);
    if (stat !== 'avg') return await ask(`${metric}_bucket`, ['le']);
    const [sums, counts] = await Promise.all([ask(`${metric}_sum`), ask(`${metric}_count`)]);
    const keyed = new Map(counts.map((one) => [JSON.stringify([one.start, one.labels]), one.sum]));
    return sums.map((one) => ({ ...one, samples: keyed.get(JSON.stringify([one.start, one.labels])) ?? 0 }));
  } catch (error) {
    throw new Unavailable('The figures cannot be read right now; try again shortly.', error);
  }
}

/** A step of a series, from what was measured in it; several figures are a histogram's buckets. */
function figureOf({ metric, stat, step, by }: Plan, figures: readonly MetricFigures[]): number | null {
  const [first] = figures;
  // A counter that did not move is a 0; nothing is known of a gauge that nobody looked at.
  if (!first) return METRICS[metric].kind === 'counter' || stat === 'rate' ? 0 : null;
  if (stat === 'sum') return first.sum;
  if (stat === 'rate') return first.sum / step;
  if (stat === 'max') return first.max;
  if (stat === 'avg') return first.samples === 0 ? null : first.sum / first.samples;
  const counts = new Map(figures.map(({ labels, sum }) => [labels[by.length], sum]));
  return quantile(
    QUANTILES[stat] as number,
    [...BUCKETS.map(String), '+Inf'].map((le) => counts.get(le) ?? 0),
  );
}

/** As Prometheus' histogram_quantile: even within a bucket; what lies in the open one is its lower bound. */
export function quantile(q: number, counts: readonly number[]): number | null {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  const rank = q * total;
  let below = 0;
  for (const [i, upper] of BUCKETS.entries()) {
    const n = counts[i] ?? 0;
    const lower = BUCKETS[i - 1] ?? 0;
    if (n > 0 && below + n >= rank) return lower + ((upper - lower) * (rank - below)) / n;
    below += n;
  }
  return BUCKETS.at(-1) as number;
}
