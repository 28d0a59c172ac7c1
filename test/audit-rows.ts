import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import type { App, Person } from './app.ts';
import { random } from './random.ts';

export const DAY_MS = 86_400_000;
export const NO_SERVICE = '00000000-0000-0000-0000-000000000000';

export type Table = 'admin_ui_events' | 'admin_api_logs' | 'admin_audit_logs';
export type Row = Record<string, string | number> & { id: string; timestamp: string; service_id: string };

/** UTC text, as ClickHouse says it. */
export const textOf = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/**
 * The midnight at which 100 days of a test file's own begin: the engines are shared by all files, and sessions older than two
 * years expire. @param n 0 to 3
 */
export const ownDays = (n: number): number => (Math.floor(Date.now() / DAY_MS) - 300 - n * 100) * DAY_MS;

/** A row of that millisecond, as the ingestion would have written it. */
export function row(ms: number, more: Record<string, string | number>): Row {
  const id = v7({ msecs: ms });
  return {
    id,
    timestamp: textOf(ms),
    actor_id: NO_SERVICE,
    service_id: NO_SERVICE,
    session_id: '',
    ip_address: '::ffff:203.0.113.0',
    accepted_at: `${textOf(ms)}000`,
    ...more,
  };
}

/** In one block, as the ingestion does it; the same token again is the same block delivered again. */
export async function insertRows(app: App, table: Table, rows: readonly Row[], token: string = randomUUID()) {
  const settings = `async_insert = 0, insert_deduplicate = 1, insert_deduplication_token = '${token}',
    deduplicate_blocks_in_dependent_materialized_views = 1`;
  const lines = rows.map((each) => JSON.stringify(each)).join('\n');
  await app.analytics(`INSERT INTO audit_db.${table} SETTINGS ${settings} FORMAT JSONEachRow\n${lines}`);
}

// ClickHouse compares UUIDs as two numbers, the second half first.
const half = (id: string) => id.replaceAll('-', '').replace(/^(.{16})(.{16})$/, '$2$1');

/** The order of the lists, reversed: (timestamp, id) as ClickHouse has it. */
export const byPlace = (a: { timestamp: string; id: string }, b: { timestamp: string; id: string }) =>
  a.timestamp < b.timestamp || (a.timestamp === b.timestamp && half(a.id) < half(b.id)) ? -1 : 1;

// biome-ignore lint/suspicious/noExplicitAny: items of every list
type Items = any[];

type Query = Record<string, string | number | readonly string[] | undefined>;

/** As a browser writes it: of a list, one parameter each. */
export function searchOf(query: Query): URLSearchParams {
  const given = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, String(each)]),
  );
  return new URLSearchParams(given);
}

/** Every page of a list, following its cursors. @throws Error for an answer other than 200 */
export async function allPages(
  app: App,
  as: Person,
  path: string,
  query: Query,
  betweenPages?: () => Promise<void>,
): Promise<{ items: Items; pages: number; ranges: Set<string> }> {
  const items: Items = [];
  const ranges = new Set<string>();
  let cursor: string | null = null;
  let pages = 0;
  do {
    const search = searchOf({ ...query, ...(cursor && { cursor }) });
    const answer = await app.call('GET', `${path}?${search}`, { as });
    if (answer.status !== 200) throw new Error(`${path}?${search}: ${answer.status} ${answer.text}`);
    items.push(...answer.json.items);
    ranges.add(JSON.stringify(answer.json.range));
    cursor = answer.json.nextCursor;
    pages++;
    if (cursor) await betweenPages?.();
  } while (cursor);
  return { items, pages, ranges };
}

/** One of them. */
export const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;

/** That value, or mostly nothing: a filter that is not set. */
export const maybe = <T>(value: T, chance = 0.25): T | undefined => (random() < chance ? value : undefined);
