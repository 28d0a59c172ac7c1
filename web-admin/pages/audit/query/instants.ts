/** When: `2026-11-01`, `2026-11-01T08:30Z`, `-24h`, `now`. Days and times without an offset are UTC: a link says the same everywhere. */
const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DAY_MS = UNITS.d;
const SECOND_MS = 1000;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?$/i;
const RELATIVE = /^-(\d{1,5})([mhdw])$/;

/** From the first to the last millisecond; null = open. */
export interface Range {
  from: number | null;
  to: number | null;
}

function dayOf(text: string): number | null {
  const at = Date.parse(`${text}T00:00:00.000Z`);
  // 30 February is read as a day of March.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? null : at;
}

/** The first and the last millisecond of what a text names, a day, a minute or a second being whole; null when it names nothing. */
function spanOf(text: string, now: number): { first: number; last: number } | null {
  if (text === 'now') return { first: now, last: now };
  const [, count, unit] = RELATIVE.exec(text) ?? [];
  if (count && unit) {
    const at = now - Number(count) * UNITS[unit as keyof typeof UNITS];
    return { first: at, last: at };
  }
  if (DAY.test(text)) {
    const first = dayOf(text);
    return first === null ? null : { first, last: first + DAY_MS - 1 };
  }
  if (!TIME.test(text) || dayOf(text.slice(0, 10)) === null) return null;
  const at = Date.parse(/Z$|[+-]\d\d:\d\d$/i.test(text) ? text.toUpperCase() : `${text.toUpperCase()}Z`);
  const length = text.includes('.') ? 1 : /T\d\d:\d\d:/i.test(text) ? SECOND_MS : UNITS.m;
  return Number.isNaN(at) ? null : { first: at, last: at + length - 1 };
}

/** What the value of `created:` means; null when it means nothing. */
export function rangeOf(value: string, now: number): Range | null {
  const [, begin, finish] = /^(.+?)\.\.(.+)$/.exec(value) ?? [];
  if (begin && finish) {
    const [first, last] = [spanOf(begin, now), spanOf(finish, now)];
    return first && last && { from: first.first, to: last.last };
  }
  const [, sign = '', rest = ''] = /^(>=|<=|>|<)?(.*)$/.exec(value) ?? [];
  const span = spanOf(rest, now);
  if (!span) return null;
  if (sign === '>=') return { from: span.first, to: null };
  if (sign === '>') return { from: span.last + 1, to: null };
  if (sign === '<=') return { from: null, to: span.last };
  if (sign === '<') return { from: null, to: span.first - 1 };
  // An hour ago means since then: nothing happens in one millisecond.
  return RELATIVE.test(rest) ? { from: span.first, to: null } : { from: span.first, to: span.last };
}

const later = (a: number | null, b: number | null) => (a === null || (b !== null && b > a) ? b : a);
const earlier = (a: number | null, b: number | null) => (a === null || (b !== null && b < a) ? b : a);

/** What is in both. */
export const both = (a: Range, b: Range): Range => ({ from: later(a.from, b.from), to: earlier(a.to, b.to) });

const isoOf = (at: number) => new Date(at).toISOString();

/** An instant as short as it can be written for a beginning. */
export function instantText(at: number): string {
  if (at % UNITS.m === 0) return `${isoOf(at).slice(0, 16)}Z`;
  return at % SECOND_MS === 0 ? `${isoOf(at).slice(0, 19)}Z` : isoOf(at);
}

/** The same for an end: the minute or the second that ends with it. */
function endText(at: number): string {
  if ((at + 1) % UNITS.m === 0) return `${isoOf(at).slice(0, 16)}Z`;
  return (at + 1) % SECOND_MS === 0 ? `${isoOf(at).slice(0, 19)}Z` : isoOf(at);
}

/** A range as the value of `created:`; without an end it goes on. */
export const rangeText = ({ from, to }: { from: number; to: number | null }): string =>
  to === null ? `>=${instantText(from)}` : `${instantText(from)}..${endText(to)}`;
