const HOUR_MS = 3_600_000;
/** As many buckets as one answer may have. */
const MAX_BUCKETS = 1000;

/** Hours back from now. */
export const RANGES = { '24h': 24, '7d': 168, '30d': 720, '90d': 2160, '365d': 8760 } as const;
export type Range = keyof typeof RANGES | 'custom';
export type Interval = 'hour' | 'day';

export interface Asked {
  range: Range;
  interval: Interval;
  from: string;
  /** Empty: up to now. */
  to: string;
  /** Whether hours would be more buckets than one answer has. */
  tooLongForHours: boolean;
}

const isInstant = (text: string | undefined): text is string =>
  text !== undefined && !Number.isNaN(new Date(text).getTime());

/**
 * What is asked for, from what the address says. A range back from now begins with a whole hour, so that the same is asked until the
 * hour has passed.
 */
export function rangeOf(
  filters: {
    range?: string | undefined;
    from?: string | undefined;
    to?: string | undefined;
    interval?: string | undefined;
  },
  now: number,
): Asked {
  const custom = filters.range === 'custom' && isInstant(filters.from);
  const range = custom
    ? 'custom'
    : filters.range && filters.range in RANGES
      ? (filters.range as keyof typeof RANGES)
      : '7d';
  const wholeHour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const from = range === 'custom' ? (filters.from ?? '') : new Date(wholeHour - RANGES[range] * HOUR_MS).toISOString();
  const to = range === 'custom' && isInstant(filters.to) ? filters.to : '';
  const hours = ((to ? new Date(to).getTime() : now) - new Date(from).getTime()) / HOUR_MS;
  const tooLongForHours = hours > MAX_BUCKETS - 2;
  const usual = hours > RANGES['7d'] + 1 ? 'day' : 'hour';
  const wanted = filters.interval === 'hour' || filters.interval === 'day' ? filters.interval : usual;
  return { range, from, to, tooLongForHours, interval: tooLongForHours ? 'day' : wanted };
}
