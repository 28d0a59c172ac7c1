import type { Statement } from '../../drizzle/client.ts';
import type { CallerInput } from '../../drizzle/repositories/access.ts';
import type { ListInput, PageRow, ResourceRow } from '../../drizzle/repositories/resource.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { Action } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { Malformed, NotFound } from '../errors.ts';

/** @throws NotFound, Unauthenticated, DomainError forbidden */
export async function readOne<Item, Key extends object>(
  ctx: CallerContext,
  statement: Statement<Key & CallerInput, ResourceRow<Item>>,
  o: { action: Action; key: Key },
): Promise<Item> {
  const [row] = await ctx.db.api.run(statement, { ...callerInput(ctx, o.action), ...o.key });
  const { item } = assertAllowed(ctx, row);
  if (!item) throw new NotFound();
  return item;
}

export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** @param o.order the types of the statement's order columns, as the cursor must hold them */
export async function list<Item, Key extends object>(
  ctx: CallerContext,
  statement: Statement<Key & ListInput, PageRow<Item>>,
  o: PageQuery & { action: Action; key: Key; order: readonly OrderType[] },
): Promise<Page<Item>> {
  const after = o.cursor === undefined ? null : decodeCursor(o.cursor, o.order);
  const [row] = await ctx.db.api.run(statement, { ...callerInput(ctx, o.action), ...o.key, after, limit: o.limit });
  const { items, next } = assertAllowed(ctx, row);
  return { items, nextCursor: next && encodeCursor(next) };
}

const SHAPES = {
  text: /^[\s\S]{0,500}$/,
  uuid: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  int: /^-?\d{1,9}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
};
export type OrderType = keyof typeof SHAPES;

export const encodeCursor = (values: readonly string[]): string =>
  new TextEncoder().encode(JSON.stringify(values)).toBase64({ alphabet: 'base64url', omitPadding: true });

/** @returns JSON array of texts, one an order column. @throws Malformed for what we did not write */
export function decodeCursor(cursor: string, order: readonly OrderType[]): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      Uint8Array.fromBase64(cursor, { alphabet: 'base64url' }),
    );
    const values: unknown = JSON.parse(text);
    const fits = (value: unknown, i: number) =>
      typeof value === 'string' && SHAPES[order[i] ?? 'text'].test(value) && !value.includes('\u0000');
    if (Array.isArray(values) && values.length === order.length && values.every(fits)) return JSON.stringify(values);
  } catch {
    // Falls through to the one message a wrong cursor gets.
  }
  throw new Malformed('The cursor is not one we gave; start again without it.');
}
