export const PERIODS = ['all', 'previous_day', 'previous_week', 'previous_month', 'since_last_run'] as const;
export type Period = (typeof PERIODS)[number];

/** What happened so long ago has been accepted: nothing may still arrive in a period that a file has been made of. */
export const SETTLE_MS = 60_000;

const DAY_MS = 86_400_000;
const TWO_DAYS_MS = 2 * DAY_MS;
/** 1970-01-01 was a Thursday. */
const DAYS_AFTER_MONDAY = 3;

export interface TimeRange {
  /** RFC 3339, both ends included. */
  from?: string;
  to?: string;
}

/** What an instant is called somewhere: milliseconds as if that were UTC. */
type Clock = (ms: number) => number;

function clockOf(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour, minute, second } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second, ((ms % 1000) + 1000) % 1000);
  };
}

/** The first instant at which the clock shows this day (days since 1970) or, if it leaves the day out, a later one. */
function beginOf(clock: Clock, day: number): number {
  const midnight = day * DAY_MS;
  const offset = (ms: number) => clock(ms) - ms;
  const [before, after] = [offset(midnight - TWO_DAYS_MS), offset(midnight + TWO_DAYS_MS)];
  const [early, late] = [midnight - before, midnight - after];
  if (offset(early) === before) return early;
  if (offset(late) === after) return late;
  // The clock leaps over midnight: the day begins with the leap.
  let [earlier, begun] = [late, early];
  while (begun - earlier > 1) {
    const middle = Math.floor((earlier + begun) / 2);
    if (offset(middle) === after) begun = middle;
    else earlier = middle;
  }
  return begun;
}

/** The day an instant belongs to. A clock set back over midnight shows the day before once more; that is the new day's already. */
function dayOf(clock: Clock, ms: number): number {
  let day = Math.floor(clock(ms) / DAY_MS);
  while (beginOf(clock, day + 1) <= ms) day++;
  return day;
}

/** The first day of what a day belongs to. */
const FIRST_DAY: Record<Exclude<Period, 'all' | 'since_last_run'>, (day: number) => number> = {
  previous_day: (day) => day,
  previous_week: (day) => day - ((((day + DAYS_AFTER_MONDAY) % 7) + 7) % 7),
  previous_month: (day) => {
    const date = new Date(day * DAY_MS);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) / DAY_MS;
  },
};

/**
 * What of the past a file of this run holds. The ranges of one run and the next neither overlap nor leave anything out.
 * @param o milliseconds; lastRunAt null: the first run, whose `since_last_run` is everything until then
 */
export function rangeOf(
  period: Period,
  timeZone: string,
  { ranAt, lastRunAt }: { ranAt: number; lastRunAt: number | null },
): TimeRange {
  const at = ranAt - SETTLE_MS;
  if (period === 'all') return {};
  if (period === 'since_last_run') {
    const to = timeOf(at - 1);
    return lastRunAt === null ? { to } : { from: timeOf(lastRunAt - SETTLE_MS), to };
  }
  const clock = clockOf(timeZone);
  const beginning = (ms: number) => beginOf(clock, FIRST_DAY[period](dayOf(clock, ms)));
  const end = beginning(at);
  return { from: timeOf(beginning(end - 1)), to: timeOf(end - 1) };
}

const timeOf = (ms: number) => new Date(ms).toISOString();
