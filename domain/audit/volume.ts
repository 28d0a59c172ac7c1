import { auditVolume, type VolumeRow } from '../../clickhouse/queries/audit-volume.ts';
import type { Standing } from '../access/standing.ts';
import type { CallerContext } from '../context.ts';
import { type Buckets, bucketsOf, startOf } from './histogram.ts';
import { actorOf } from './read-logs.ts';
import { readableServices } from './readable-services.ts';
import type { VolumeQuery } from './schema.ts';
import { answered, rangeOf } from './search.ts';

const OUTCOMES = ['success', 'denied', 'failure'] as const;

export interface Volume {
  /** The range counted, also when it was not asked for: the last 30 days. */
  range: { from: string; to: string };
  bucketSeconds: number;
  total: number;
  /** In order, each there also when it is empty. The first and the last may reach beyond the range; what lies beyond is not counted. */
  buckets: { start: string; count: number; outcomes: Record<(typeof OUTCOMES)[number], number> }[];
}

/** How many records a filter finds over time. @throws NotFound, Unauthenticated, Invalid, Unavailable, DomainError forbidden */
export async function readVolume(ctx: CallerContext, standing: Standing, query: VolumeQuery): Promise<Volume> {
  const { from, to, interval, serviceId, ...asked } = query;
  const range = rangeOf({ from, to }, ctx.now());
  const [begin, end] = [Date.parse(range.from), Date.parse(range.to)];
  const buckets = bucketsOf(interval, begin, end);
  const services = await readableServices(ctx, standing, 'audit.logs.read', serviceId ?? null);
  const filter = await actorOf(ctx, { ...asked, services });
  const { width, origin } = buckets;
  const rows = filter
    ? await answered(auditVolume(ctx.clickhouse.reader, { filter, from: begin, to: end, width, origin }))
    : [];
  const filled = fill(buckets, rows);
  return { range, bucketSeconds: width, total: filled.reduce((sum, { count }) => sum + count, 0), buckets: filled };
}

function fill(buckets: Buckets, rows: readonly VolumeRow[]): Volume['buckets'] {
  const filled = Array.from({ length: buckets.last - buckets.first + 1 }, (_, i) => ({
    start: startOf(buckets, buckets.first + i),
    count: 0,
    outcomes: { success: 0, denied: 0, failure: 0 },
  }));
  for (const { bucket, outcome, records } of rows) {
    const one = filled[bucket - buckets.first];
    if (!one) throw new Error(`bucket ${bucket} is outside of what was asked for`);
    one.count += Number(records);
    const known = OUTCOMES.find((each) => each === outcome);
    if (known) one.outcomes[known] += Number(records);
  }
  return filled;
}
