import { Invalid } from '../errors.ts';

export type Interval = 'auto' | 'minute' | 'hour' | 'day' | 'week';

/** Times in seconds since the epoch. Bucket `i` begins at `origin + i * width`. */
export interface Buckets {
  width: number;
  origin: number;
  first: number;
  last: number;
}

const [MINUTE, HOUR, DAY, WEEK] = [60, 3600, 86_400, 604_800] as const;
const WIDTHS = { minute: MINUTE, hour: HOUR, day: DAY, week: WEEK };
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 3].map((n) => n * DAY),
  ...[1, 2, 4, 13, 52].map((n) => n * WEEK),
];
const WANTED = 60;
export const MOST_BUCKETS = 1000;
// A Monday before every time there is: weeks begin on Mondays (ISO 8601), everything else at midnight UTC.
const MONDAY = -3 * DAY;

/**
 * The buckets that cover a range (milliseconds, both ends included), about 60 of them when the interval is to be chosen.
 * @throws Invalid for more than 1,000
 */
export function bucketsOf(interval: Interval, from: number, to: number): Buckets {
  const width = interval === 'auto' ? widthFor(to - from) : WIDTHS[interval];
  const origin = width % WEEK === 0 ? MONDAY : 0;
  const at = (time: number) => Math.floor((time / 1000 - origin) / width);
  const buckets = { width, origin, first: at(from), last: at(to) };
  if (countOf(buckets) > MOST_BUCKETS) throw tooMany(interval, countOf(buckets), to - from);
  return buckets;
}

const widthFor = (spanMs: number): number => STEPS.find((step) => spanMs <= step * 1000 * WANTED) ?? 52 * WEEK;

const countOf = ({ first, last }: Buckets) => last - first + 1;

function tooMany(interval: Interval, count: number, spanMs: number): Invalid {
  // One more than the span's own may be touched at either end.
  const wider = Object.entries(WIDTHS).find(([, width]) => spanMs / 1000 / width < MOST_BUCKETS - 2)?.[0] ?? 'auto';
  return new Invalid(
    `An interval of one ${interval} makes ${count} buckets of this range; at most ${MOST_BUCKETS} are given. Ask for interval=${wider}, or for a shorter range.`,
    [{ field: 'interval', reason: `makes more than ${MOST_BUCKETS} buckets; ${wider} would do` }],
  );
}

export const startOf = ({ origin, width }: Buckets, bucket: number): string =>
  new Date((origin + bucket * width) * 1000).toISOString();
