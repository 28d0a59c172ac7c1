import {
  type AnalyticsRange,
  type CallFigures,
  readServiceCalls,
  readTopActions,
} from '../../clickhouse/queries/service-analytics.ts';
import type { CallerContext } from '../context.ts';
import { Invalid, NotFound, Unavailable } from '../errors.ts';
import type { AuditLevel } from '../gate/service.ts';
import type { AnalyticsQuery, AnalyticsView, Figures } from './analytics-schema.ts';

const BUCKET_MS = { hour: 3_600_000, day: 86_400_000 };
const DEFAULT_RANGE_MS = 7 * BUCKET_MS.day;
const MAX_BUCKETS = 1000;
const TOP_ACTIONS = 20;

/**
 * What happened in a service, in numbers. For a caller whom `analytics.read` was allowed to for that service.
 * @param auditLevel of the service now; null: there is no such service; undefined: cannot be found out
 * @throws NotFound, Invalid, Unavailable
 */
export async function readAnalytics(
  ctx: Pick<CallerContext, 'clickhouse' | 'now'>,
  serviceId: string,
  auditLevel: AuditLevel | null | undefined,
  query: AnalyticsQuery,
): Promise<AnalyticsView> {
  if (auditLevel === null) throw new NotFound();
  if (auditLevel === undefined)
    throw new Unavailable('It cannot be found out what is collected about this service; try again shortly.', undefined);
  const { interval } = query;
  const { from, to } = wholeBuckets(query, ctx.now());
  const asked: AnalyticsRange = { serviceId, from: hourText(from), to: hourText(to), interval };
  const [calls, actions] = await answered(
    Promise.all([
      readServiceCalls(ctx.clickhouse.reader, asked),
      readTopActions(ctx.clickhouse.reader, asked, TOP_ACTIONS),
    ]),
  );
  const requestsCollected = auditLevel !== 'MINIMAL';
  const byStart = new Map(calls.map((figures) => [figures.start, figures]));
  const figuresAt = (start: string | null) => figuresOf(byStart.get(start), requestsCollected);
  const starts = Array.from({ length: (to - from) / BUCKET_MS[interval] }, (_, i) => from + i * BUCKET_MS[interval]);
  return {
    serviceId,
    range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    interval,
    requestsCollected,
    series: starts.map((start) => ({ start: new Date(start).toISOString(), ...figuresAt(hourText(start)) })),
    totals: figuresAt(null),
    topActions: actions.map(({ action, ...outcomes }) => ({ action, outcomes })),
  };
}

/** Milliseconds since the epoch. @throws Invalid */
function wholeBuckets({ from, to, interval }: AnalyticsQuery, now: number): { from: number; to: number } {
  const size = BUCKET_MS[interval];
  const upper = to === undefined ? now : Date.parse(to);
  const lower = from === undefined ? upper - DEFAULT_RANGE_MS : Date.parse(from);
  if (lower > upper) throw new Invalid('The range is empty.', [{ field: 'from', reason: 'must not be later than to' }]);
  const start = Math.floor(lower / size) * size;
  // The bucket a whole `to` begins is not asked for, unless nothing else is.
  const end = Math.max(Math.ceil(upper / size) * size, start + size);
  const buckets = (end - start) / size;
  if (buckets > MAX_BUCKETS) {
    const advice = interval === 'hour' ? 'Ask for interval=day or a shorter range.' : 'Ask for a shorter range.';
    throw new Invalid(`The range has ${buckets} buckets, more than ${MAX_BUCKETS}. ${advice}`, [
      { field: 'from', reason: `must leave at most ${MAX_BUCKETS} buckets` },
    ]);
  }
  return { from: start, to: end };
}

function figuresOf(row: CallFigures | undefined, collected: boolean): Figures {
  if (!row) {
    const none = collected ? 0 : null;
    return { requests: none, clientErrors: none, serverErrors: none, latencyMs: null, activeAdmins: none };
  }
  const [p50 = 0, p95 = 0, p99 = 0] = row.latency.map((ms) => Math.round(ms * 10) / 10);
  const { requests, client_errors: clientErrors, server_errors: serverErrors, admins: activeAdmins } = row;
  return { requests, clientErrors, serverErrors, latencyMs: { p50, p95, p99 }, activeAdmins };
}

/** UTC, as ClickHouse reads and writes a DateTime. */
const hourText = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unavailable('The figures cannot be read right now; try again shortly.', error);
  }
}
