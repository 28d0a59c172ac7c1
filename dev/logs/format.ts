import type { Entry } from './entry.ts';

type Fields = Readonly<Record<string, unknown>>;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is made visible
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Whatever ends a line, moves the cursor or turns the reading direction, as an escape. */
const visible = (text: string) =>
  text.replace(UNSEEN, (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const CODES: Readonly<Record<string, number>> = { debug: 2, warn: 33, error: 31, dim: 2 };

export interface Style {
  colour: boolean;
}

const painted = (text: string, as: string, { colour }: Style) =>
  colour && CODES[as] ? `\u001b[${CODES[as]}m${text}\u001b[0m` : text;

/** Told in the line's own words, so not among what is left. */
const TOLD = new Set(
  'level msg time requestId traceId method route queue status outcome errorCode durationMs error'.split(' '),
);

/** An entry for people: one line, and its error's causes below it. */
export function format({ time, level, fields, text }: Entry, style: Style): string {
  const clock = time.slice(11) || ' '.repeat(13);
  const head = `${clock} ${painted(level.padEnd(5), level, style)}`;
  if (typeof fields.msg !== 'string') return `${head} ${visible(text)}`;
  const left = Object.entries(fields).filter(([name]) => !TOLD.has(name));
  const line = [head, ...wordsOf(fields), ...left.map(([name, value]) => `${visible(name)}=${compact(value)}`)];
  const ids = painted(`req ${short(fields.requestId)} trace ${short(fields.traceId)}`, 'dim', style);
  return [`${line.join(' ')}  ${ids}`, ...(fields.error === undefined ? [] : causesOf(fields.error, '', style))].join(
    '\n',
  );
}

/** Eight characters tell apart what one looks at, and find it again. */
const short = (id: unknown) => (typeof id === 'string' && id !== '' ? visible(id.slice(0, 8)) : '-');

function wordsOf({ msg, method, route, queue, status, outcome, errorCode, durationMs }: Fields): string[] {
  const what = msg === 'request' ? [method, route] : [msg, queue];
  const told = [...what, status, outcome, errorCode].filter((word) => word !== undefined);
  return [...told.map((word) => visible(String(word))), ...(durationMs === undefined ? [] : [`${durationMs} ms`])];
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** `ok 3 ms` for an outcome with its time; JSON with few quotes for the rest. */
function compact(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? visible(value) : visible(JSON.stringify(value));
  if (!isObject(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(compact).join(', ')}]`;
  const { outcome, durationMs, ...rest } = value;
  if (typeof outcome === 'string' && typeof durationMs === 'number' && Object.keys(rest).length === 0)
    return `${visible(outcome)} ${durationMs} ms`;
  return `{${Object.entries(value)
    .map(([name, item]) => `${visible(name)}: ${compact(item)}`)
    .join(', ')}}`;
}

const INDENT = ' '.repeat(20);

/** `name: message`, its other fields, the places; then what is behind it. */
function causesOf(error: unknown, before: string, style: Style): string[] {
  if (!isObject(error)) return [`${INDENT}${before}${visible(String(error))}`];
  const { name, message, stack, cause, errors, ...rest } = error;
  const fields = Object.entries(rest).map(([field, value]) => ` ${visible(field)}=${compact(value)}`);
  const places = typeof stack === 'string' ? stack.split('\n').filter(Boolean) : [];
  return [
    `${INDENT}${before}${visible(String(name ?? 'error'))}: ${visible(String(message ?? ''))}${fields.join('')}`,
    ...places.map((place) => painted(`${INDENT}  ${visible(place)}`, 'dim', style)),
    ...(Array.isArray(errors) ? errors.flatMap((each) => causesOf(each, 'one of them: ', style)) : []),
    ...(cause === undefined ? [] : causesOf(cause, 'because of ', style)),
  ];
}
