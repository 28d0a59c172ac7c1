import type { Part } from './redact-checks.ts';
import type { JudgeKey, KeyKind } from './redact-keys.ts';
import { isAbsent, isCode, isCount, isDrawn, isProse, isStrong, isUuid, isWord, PROSE_NAME } from './redact-words.ts';

/** A secret that running text names, with the value behind it: `db_pass=…`, `"apiKey": "…"`, `--token …`, `the password is …`. */
export interface Assignment {
  part: Part;
  /** No word of a language: enough to refuse a text that is to be published. */
  sure: boolean;
}

/** What stands between a name and its value: a sign, a flag's blank, or in speech "is", an arrow or nothing but a blank. */
const OPERATORS = new RegExp(
  [
    '[:!]?={1,3}>?|[:：＝]|>',
    '(?<![\\w-])--[a-z][\\w-]{1,60}(?=\\s+[^\\s-])',
    '(?<=\\s)(?:is|was|ist|war|lautet)(?=\\s)',
    '(?<=pass(?:word|wd|phrase|code)|passwort|kennwort|pwd|pw|token|secret|key|\\b(?:pin|otp|cvv2?|cvc2?|ssn)|identified by)' +
      '(?:\\s{0,3}(?:->|→|[|–—])\\s{0,3}|\\s{1,3}(?:from\\s|to\\s)?)(?=["\'`]?[^\\s:=])',
  ].join('|'),
  'gi',
);
const SIGN = /^(?:[:!]?=+>?|[:：＝]|>)$/;
const CLOSING = /["'`\\\])?\s]/;
const MAX_CLOSING = 12;
const NAME = /[\p{L}\p{N}_.$-]/u;
const MAX_NAME = 80;
/** Between the words of a pair: `{"key": "password", "value": {"stringValue": "…"}}`, `name="password" value="…"`. */
const PAIRING = /["'`\\,:={[\s]/;
const VALUE_NAME = /^(?:value|values|val|stringvalue|string_value|content)$/i;
const MAX_PAIRINGS = 3;

/** Reads backwards from `at`, over what `skip` matches, a name. */
function nameBefore(text: string, at: number, skip: RegExp, most: number): { name: string; from: number } {
  let to = at;
  while (to > 0 && at - to < most && skip.test(text[to - 1] ?? '')) to--;
  let from = to;
  while (from > 0 && to - from < MAX_NAME && NAME.test(text[from - 1] ?? '')) from--;
  return { name: text.slice(from, to), from };
}

/** Who or what it is for: "password for bob: …". */
const PREPOSITION = /^(?:for|of|to|on|at|für|von)$/i;

interface Named {
  kind: KeyKind;
  /** The name that says so. */
  name: string;
  /** Other words stand between: the value must speak for itself. */
  far: boolean;
}

/** What the name before `at` says of what comes behind. */
function namedBefore(text: string, at: number, judge: JudgeKey): Named {
  let { name, from } = nameBefore(text, at, CLOSING, MAX_CLOSING);
  for (let i = 0; i < MAX_PAIRINGS && VALUE_NAME.test(name); i++)
    ({ name, from } = nameBefore(text, from, PAIRING, MAX_CLOSING));
  const kind = name === '' ? 'open' : judge(name);
  if (kind !== 'open' || text[from - 1] !== ' ') return { kind, name, far: false };
  const before = nameBefore(text, from, / /, 1);
  if (PREPOSITION.test(before.name)) {
    const whole = nameBefore(text, before.from, / /, 1).name;
    return { kind: judge(whole), name: whole, far: true };
  }
  // "API key", "card number": neither word says it alone.
  if (before.name === '' || judge(before.name) !== 'open') return { kind, name, far: false };
  return { kind: judge(`${before.name} ${name}`), name: `${before.name} ${name}`, far: false };
}

interface Value {
  from: number;
  to: number;
  quoted: boolean;
}

/** Up to the closing quote; what is never closed goes on to the end of the text. */
function quotedValue(text: string, from: number, opening: string): Value {
  const start = from + opening.length;
  let to = text.indexOf(opening, start);
  // Without backslashes of its own, a quote behind an odd number of them is part of the value.
  while (
    opening.length === 1 &&
    to !== -1 &&
    (/\\*$/.exec(text.slice(Math.max(start, to - 8), to))?.[0].length ?? 0) % 2 === 1
  )
    to = text.indexOf(opening, to + 1);
  return { from: start, to: to === -1 ? text.length : to, quoted: true };
}

// With the letter that some languages put before a text.
const SPACES = /\s{0,4}(?:[ubrf](?=["']))?/iy;
const OPENING = /\\{0,15}["'`]/y;
const LIST = /\[\s{0,4}\\{0,7}["'][^\]]*\]?/y;
const BLOCK = /[{[(]/y;
const SCHEME = /[A-Za-z][\w-]{2,20}\s{1,20}(?=\S)/y;
const COOKIE = /[\w!#$%&'*+.^`|~-]{1,100}=/y;
const LINE = /[^\r\n]*/y;
const QUOTED_LINE = /[^\r\n"'`]*/y;
const ELEMENT = /[^<]*/y;
const DRAWN = /[\w~.+/-]*={0,2}/y;
const BARE = /[^\s"'`<>&;]*/y;

function at(pattern: RegExp, text: string, from: number): string {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0] ?? '';
}

/** What ends a value that no quotes enclose. */
function patternOf(text: string, from: number, { kind, name }: Named, operator: string): RegExp | null {
  if (operator === '>') return ELEMENT;
  if (kind === 'opaque') return DRAWN;
  if (/phrase$|mnemonic$/i.test(name)) return QUOTED_LINE;
  if (operator !== ':') return BARE;
  if (/cookie$/i.test(name)) return at(COOKIE, text, from) ? QUOTED_LINE : null;
  if (!/authori[sz]ation$/i.test(name)) return BARE;
  return /^(?:digest|oauth|aws4|hawk|signature)/i.test(text.slice(from, from + 9)) ? LINE : QUOTED_LINE;
}

/**
 * The value at `from`; null for what holds none. Of a text that is not taken no more is read than up to the next operator, so
 * that nothing is read twice.
 */
function valueAt(text: string, behind: number, named: Named, operator: string): Value | null {
  let from = behind + at(SPACES, text, behind).length;
  const opening = at(OPENING, text, from);
  if (opening) return quotedValue(text, from, opening);
  const list = at(LIST, text, from);
  if (list) return { from, to: from + list.length, quoted: true };
  const pattern = at(BLOCK, text, from) ? null : patternOf(text, from, named, operator);
  if (!pattern) return null;
  if (/authori[sz]ation$/i.test(named.name)) from += at(SCHEME, text, from).length;
  const value = at(pattern, text, from).trimEnd();
  return { from, to: from + (pattern === BARE ? value.replace(/[,.:)\]}\\]+$/, '') : value).length, quoted: false };
}

/** Words that prose, tests and programs put there too: what stands behind must speak for itself. */
const COMMON = /(?:^|[^\p{L}])(?:pass|pin|otp|totp|iban|dsn)$|tokens?$|authori[sz]ation$/iu;

/** Whether a word behind a secret's name is its value: "password hunter2", "pin 4711", but "token 12" and "key server-01" not. */
function isSpoken(value: string, name: string): boolean {
  if (isUuid(value) || isCode(value) || value.includes('://')) return false;
  if (/^(?:pin|otp|cvv2?|cvc2?|ssn)$/i.test(name)) return /^[\d-]{3,12}$/.test(value);
  return (
    isStrong(value) &&
    (/pass|pwd|pw$|kennwort|by$/i.test(name) || (value.length > 7 && !/^[a-z]*[-_.]?[\d.]+$/i.test(value)))
  );
}

/** Whether `value` is a secret, as the text writes it. */
function isSecret(value: string, quoted: boolean, { kind, name, far }: Named, operator: string): boolean {
  if (isAbsent(value) || isCount(name, value) || (far && !isStrong(value))) return false;
  if (kind === 'opaque') return isDrawn(value);
  if (!SIGN.test(operator)) return isSpoken(value, name);
  if (quoted) return !(PROSE_NAME.test(name) && isProse(value));
  if (/^\d+$/.test(value)) return kind === 'code' ? value.length > 2 : operator === '=' && value.length > 3;
  if (isWord(value) || isCode(value)) return false;
  const speaks = operator === '=>' || (operator !== '=' && COMMON.test(name));
  return !speaks || isStrong(value);
}

const isSure = (value: string, { kind, name }: Named) =>
  !/iban|number$/i.test(name) && (isStrong(value) || (kind === 'code' && /^\d{3,}$/.test(value)));

/** In order, none in another. */
export function assignmentsIn(text: string, judge: JudgeKey): Assignment[] {
  const found: Assignment[] = [];
  const operators = new RegExp(OPERATORS);
  for (let match = operators.exec(text); match; match = operators.exec(text)) {
    const flag = match[0].startsWith('--');
    const operator = flag ? '=' : match[0];
    const named = flag ? { kind: judge(match[0]), name: match[0], far: false } : namedBefore(text, match.index, judge);
    if (named.kind !== 'secret' && named.kind !== 'code' && named.kind !== 'opaque') continue;
    if (operator === '>' && text[match.index - named.name.length - 1] !== '<') continue;
    const value = valueAt(text, operators.lastIndex, named, operator);
    if (!value) continue;
    const written = text.slice(value.from, value.to);
    if (!isSecret(written, value.quoted, named, operator)) continue;
    found.push({ part: [value.from, value.to], sure: isSure(written, named) });
    operators.lastIndex = value.to;
  }
  return found;
}
