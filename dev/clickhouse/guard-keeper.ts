import { denied } from './errors.ts';
import type { Statement } from './statement.ts';
import type { Token } from './tokens.ts';

/**
 * The keeper's two statements besides reads:
 * `ALTER TABLE audit_db.admin_audit_logs UPDATE legal_hold = 0|1 [IN PARTITION …] WHERE …` and, of this table and three more,
 * `ALTER TABLE audit_db.… MATERIALIZE TTL [IN PARTITION …]`, each with SETTINGS or without.
 * The grants say the same of columns and commands. They do not cover what a condition reads: the engine runs a mutation in the
 * background as nobody, so a table or dictionary named there is read with every right.
 */

const HELD_TABLE = 'admin_audit_logs';
const RETAINED_TABLES = [HELD_TABLE, 'admin_ui_events', 'admin_api_logs', 'admin_sessions'];

// What conditions on a record need; a function that is not here may read something else.
const FUNCTIONS = new Set([
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

/** Throws unless the statement is one of the keeper's. */
export function guardKeeper({ tokens }: Statement): void {
  const [command, settings] = splitAt(withLiterals(tokens), 'SETTINGS');
  const table = RETAINED_TABLES.find((name) => bodyOf(command, name) !== undefined) ?? '';
  const body = bodyOf(command, table);
  if (body === undefined || !areSettings(settings)) throw refusal();
  const update = table === HELD_TABLE ? after(body, 'UPDATE', 'legal_hold', '=') : undefined;
  if (update === undefined) {
    const rest = after(body, 'MATERIALIZE', 'TTL');
    if (rest === undefined || behindPartition(rest).length > 0) throw refusal();
    return;
  }
  if (!isFlag(update[0])) throw denied('Not allowed for this user: a legal_hold other than 0, 1 or a parameter.');
  const condition = after(behindPartition(update.slice(1)), 'WHERE');
  if (condition === undefined || condition.length === 0) throw refusal();
  guardCondition(condition);
}

const bodyOf = (command: Token[], table: string) => after(command, 'ALTER', 'TABLE', 'audit_db', '.', table);

const refusal = () => denied('Not allowed: this user may only read, hold and release records, and materialize TTLs.');

function guardCondition(tokens: Token[]): void {
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
    if (call && !FUNCTIONS.has(name)) throw denied(`Not allowed for this user: the function ${token.text}.`);
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

/** What follows `IN PARTITION …`, or all of it when there is none. */
function behindPartition(tokens: Token[]): Token[] {
  const partition = after(tokens, 'IN', 'PARTITION');
  if (partition === undefined) return tokens;
  const value = after(partition, 'ID') ?? after(partition, 'tuple') ?? partition;
  if (isLiteral(value[0])) return value.slice(1);
  const end = value.findIndex((token) => isMark(token, ')'));
  const tuple = isMark(value[0], '(') && value.slice(1, end).every((token) => isLiteral(token) || isMark(token, ','));
  return tuple ? value.slice(end + 1) : tokens;
}

/** `name = literal, …` */
function areSettings(tokens: Token[] | undefined): boolean {
  if (tokens === undefined) return true;
  const shape = tokens.map((token) => (isLiteral(token) ? 'v' : token.kind === 'mark' ? token.text : 'n')).join('');
  return /^n=v(?:,n=v)*$/.test(shape);
}

/** The tokens behind these words, names and marks, or undefined when it does not begin like that. */
function after(tokens: Token[] | undefined, ...wanted: string[]): Token[] | undefined {
  const fits = wanted.every((text, i) => {
    const token = tokens?.[i];
    if (token === undefined) return false;
    // Keywords are written in capitals here and in any case there; names stand for themselves, quoted or not.
    if (/[A-Z]/.test(text)) return token.keyword === text;
    return token.text === text && token.kind !== 'string';
  });
  return fits ? tokens?.slice(wanted.length) : undefined;
}

function splitAt(tokens: Token[], keyword: string): [Token[], Token[] | undefined] {
  const at = tokens.findIndex((token) => token.keyword === keyword);
  return at < 0 ? [tokens, undefined] : [tokens.slice(0, at), tokens.slice(at + 1)];
}

/** Query parameters stand for literals: `{name:Type}` becomes one. A name passed as a parameter does not. */
function withLiterals(tokens: Token[]): Token[] {
  const literals: Token[] = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] as Token;
    const end = isMark(token, '{') ? tokens.findIndex((t, j) => j > i && isMark(t, '}')) : -1;
    const type = isMark(tokens[i + 2], ':') ? tokens[i + 3]?.keyword : undefined;
    const isParameter = end > i + 3 && tokens[i + 1]?.kind === 'word' && !['', 'IDENTIFIER', undefined].includes(type);
    literals.push(isParameter ? { ...token, kind: 'string' } : token);
    if (isParameter) i = end;
  }
  if (literals.some((token) => isMark(token, '{') || isMark(token, '@'))) throw refusal();
  return literals;
}

function isFlag(token: Token | undefined): boolean {
  return token?.kind === 'number' ? token.text === '0' || token.text === '1' : token?.text === '{';
}

function isLiteral(token: Token | undefined): boolean {
  return token?.kind === 'string' || token?.kind === 'number';
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}
