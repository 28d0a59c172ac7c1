import { denied } from './errors.ts';
import type { Token } from './tokens.ts';

// What conditions on a record need; a function that is not here may read something else.
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...[
    'and',
    'or',
    'not',
    'equals',
    'notequals',
    'has',
    'startswith',
    'lower',
    'isnull',
    'isnotnull',
    'length',
    'tuple',
  ],
  ...['touuid', 'todate', 'todatetime', 'todatetime64', 'parsedatetime64besteffort', 'uuidv7todatetime'],
  ...['fromunixtimestamp64milli', 'tounixtimestamp64milli', 'tointervalyear'],
]);
const OPERATORS = new Set(['AND', 'OR', 'NOT', 'IN', 'BETWEEN', 'LIKE', 'ILIKE', 'IS']);
const QUERY_WORDS = new Set(['SELECT', 'WITH', 'FROM']);

export const refusal = () =>
  denied('Not allowed: this user may only read, hold, release and pseudonymise records, and materialize TTLs.');

/** @throws unless it is one expression over the row's own columns and literals */
export function guardCondition(tokens: Token[], functions: ReadonlySet<string> = FUNCTIONS): void {
  let depth = 0;
  tokens.forEach((token, i) => {
    const next = tokens[i + 1];
    if (isMark(token, '(')) depth += 1;
    if (isMark(token, ')')) depth -= 1;
    if (depth < 0 || (depth === 0 && isMark(token, ','))) throw denied('Not allowed for this user: a second command.');
    if (QUERY_WORDS.has(token.keyword)) throw denied('Not allowed for this user: a query inside a condition.');
    if (token.keyword === 'IN' && !startsWithValues(tokens.slice(i + 1))) {
      throw denied('Not allowed for this user: IN something that is not a list of values.');
    }
    const name = token.kind === 'word' || token.kind === 'quoted' ? token.text.toLowerCase() : undefined;
    const call = name !== undefined && !OPERATORS.has(token.keyword) && isMark(next, '(');
    if (call && !functions.has(name)) throw denied(`Not allowed for this user: the function ${token.text}.`);
  });
  if (depth !== 0) throw refusal();
}

/** A literal, or a bracketed list of nothing but literals, also of bracketed ones. */
function startsWithValues(tokens: Token[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (isMark(token, '(') || isMark(token, '[')) depth += 1;
    else if (isMark(token, ')') || isMark(token, ']')) depth -= 1;
    else if (!isLiteral(token) && !(depth > 0 && isMark(token, ','))) return false;
    if (depth <= 0) return depth === 0;
  }
  return false;
}

/** The tokens behind these words, names and marks, or undefined when it does not begin like that. */
export function after(tokens: Token[] | undefined, ...wanted: string[]): Token[] | undefined {
  const fits = wanted.every((text, i) => {
    const token = tokens?.[i];
    if (token === undefined) return false;
    // Keywords are written in capitals here and in any case there; names stand for themselves, quoted or not.
    if (/[A-Z]/.test(text)) return token.keyword === text;
    return token.text === text && token.kind !== 'string';
  });
  return fits ? tokens?.slice(wanted.length) : undefined;
}

export function isLiteral(token: Token | undefined): boolean {
  return token?.kind === 'string' || token?.kind === 'number';
}

export function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}
