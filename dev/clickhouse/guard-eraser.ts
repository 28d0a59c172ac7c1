import { after, FUNCTIONS, guardCondition, isLiteral, isMark } from './guard-condition.ts';
import type { Token } from './tokens.ts';

/** What an erasure may rewrite of a record: whatever else a record says, nobody can change. */
const ERASABLE = new Set(['actor_email', 'ip_address', 'before_state', 'after_state', 'reason']);
// Texts made of texts.
const VALUE_FUNCTIONS: ReadonlySet<string> = new Set([
  ...FUNCTIONS,
  ...['if', 'replaceregexpall', 'toipv6', 'position', 'jsonextractstring', 'concat', 'extract', 'trim'],
]);

/**
 * `UPDATE column = …, … WHERE legal_hold = 0 AND (…)`: of erasable columns only, and never of a held record, whatever stands in the
 * brackets. @returns false when it is something else. @throws for a value or condition that reads something else
 */
export function guardErasure(body: Token[]): boolean {
  const update = after(body, 'UPDATE');
  const where = update?.findIndex((token) => token.keyword === 'WHERE') ?? -1;
  if (update === undefined || where < 0) return false;
  const condition = after(update.slice(where + 1), 'legal_hold', '=', '0', 'AND');
  if (condition === undefined || !isOneGroup(condition)) return false;
  const sets = splitAtCommas(update.slice(0, where));
  const areErasable = sets.every(
    ([column, equals, ...value]) => isErasable(column) && isMark(equals, '=') && value.length > 0,
  );
  if (!areErasable) return false;
  for (const [, , ...value] of sets) guardCondition(value, VALUE_FUNCTIONS);
  guardCondition(condition);
  return true;
}

/** `DELETE WHERE actor_id = …`: what one actor did, and no other condition. */
export function guardRemoval(body: Token[]): boolean {
  const value = after(body, 'DELETE', 'WHERE', 'actor_id', '=');
  if (value === undefined) return false;
  const inner = after(value, 'TOUUID', '(') ?? value;
  const closed = inner === value ? inner.length === 1 : inner.length === 2 && isMark(inner[1], ')');
  return closed && isLiteral(inner[0]);
}

const isErasable = (token: Token | undefined) =>
  token !== undefined && (token.kind === 'word' || token.kind === 'quoted') && ERASABLE.has(token.text);

/** Brackets around all of it. */
function isOneGroup(tokens: Token[]): boolean {
  let depth = 0;
  return (
    tokens.length > 2 &&
    tokens.every((token, i) => {
      if (isMark(token, '(')) depth += 1;
      if (isMark(token, ')')) depth -= 1;
      return i === tokens.length - 1 ? depth === 0 && isMark(token, ')') : depth > 0;
    })
  );
}

/** At commas outside of brackets. */
function splitAtCommas(tokens: Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isMark(token, '(') || isMark(token, '[')) depth += 1;
    if (isMark(token, ')') || isMark(token, ']')) depth -= 1;
    if (depth === 0 && isMark(token, ',')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
