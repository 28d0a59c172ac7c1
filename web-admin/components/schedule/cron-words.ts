/** What a cron expression says, taken apart for a sentence; the words are in `forms.cron`. */
export interface CronWords {
  /** `times`: at these; `every`: every so many minutes; `hourly`: at these minutes of these hours. */
  when:
    | { kind: 'times'; times: string[] }
    | { kind: 'every'; minutes: number }
    | { kind: 'hourly'; minutes: string; hours: string };
  /** 0 to 6, Sunday first; null: every day. */
  weekdays: number[] | null;
  /** As it is written; null: every day. */
  days: string | null;
  /** 1 to 12; null: every month. */
  months: number[] | null;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** More than these are not told one by one. */
const MOST_TIMES = 6;

/** A range, a list, names or steps → the numbers; null for every one. */
function numbersOf(field: string, [least, most]: [number, number], names: string[] = []): number[] | null {
  if (field === '*') return null;
  const numberOf = (word: string) => (names.includes(word) ? names.indexOf(word) + least : Number(word));
  const found = field.split(',').flatMap((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [from = '', to = from] = range === '*' ? [String(least), String(most)] : range.split('-');
    const [first, last] = [numberOf(from), numberOf(to)];
    const count = Math.max(0, Math.floor((last - first) / Math.max(1, Number(step))) + 1);
    return Array.from({ length: count }, (_, i) => first + i * Math.max(1, Number(step)));
  });
  return [...new Set(found)].sort((a, b) => a - b);
}

const two = (value: number) => String(value).padStart(2, '0');

function whenOf(minute: string, hour: string): CronWords['when'] {
  const every = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (every !== undefined && hour === '*' && 60 % Number(every) === 0) return { kind: 'every', minutes: Number(every) };
  const [minutes, hours] = [numbersOf(minute, [0, 59]), numbersOf(hour, [0, 23])];
  const times = (hours ?? []).flatMap((h) => (minutes ?? []).map((m) => `${two(h)}:${two(m)}`));
  if (times.length > 0 && times.length <= MOST_TIMES) return { kind: 'times', times };
  return { kind: 'hourly', minutes: minute, hours: hour };
}

/** @param cron five fields that the server would take; null for anything else */
export function wordsOf(cron: string): CronWords | null {
  const fields = cron.trim().toLowerCase().split(/\s+/);
  const [minute, hour, day, month, weekday] = fields;
  if (fields.length !== 5 || !minute || !hour || !day || !month || !weekday) return null;
  const weekdays = numbersOf(weekday, [0, 7], DAYS)?.map((each) => each % 7) ?? null;
  return {
    when: whenOf(minute, hour),
    weekdays: weekdays && [...new Set(weekdays)].sort((a, b) => a - b),
    days: day === '*' ? null : day,
    months: numbersOf(month, [1, 12], MONTHS),
  };
}
