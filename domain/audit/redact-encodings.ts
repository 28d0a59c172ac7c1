import { fromBase64 } from './redact-checks.ts';

/** A text with its escapes undone, and for each of its characters where it stood before; one more for the end. */
export interface Unescaped {
  text: string;
  at: Uint32Array;
}

const ESCAPES =
  /%[0-7][\da-f]|(?:%[89a-f][\da-f]){2,200}|\\(?:u[\da-f]{4}|u\{[\da-f]{1,6}\}|x[\da-f]{2}|["'\\/bfnrtv])|&(?:#\d{1,7}|#x[\da-f]{1,6}|amp|quot|apos|lt|gt|commat|colon|equals|period|sol|num|lowbar|hyphen|nbsp);/gi;

/** In a form's text, `+` is a space (application/x-www-form-urlencoded). */
const FORM_ESCAPES = new RegExp(`${ESCAPES.source}|\\+`, 'gi');

const NAMED: Readonly<Record<string, string>> = {
  '\\b': '\b',
  '\\f': '\f',
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
  '\\v': '\v',
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&commat;': '@',
  '&colon;': ':',
  '&equals;': '=',
  '&period;': '.',
  '&sol;': '/',
  '&num;': '#',
  '&lowbar;': '_',
  '&hyphen;': '-',
  '&nbsp;': ' ',
  '+': ' ',
};

/** What `decode` makes of it; itself when that fails. */
function or(text: string, decode: (text: string) => string): string {
  try {
    return decode(text);
  } catch {
    return text;
  }
}

function plain(written: string): string {
  if (written.length > 3 && written.startsWith('%')) return or(written, decodeURIComponent);
  const named = NAMED[written.toLowerCase()];
  if (named !== undefined) return named;
  const hex = /^(?:%|\\[ux]\{?|&#x)([\da-f]+)/i.exec(written)?.[1];
  const code = hex === undefined ? Number(/^&#(\d+)/.exec(written)?.[1]) : Number.parseInt(hex, 16);
  if (Number.isNaN(code)) return written.slice(1);
  return code <= 0x10_ffff ? String.fromCodePoint(code) : '\ufffd';
}

/** Undoes one layer: percent-encoding of UTF-8, JSON's and JavaScript's escapes, HTML's references. Null when there is none. */
export function unescapeOnce(text: string): Unescaped | null {
  if (!/[%\\&]/.test(text)) return null;
  const pieces: string[] = [];
  const at = new Uint32Array(text.length + 1);
  let read = 0;
  let written = 0;
  const copy = (to: number) => {
    pieces.push(text.slice(read, to));
    for (; read < to; read++) at[written++] = read;
  };
  for (const match of text.matchAll(/%[\da-f]{2}/i.test(text) ? FORM_ESCAPES : ESCAPES)) {
    copy(match.index);
    const piece = plain(match[0]);
    pieces.push(piece);
    for (let i = 0; i < piece.length; i++) at[written++] = read;
    read = match.index + match[0].length;
  }
  if (read === 0) return null;
  copy(text.length);
  at[written] = text.length;
  return { text: pieces.join(''), at: at.subarray(0, written + 1) };
}

/** Of either alphabet, so that a path's `/` or a name's `-` before it does not hide it; the second takes lines of a wrapped one together. */
const BASE64 = [
  /[A-Za-z0-9_-]{16,}={0,2}/g,
  /(?:[A-Za-z0-9+/]{60,76}\r?\n){1,5000}[A-Za-z0-9+/]{1,76}={0,2}|[A-Za-z0-9+/]{16,}={0,2}/g,
];
const CONTROLS = /[^\t\n\r -~\u0080-\u00ff]/;
const READABLE_PARTS = /[\t\n\r -~]{16,}/g;

export interface Encoded {
  from: number;
  to: number;
  /** What can be read of it: for each way to cut it into groups of four the whole of it, or what of it is longer text. */
  readings: string[];
}

/** Bytes as a text: the whole of it, or what of it is longer ASCII. Empty for what is none. */
function readingOf(bytes: string): string {
  if (!CONTROLS.test(bytes)) {
    const text = /[\x80-\xff]/.test(bytes)
      ? new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)))
      : bytes;
    if (!text.includes('\ufffd')) return text;
  }
  return (bytes.match(READABLE_PARTS) ?? []).join('\n');
}

/** Hexadecimal numbers, words and names in capitals: base64 of a text has letters of both cases. */
const isOneCase = (run: string) => !/[a-z]/.test(run) || !/[A-Z]/.test(run);

function readingsOf(run: string): string[] {
  const readings: string[] = [];
  for (let cut = 0; cut < 4; cut++) {
    const bytes = fromBase64(run.slice(cut));
    if (bytes === null || bytes.length < 6) continue;
    const reading = readingOf(bytes);
    if (reading !== '') readings.push(reading);
  }
  return readings;
}

/** What could be base64 of a text. A picture's or a hash's gives no reading. */
export function base64In(text: string): Encoded[] {
  const found: Encoded[] = [];
  for (const [i, pattern] of BASE64.entries())
    for (const match of text.matchAll(pattern)) {
      const run = match[0];
      // What both alphabets write alike was read before.
      if (
        i === 1 &&
        !/[+/\n]/.test(run) &&
        !/[_-]/.test((text[match.index - 1] ?? '') + (text[match.index + run.length] ?? ''))
      )
        continue;
      if (isOneCase(run)) continue;
      const readings = readingsOf(run.replace(/\r?\n/g, ''));
      if (readings.length > 0) found.push({ from: match.index, to: match.index + run.length, readings });
    }
  return found;
}
