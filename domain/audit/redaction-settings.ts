import { wordsOf } from './redact-keys.ts';

/** What `*`, `+` and `{n,}` reach in a pattern of the configuration: a text must not decide how long a search takes. */
const REACH = 256;
const MAX_PATTERN = 500;
/** Ways to divide one stretch of text among a repeated group's turns. */
const MAX_WAYS = 10_000;

/** A setting that cannot be used; the message says why and what to write instead, and holds no value of it. */
export class SettingError extends Error {
  override name = 'SettingError';
}

/** `salary, birth_date`: names, separated by commas. @throws SettingError */
export function parseNames(list: string): string[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.some((name) => name.length > 64 || wordsOf(name).length === 0))
    throw new SettingError('must be names of up to 64 letters and digits, separated by commas');
  return names;
}

/** `{"customer": "CUST-\\d{6}"}`: a regular expression by name. @throws SettingError */
export function parsePatterns(json: string): Record<string, RegExp> {
  const entries = entriesOf(json);
  return Object.fromEntries(entries.map(([name, source]) => [name, compile(name, source)]));
}

function entriesOf(json: string): [string, string][] {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      const entries = Object.entries(parsed);
      if (entries.every(([name, source]) => /^[\w .-]{1,40}$/.test(name) && typeof source === 'string')) return entries;
    }
  } catch {
    // One message for every way it can be wrong.
  }
  throw new SettingError('must be JSON of regular expressions by name, such as {"customer":"CUST-\\\\d{6}"}');
}

function compile(name: string, source: string): RegExp {
  if (source.length > MAX_PATTERN) throw new SettingError(`(${name}) is longer than ${MAX_PATTERN} characters`);
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, 'g');
  } catch {
    throw new SettingError(`(${name}) is no regular expression of JavaScript`);
  }
  if (['', 'a1 -', 'Z_9.'].some((probe) => [...probe.matchAll(pattern)].some(([match]) => match === '')))
    throw new SettingError(`(${name}) matches the empty text; say what must be there`);
  const bounded = withBounds(source);
  if (bounded === null)
    throw new SettingError(
      `(${name}) repeats what repeats or chooses inside, which can take forever; write it without, or with small bounds such as (?:\\d{1,3}\\.){3}`,
    );
  return new RegExp(bounded, 'g');
}

const QUANTIFIER = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/;

/** How often, and in how many ways, what stands before may repeat. */
function repetition(text: string): { length: number; bounded: string; most: number; ways: number } | null {
  const match = QUANTIFIER.exec(text);
  if (!match) return null;
  const [written, sign, least, comma, most] = match;
  const lazy = written.length > 1 && written.endsWith('?') ? '?' : '';
  const length = written.length;
  if (sign === '?') return { length, bounded: written, most: 1, ways: 2 };
  const from = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
  if (sign === undefined && !comma) return { length, bounded: written, most: from, ways: 1 };
  if (most) return { length, bounded: written, most: Number(most), ways: Number(most) - from + 1 };
  return {
    length,
    bounded: `{${from},${from + REACH}}${lazy}`,
    most: Number.POSITIVE_INFINITY,
    ways: Number.POSITIVE_INFINITY,
  };
}

/** Escapes, classes and single characters of a pattern. */
const ATOM = /^(?:\\(?:[pPu]\{[^}]*\}|k<[^>]*>|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S])/;

/** The pattern with all its repetitions bounded; null when a repeated group could match one text in too many ways. */
function withBounds(source: string): string | null {
  // In how many ways each open group, and the group just closed, can match one text.
  const open: number[] = [1];
  let ways = 1;
  let bounded = '';
  for (let rest = source; rest !== ''; ) {
    const repeats = bounded === '' ? null : repetition(rest);
    if (repeats) {
      if (ways > 1 && repeats.most > 1 && !(ways ** repeats.most <= MAX_WAYS)) return null;
      open.push((open.pop() ?? 1) * repeats.ways);
      ways = 1;
      bounded += repeats.bounded;
      rest = rest.slice(repeats.length);
      continue;
    }
    const [atom] = ATOM.exec(rest) ?? [rest];
    ways = 1;
    if (atom === '(') open.push(1);
    if (atom === '|') open.push((open.pop() ?? 1) + 1);
    if (atom === ')') {
      ways = open.pop() ?? 1;
      open.push((open.pop() ?? 1) * ways);
    }
    // `?` behind `(` belongs to the group's kind.
    const taken = atom === '(' ? (/^\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?/.exec(rest)?.[0] ?? atom) : atom;
    bounded += taken;
    rest = rest.slice(taken.length);
  }
  return bounded;
}
