import { Malformed } from '../errors.ts';

/** What a place in a list is made of, one an order column. `time`: UTC text with milliseconds, as ClickHouse says it. */
const SHAPES = {
  time: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/,
  uuid: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  text: /^[^\0]{1,200}$/s,
} as const;
export type Shape = keyof typeof SHAPES;

/** A place in a list, and the search it belongs to. */
export interface Place {
  /** What the search's first page was resolved to, as RFC 3339: "the last 30 days" must not move on between pages. */
  range: { from: string; to: string };
  key: string[];
}

const NOT_OURS = 'The cursor is not one we gave; start again without it.';

/** @param search what was asked for: a cursor of another search is refused */
export async function encodeCursor(search: unknown, { range, key }: Place): Promise<string> {
  const values = [await mark(search), range.from, range.to, ...key];
  return new TextEncoder().encode(JSON.stringify(values)).toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** @throws Malformed for what we did not write, and for a cursor of another search */
export async function decodeCursor(search: unknown, cursor: string, shapes: readonly Shape[]): Promise<Place> {
  const [searched, from, to, ...key] = textsOf(cursor);
  const fits = key.length === shapes.length && key.every((value, i) => isShaped(value, shapes[i] ?? 'text'));
  if (!searched || !isInstant(from) || !isInstant(to) || !fits) throw new Malformed(NOT_OURS);
  if (searched !== (await mark(search)))
    throw new Malformed('The cursor belongs to a search with other parameters; start again without it.');
  return { range: { from, to }, key };
}

function textsOf(cursor: string): string[] {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: 'base64url' });
    const values: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
    if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values;
  } catch {
    // Falls through to the one message a wrong cursor gets.
  }
  throw new Malformed(NOT_OURS);
}

const isShaped = (value: string, shape: Shape) =>
  SHAPES[shape].test(value) && value.isWellFormed() && (shape !== 'time' || isInstant(`${value.replace(' ', 'T')}Z`));

const isInstant = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));

/** Tells searches apart; it protects nothing. Eight bytes of SHA-256 over what was asked, whatever its order. */
async function mark(search: unknown): Promise<string> {
  const asked = Object.entries(search as object).filter(([, value]) => value !== undefined);
  const text = JSON.stringify(asked.sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return new Uint8Array(digest, 0, 8).toHex();
}
