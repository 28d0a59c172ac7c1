import type { Filters } from '../../../api/use-filters.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** What may be chosen, in seconds. */
export const RANGES = { '1h': HOUR, '6h': 6 * HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '90d': 90 * DAY };
export type RangeName = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];

const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];
/** As the server has them: minutes are kept for so long, and no answer has more steps. */
const MINUTES_KEPT = 90 * DAY;
const MOST_STEPS = 1500;
const FEWEST_STEPS = 4;
const SHORTEST = 5 * MINUTE;

/** Seconds since the epoch, in whole minutes. */
export interface TimeRange {
  from: number;
  to: number;
}

/** Which of the choices the address means; null: a stretch of its own. */
export function nameOf({ range, from, to }: Filters): RangeName | null {
  if (stretch({ from, to })) return null;
  return RANGE_NAMES.find((each) => each === range) ?? '1h';
}

function stretch({ from, to }: Filters): TimeRange | null {
  const [begins, ends] = [Date.parse(from ?? '') / 1000, Date.parse(to ?? '') / 1000];
  return begins < ends ? widened({ from: begins, to: ends }) : null;
}

/** What the address asks for: one of the choices, up to now, or a stretch of its own. */
export function rangeOf(filters: Filters, now: number): TimeRange {
  const name = nameOf(filters);
  const to = Math.ceil(now / MINUTE) * MINUTE;
  return (name === null ? stretch(filters) : null) ?? { from: to - RANGES[name ?? '1h'], to };
}

/** Whole minutes, and enough of them to be looked at. */
export function widened({ from, to }: TimeRange): TimeRange {
  const begins = Math.floor(from / MINUTE) * MINUTE;
  return { from: begins, to: Math.max(Math.ceil(to / MINUTE) * MINUTE, begins + SHORTEST) };
}

/** The steps that the server takes for a range, and that leave something to see. */
export function stepsFor({ from, to }: TimeRange, now: number): number[] {
  const hoursOnly = now - from > MINUTES_KEPT - HOUR;
  return STEPS.filter((step) => {
    const steps = (to - from) / step;
    // Its ends are widened to whole steps.
    return steps >= FEWEST_STEPS && steps + 2 <= MOST_STEPS && (!hoursOnly || step % HOUR === 0);
  });
}
