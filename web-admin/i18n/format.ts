import { usePreferences } from '../shell/preferences.ts';

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** "3 minutes ago", "in 2 days". */
export function relative(format: Intl.RelativeTimeFormat, at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return format.format(Math.trunc(seconds / size), unit);
}

/** Bytes in the units people read, 1024 to the next. */
function bytesIn(number: Intl.NumberFormat, bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${number.format(Math.round((bytes / 1024 ** step) * 10) / 10)} ${units[step]}`;
}

function formats(language: string, clock: 'local' | 'utc') {
  const zone = clock === 'utc' ? { timeZone: 'UTC' } : {};
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const time = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    ...zone,
  });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', ...zone });
  const since = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const list = new Intl.ListFormat(language);
  const zoneName = clock === 'utc' ? 'UTC' : new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return {
    number: (value: number) => number.format(value),
    percent: (share: number) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share),
    bytes: (value: number) => bytesIn(number, value),
    /** With its zone, so that it can be pasted somewhere. */
    time: (at: string | number | Date) => `${time.format(new Date(at))} ${zoneName}`,
    /** Without its zone: for columns whose heading names it. */
    bareTime: (at: string | number | Date) => time.format(new Date(at)),
    day: (at: string | number | Date) => day.format(new Date(at)),
    ago: (at: string | number | Date, now = Date.now()) => relative(since, new Date(at).getTime(), now),
    list: (items: string[]) => list.format(items),
    zoneName,
  };
}

const made = new Map<string, ReturnType<typeof formats>>();

/** Made once for all: the Intl objects of a row that is scrolled into sight cost more than the rest of it together. */
function formatsOf(language: string, clock: 'local' | 'utc') {
  const key = `${language} ${clock}`;
  const found = made.get(key) ?? formats(language, clock);
  made.set(key, found);
  return found;
}

/** Numbers and times as the person at the screen reads them. */
export function useFormat() {
  const { language, clock } = usePreferences();
  return formatsOf(language, clock);
}
