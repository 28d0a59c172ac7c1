import { Cron } from 'croner';

const QUARTER_HOUR_MS = 15 * 60_000;
/** Days enough to meet two that follow each other, however few of them an expression names. */
const RUNS_COMPARED = 200;

const EXAMPLE = 'such as 30 6 * * 1-5, which is 06:30 from Monday to Friday';
const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const DAYS = 'sun|mon|tue|wed|thu|fri|sat';

/** A field of crontab(5): a list of `*`, values, ranges, and steps through `*` or a range. */
function field(name: string, values: string, names = ''): { name: string; values: string; shape: RegExp } {
  const value = names === '' ? String.raw`\d{1,2}` : String.raw`(?:\d{1,2}|${names})`;
  const item = String.raw`(?:(?:\*|${value}-${value})(?:/\d{1,2})?|${value})`;
  return { name, values, shape: new RegExp(`^${item}(?:,${item})*$`, 'i') };
}

const FIELDS = [
  field('minute', '0-59'),
  field('hour', '0-23'),
  field('day of month', '1-31'),
  field('month', '1-12 or jan-dec', MONTHS),
  field('day of week', '0-7 or sun-sat', DAYS),
];

/** One spelling: single spaces, lower case. */
export const normaliseCron = (text: string): string => text.trim().split(/\s+/).join(' ').toLowerCase();

/** What keeps an expression from being a schedule, in words for its author; null when nothing does. */
export function cronProblem(cron: string): string | null {
  const parts = cron.split(' ');
  if (parts.length !== FIELDS.length)
    return `must have five fields, minute hour day-of-month month day-of-week, ${EXAMPLE}`;
  for (const [i, { name, values, shape }] of FIELDS.entries())
    if (!shape.test(parts[i] ?? ''))
      return `the ${name} must be made of ${values}, *, ranges (1-5), steps (*/15) and lists (1,15), unlike ${parts[i]}; ${EXAMPLE}`;
  let runs: number[];
  try {
    // In UTC, where no clock is changed: what counts is what the expression says.
    runs = runsAfter(cron, 'UTC', Date.UTC(2024, 0), RUNS_COMPARED);
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    return `${said.replace(/^CronPattern: (?:Syntax error, )?/, '')}; use an expression ${EXAMPLE}`;
  }
  if (runs.length === 0) return `never comes: no month it names has such a day; use an expression ${EXAMPLE}`;
  const tooOften = runs.some((at, i) => i > 0 && at - (runs[i - 1] ?? 0) < QUARTER_HOUR_MS);
  return tooOften ? 'comes more often than once in 15 minutes; use */15 or longer steps in the minute' : null;
}

/** A name of the IANA time zone database; offsets such as +02:00 are none, as they know no daylight saving. */
export function isTimeZone(name: string): boolean {
  if (!/^[a-z][\w+/-]{0,63}$/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The next times, each strictly after the one before; fewer when no more come. Milliseconds.
 *
 * Where the clock goes forward, a time that it leaves out comes at the first instant after; where it goes back, a time that
 * it shows twice comes the first time only. Expressions with `*` in the minute or hour follow the clock as it goes instead:
 * they skip what it leaves out and come in both of the hours it shows twice.
 * @throws Error for an expression or zone that is none
 */
export function runsAfter(cron: string, timeZone: string, after: number, count: number): number[] {
  const [, , dayOfMonth = '', , dayOfWeek = ''] = cron.split(' ');
  const pattern = new Cron(cron, {
    timezone: timeZone,
    paused: true,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
    // crontab(5): either day will do, unless one of the two fields begins with a star.
    domAndDow: dayOfMonth.startsWith('*') || dayOfWeek.startsWith('*'),
  });
  return pattern.nextRuns(count, new Date(after)).map((at) => at.getTime());
}
