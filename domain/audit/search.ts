import type { Position } from '../../clickhouse/queries/newest-rows.ts';
import type { CallerContext } from '../context.ts';
import { Invalid, Unavailable } from '../errors.ts';
import { clickhouseTime } from '../instant.ts';
import { decodeCursor, encodeCursor, type Shape } from './cursor.ts';

const DAY_MS = 86_400_000;
const DEFAULT_RANGE_MS = 30 * DAY_MS;
// Most pages are filled by the last day; only a page that comes up short looks further back.
const WINDOWS_MS = [DAY_MS, 7 * DAY_MS];
// ClickHouse knows dates of 1970 to 2149 only, and computes with others without a word.
const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(2149, 0, 1);

export interface SearchQuery {
  limit: number;
  cursor?: string | undefined;
  /** RFC 3339. */
  from?: string | undefined;
  to?: string | undefined;
}

export interface Searched<Row> {
  rows: Row[];
  nextCursor: string | null;
  /** The range searched, also when it was not asked for: the last 30 days. */
  range: { from: string; to: string };
}

export interface SearchPage<View> {
  items: View[];
  nextCursor: string | null;
  range: { from: string; to: string };
}

export const pageOf = <Row, View>({ rows, ...found }: Searched<Row>, view: (row: Row) => View): SearchPage<View> => ({
  items: rows.map(view),
  ...found,
});

export interface Search<Row> {
  /** Of the columns the rows are ordered by, newest first; the first is the time. */
  shapes: readonly Shape[];
  keyOf(row: Row): string[];
  /** Rows from `from` to `to` (UTC text) that come after the place `after`, at most `limit`. */
  read(range: { from: string; to: string }, after: string[] | undefined, limit: number): Promise<Row[]>;
  /** How far back to look first, milliseconds. */
  windows?: readonly number[];
}

/**
 * One page, newest first.
 * @param list which list it is: its cursors are of no use in another one
 * @throws Malformed, Invalid, Unavailable
 */
export async function searchNewest<Row>(
  ctx: Pick<CallerContext, 'now'>,
  list: string,
  query: SearchQuery,
  { shapes, keyOf, read, windows = WINDOWS_MS }: Search<Row>,
): Promise<Searched<Row>> {
  const { limit, cursor, ...asked } = query;
  const search = { ...asked, list };
  const place = cursor === undefined ? null : await decodeCursor(search, cursor, shapes);
  const range = place?.range ?? rangeOf(query, ctx.now());
  const after = place?.key;
  const start = after?.[0] ? Date.parse(`${after[0].replace(' ', 'T')}Z`) : Date.parse(range.to);
  const to = clickhouseTime(range.to);
  const rows = await widening(windows, start, Date.parse(range.from), limit, (since) =>
    read({ from: clickhouseTime(new Date(since).toISOString()), to }, after, limit + 1),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last;
  return { rows: page, nextCursor: more ? await encodeCursor(search, { range, key: keyOf(last) }) : null, range };
}

/** One page of rows in the order (timestamp, id), newest first. @throws Malformed, Invalid, Unavailable */
export const searchByTime = <Row extends Position>(
  ctx: Pick<CallerContext, 'now'>,
  list: string,
  query: SearchQuery,
  read: (range: { from: string; to: string }, after: Position | null, limit: number) => Promise<Row[]>,
  windows?: readonly number[],
): Promise<Searched<Row>> =>
  searchNewest(ctx, list, query, {
    ...(windows && { windows }),
    shapes: ['time', 'uuid'],
    keyOf: ({ timestamp, id }) => [timestamp, id],
    read: (range, [timestamp, id] = [], limit) => read(range, timestamp && id ? { timestamp, id } : null, limit),
  });

/** @throws Invalid */
export function rangeOf(asked: { from?: string | undefined; to?: string | undefined }, now: number) {
  const within = (time: number) => Math.min(Math.max(time, EARLIEST), LATEST);
  const to = within(asked.to ? Date.parse(asked.to) : now);
  const from = within(asked.from ? Date.parse(asked.from) : to - DEFAULT_RANGE_MS);
  if (from > to) throw new Invalid('The range is empty.', [{ field: 'from', reason: 'must not be later than to' }]);
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

async function widening<Row>(
  windows: readonly number[],
  start: number,
  lower: number,
  limit: number,
  read: (since: number) => Promise<Row[]>,
): Promise<Row[]> {
  for (const window of windows) {
    if (start - window <= lower) break;
    const rows = await answered(read(start - window));
    if (rows.length > limit) return rows;
  }
  return answered(read(lower));
}

/** @throws Unavailable */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unavailable('The audit store does not answer; nothing is lost, try again shortly.', error);
  }
}
