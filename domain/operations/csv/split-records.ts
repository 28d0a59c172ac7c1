const QUOTE = '"';

export const DELIMITERS = [',', ';', '\t'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Line breaks as an editor counts them: CRLF is one. */
export function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  for (let at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', at + 1)) if (text[at + 1] !== '\n') count++;
  return count;
}

/** The next quote that opens a field; others are plain text, as `5"` is. -1: there is none. */
function findOpening(text: string, from: number, delimiters: string): number {
  for (let at = text.indexOf(QUOTE, from); at >= 0; at = text.indexOf(QUOTE, at + 1)) {
    const before = text[at - 1];
    if (before === undefined || before === '\n' || before === '\r' || delimiters.includes(before)) return at;
  }
  return -1;
}

/** The quote that closes a field; a doubled one is a quote of its text. -1: there is none. */
function findClosing(text: string, from: number): number {
  let at = text.indexOf(QUOTE, from);
  while (at >= 0 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at;
}

/** A field whose quotes are wrong: where it begins, and where text follows a quote that should be doubled, if one does. */
export interface BadQuote {
  opened: number;
  stray: number | null;
}

type Field = { next: number } | { bad: BadQuote } | 'unfinished';

/** The quoted field that opens at `opened`, up to the delimiter or line break behind it. Blanks before that are let pass. */
function readQuoted(text: string, opened: number, delimiters: string, isEnd: boolean): Field {
  const closed = findClosing(text, opened + 1);
  if (closed < 0) return isEnd ? { bad: { opened, stray: null } } : 'unfinished';
  let next = closed + 1;
  while (text[next] === ' ') next++;
  const behind = text[next];
  if (behind === undefined || behind === '\n' || behind === '\r' || delimiters.includes(behind)) return { next };
  return { bad: { opened, stray: closed } };
}

/** Behind the last line break of `text` from `from` to `to`; 0 when there is none. */
function behindLastBreak(text: string, from: number, to: number): number {
  // A search backwards in the whole text would look at all of it for each field.
  const stretch = text.slice(from, to);
  const at = Math.max(stretch.lastIndexOf('\n'), stretch.lastIndexOf('\r'));
  return at < 0 ? 0 : from + at + 1;
}

/** @param quoted from, to, from, to …: the quoted fields, whose line breaks are none of the records' */
function behindLastRecord(text: string, quoted: readonly number[], from: number, to: number): number {
  let end = behindLastBreak(text, from, to);
  for (let i = quoted.length; end === 0 && i > 0; i -= 2)
    end = behindLastBreak(text, quoted[i - 3] ?? 0, quoted[i - 2] ?? 0);
  return end;
}

function unifyBreaks(text: string, quoted: readonly number[]): string {
  let unified = '';
  let [done, next, field] = [0, 0, 0];
  for (let cr = text.indexOf('\r'); cr >= 0; cr = text.indexOf('\r', next)) {
    while ((quoted[field + 1] ?? text.length) <= cr) field += 2;
    if ((quoted[field] ?? text.length) < cr) next = quoted[field + 1] ?? text.length;
    else {
      unified += `${text.slice(done, cr)}\n`;
      done = next = cr + (text[cr + 1] === '\n' ? 2 : 1);
    }
  }
  return unified + text.slice(done);
}

export interface Split {
  /** Whole records, each ended by `\n` whatever ended it in the file. Line breaks in quotes are as they were. */
  records: string;
  /** Where the first record begins that is not whole. */
  end: number;
  bad: BadQuote | null;
}

/**
 * Cuts off the whole records that `text` begins with. It begins with a record; a file may mix CRLF, LF and CR.
 * @param isEnd no text will follow: the last record needs no line break
 */
export function splitRecords(text: string, delimiter: Delimiter, isEnd: boolean): Split {
  const quoted: number[] = [];
  let at = 0;
  let opened = findOpening(text, at, delimiter);
  let bad: BadQuote | null = null;
  while (opened >= 0) {
    const field = readQuoted(text, opened, delimiter, isEnd);
    if (field === 'unfinished') break;
    if ('bad' in field) {
      bad = field.bad;
      break;
    }
    quoted.push(opened, field.next);
    at = field.next;
    opened = findOpening(text, at, delimiter);
  }
  const isWhole = opened < 0;
  if (isWhole && isEnd) {
    const records = unifyBreaks(text, quoted);
    return { records: records === '' || records.endsWith('\n') ? records : `${records}\n`, end: text.length, bad };
  }
  // A last CR may be half of a CRLF.
  const until = isWhole ? text.length - (text.endsWith('\r') ? 1 : 0) : opened;
  const end = behindLastRecord(text, quoted, at, until);
  return { records: unifyBreaks(text.slice(0, end), quoted), end, bad };
}

/** Where the record ends that begins at `from`; -1: not in this text. */
function findRecordEnd(text: string, from: number, delimiters: string, isEnd: boolean): number {
  for (let at = from; ; ) {
    const opened = findOpening(text, at, delimiters);
    const stretch = opened < 0 ? text.slice(at) : text.slice(at, opened);
    const breakAt = stretch.search(/[\r\n]/);
    if (breakAt >= 0) return at + breakAt;
    if (opened < 0) return isEnd ? text.length : -1;
    const field = readQuoted(text, opened, delimiters, isEnd);
    if (field === 'unfinished') return -1;
    if ('bad' in field) return text.length;
    at = field.next;
  }
}

/** Where the first record of a file is that is not blank, with nothing known of its delimiter; null: it is not whole yet. */
export function findHeader(text: string, isEnd: boolean): { from: number; to: number } | null {
  const from = text.match(/^[\s,;]*[\r\n]/)?.[0].length ?? 0;
  const to = findRecordEnd(text, from, DELIMITERS.join(''), isEnd);
  return to < 0 ? null : { from, to };
}
