import type { Context } from '../context.ts';
import { readAllGauges } from './gauges.ts';
import type { Point } from './metrics.ts';
import { probeAll } from './probe-all.ts';
import type { Sample } from './rules.ts';
import { storeMetrics } from './store-metrics.ts';
import { tellNews } from './tell-news.ts';

const MINUTE_MS = 60_000;

/**
 * What the clock does each minute: looks at everything, judges, tells, and stores what was measured.
 * @param due when this run of the clock was due, milliseconds since the epoch: a clock that runs twice in a minute looks once
 */
export async function lookAround(ctx: Context, due: number): Promise<void> {
  const minute = Math.floor(due / MINUTE_MS) * 60;
  if (!(await ctx.statusLog.begin(minute))) return;
  // What this invocation knows already belongs to the minute.
  await ctx.meter.send(ctx);
  const [{ probes, skewMs }, gauges, totals] = await Promise.all([
    probeAll(ctx),
    readAllGauges(ctx),
    ctx.metricStore.totals().catch(() => null),
  ]);
  const sample: Sample = {
    components: Object.fromEntries(probes.map(({ component, status }) => [component, status])),
    outboxAge: gauges.outbox?.age ?? null,
    exportAge: gauges.work?.export_age ?? null,
    deadLetters: gauges.work?.dead_letters ?? null,
    queueAges: gauges.queueAges,
    skewMs,
    requests: totals === null ? null : requestsIn(JSON.parse(totals) as Point[]),
  };
  await tellNews(ctx, await ctx.statusLog.look({ minute, probes, sample, skewMs }));
  await storeMetrics(ctx, { minute, points: gauges.points });
}

/** Probes say with 503 that something is away, and scrapes ask all day long: neither is work that fails. */
const isWork = (route: string | undefined) => !/^\/v1\/(health\/|observability\/metrics$)/.test(route ?? '');

/** Requests answered since the beginning, without probes and scrapes. */
export function requestsIn(totals: readonly Point[]): NonNullable<Sample['requests']> {
  const requests = { all: 0, failed: 0 };
  for (const [name, labels, [n = 0]] of totals) {
    if (name !== 'steward_http_requests_total' || !isWork(labels[0])) continue;
    requests.all += n;
    if (labels[2]?.startsWith('5')) requests.failed += n;
  }
  return requests;
}
