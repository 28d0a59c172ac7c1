import { denied, unsupported } from './errors.ts';
import { guardKeeper } from './guard-keeper.ts';
import type { Insert, Statement } from './statement.ts';
import type { Token } from './tokens.ts';
import type { May } from './users.ts';

// The engine's own grants are the wall (see roles.ts). This file adds what grants do not cover: files, settings that name
// files, and statements about oneself.

// Table functions that neither leave the engine nor name a file; whatever a later engine adds is refused until listed.
const HARMLESS = new Set([
  'numbers',
  'numbers_mt',
  'zeros',
  'zeros_mt',
  'generateseries',
  'generate_series',
  'generaterandom',
  'values',
  'sqlstandardvalues',
  'view',
  'viewifpermitted',
  'null',
  'merge',
  'format',
  'primes',
]);
// Ordinary functions that read files or call other machines.
const FAR_REACHING = ['file', 'catboostevaluate', 'hascolumnintable'];
const FAR_REACHING_PREFIX = /^ai(?:_|[A-Z])/i;
// Settings that name a file or a machine, hold an expression of their own, or change how SQL or rights are read.
const FORBIDDEN_SETTING = new RegExp(
  [
    '^(?:format_schema.*|format_template_(?:row|resultset)|output_format_schema|errors_output_format',
    '.*_(?:path|url|uri)|additional_.*_filters?|parallel_replicas_custom_key|ai_.*',
    '.*dialect.*|profile|readonly|role|allow_ddl|validate_mutation_query)$',
  ].join('|'),
);

const OWN_MARKS = new Set(['(', ')', ',', '-', '+', '.', '[', ']', '{', '}', ':']);
const LITERAL_WORDS = new Set(['NULL', 'TRUE', 'FALSE', 'NAN', 'INF', 'DEFAULT']);

/** The names of functions a restricted user may not call, in lower case. */
export function forbiddenFunctions(tableFunctions: string[]): Set<string> {
  const far = tableFunctions.map((name) => name.toLowerCase()).filter((name) => !HARMLESS.has(name));
  return new Set([...far, ...FAR_REACHING]);
}

/** Throws unless the user may run the statement with these settings. */
export function guard(may: May, statement: Statement, settings: Iterable<string>, forbidden: Set<string>): void {
  refuseClientFiles(may, statement);
  if (may === 'everything') return;
  for (const token of statement.tokens) {
    if (token.kind === 'other') throw denied('Not allowed for this user: text that is neither SQL nor quoted.');
  }
  for (const name of [...settings, ...settingNames(statement.tokens)]) {
    if (FORBIDDEN_SETTING.test(name)) throw denied(`Not allowed for this user: changing the setting ${name}.`);
  }
  if (may === 'read' || (may === 'keep' && statement.kind === 'read')) guardReader(statement, forbidden);
  else if (may === 'keep') guardKeeper(statement);
  else guardInserter(statement);
}

/** INTO OUTFILE and FROM INFILE belong to clickhouse-client; a server would touch its own disk instead. */
function refuseClientFiles(may: May, { tokens }: Statement): void {
  tokens.forEach((token, i) => {
    const pair = `${token.keyword} ${tokens[i + 1]?.keyword ?? ''}`;
    if (pair !== 'INTO OUTFILE' && pair !== 'FROM INFILE') return;
    throw may === 'everything' ? unsupported(`${pair} is not allowed over HTTP.`) : denied(`Not allowed: ${pair}.`);
  });
}

function guardReader(statement: Statement, forbidden: Set<string>): void {
  if (statement.kind !== 'read') throw denied('Not allowed: this user may only read.');
  const { tokens } = statement;
  const looksAtNames = ['EXISTS', 'DESCRIBE', 'DESC', 'SHOW'].includes(tokens[0]?.keyword ?? '');
  tokens.forEach((token, i) => {
    const call = isName(token) && tokens[i + 1]?.text === '(' && tokens[i + 1]?.kind === 'mark';
    if (call && (forbidden.has(token.text.toLowerCase()) || FAR_REACHING_PREFIX.test(token.text))) {
      throw denied(`Not allowed for this user: the function ${token.text}.`);
    }
    // The database `default` also answers to paths; EXISTS and DESCRIBE would tell which files there are.
    const path = token.kind === 'mark' ? token.text === '{' : token.kind !== 'word' && /[/\\]/.test(token.text);
    if (looksAtNames && path) {
      throw denied('Not allowed for this user: a table named by a path.');
    }
  });
}

function guardInserter(statement: Statement): void {
  if (isPing(statement)) return;
  const { insert } = statement;
  if (statement.kind !== 'insert' || insert === undefined) throw denied('Not allowed: this user may only insert.');
  if (insert.source !== 'format' && insert.source !== 'values') {
    throw denied('Not allowed: this user may only insert rows it sends itself.');
  }
  if (!isTable(insert) || !insert.columns.every((t) => isName(t) || '(,)'.includes(t.text))) {
    throw denied('Not allowed: this user may only insert into a table.');
  }
  if (!insert.values.every(isLiteral)) throw denied('Not allowed: this user may only insert literal values.');
}

/** What client-web sends to see whether a server is there. */
function isPing({ tokens }: Statement): boolean {
  return tokens.length === 2 && tokens[0]?.keyword === 'SELECT' && tokens[1]?.text === "'ping'";
}

function isTable({ target }: Insert): boolean {
  const names = target.filter((t) => t.keyword !== 'INTO' && t.keyword !== 'TABLE');
  const [database, dot, table] = names;
  if (database === undefined || !isName(database) || names.length > 3 || names.length === 2) return false;
  if (names.some((t) => /[/\\]/.test(t.text))) return false;
  return names.length === 1 || (dot?.text === '.' && table !== undefined && isName(table));
}

function isLiteral(token: Token): boolean {
  if (token.kind === 'string' || token.kind === 'number') return true;
  return token.kind === 'mark' ? OWN_MARKS.has(token.text) : LITERAL_WORDS.has(token.keyword);
}

function isName(token: Token): boolean {
  return token.kind === 'word' || token.kind === 'quoted';
}

/** Names set in SETTINGS clauses: the one after the keyword, and each after a comma. */
function settingNames(tokens: Token[]): string[] {
  const first = tokens.findIndex((token) => token.keyword === 'SETTINGS');
  if (first < 0) return [];
  const isSet = (i: number) => tokens[i + 1]?.text === '=' && [',', 'SETTINGS'].includes(before(tokens, i));
  return tokens.flatMap((token, i) => (i > first && isName(token) && isSet(i) ? [token.text] : []));
}

function before(tokens: Token[], i: number): string {
  const token = tokens[i - 1];
  return token?.keyword || token?.text || '';
}
