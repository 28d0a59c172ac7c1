import { ClickHouseError, syntax } from './errors.ts';
import { type Token, tokenise } from './tokens.ts';

/** Where an INSERT takes its rows from. `data` starts at byte `dataAt` of the text the statement was read from. */
export type Insert = {
  /** Tokens between INTO and the column list, the settings or the source. */
  target: Token[];
  /** Tokens of the column list, its parentheses included; empty without one. */
  columns: Token[];
  settings: Token[];
  source: 'format' | 'values' | 'query' | 'file';
  format: string;
  dataAt: number;
  /** Tokens of inline VALUES. */
  values: Token[];
};

export type Statement = {
  kind: 'read' | 'insert' | 'other';
  tokens: Token[];
  /** The FORMAT clause of a read, if it has one. */
  format: string | undefined;
  insert: Insert | undefined;
};

const READ = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS']);

/** Reads one statement. Refuses several, as ClickHouse's HTTP interface does. */
export function parseStatement(sql: string): Statement {
  const tokens = new Tokens(sql);
  const first = tokens.firstWord();
  if (first === undefined) throw syntax('Empty query.');
  if (first.keyword === 'INSERT') {
    const insert = parseInsert(tokens, sql);
    if (insert.source !== 'format') tokens.readAll();
    return { kind: 'insert', tokens: tokens.all, format: undefined, insert };
  }
  tokens.readAll();
  const kind = READ.has(first.keyword) && !insertsInto(tokens.all) ? 'read' : 'other';
  return { kind, tokens: tokens.all, format: formatClause(tokens.all), insert: undefined };
}

/** Tokens on demand: the data of an INSERT … FORMAT is not SQL and must never be read as such. */
class Tokens {
  readonly all: Token[] = [];
  readonly #source: Generator<Token, void, undefined>;
  #ended = false;

  constructor(sql: string) {
    this.#source = tokenise(sql);
  }

  next(): Token | undefined {
    const { value } = this.#source.next();
    if (value === undefined) return undefined;
    if (value.text === ';' && value.kind === 'mark') {
      this.#ended = true;
      return this.next();
    }
    if (this.#ended) throw syntax('Multi-statements are not allowed.');
    this.all.push(value);
    return value;
  }

  readAll(): void {
    while (this.next() !== undefined);
  }

  firstWord(): Token | undefined {
    let token = this.next();
    while (token?.text === '(' && token.kind === 'mark') token = this.next();
    return token;
  }
}

/** `WITH … INSERT INTO …` begins like a read. */
function insertsInto(tokens: Token[]): boolean {
  return tokens.some((token, i) => token.keyword === 'INSERT' && tokens[i + 1]?.keyword === 'INTO');
}

function formatClause(tokens: Token[]): string | undefined {
  for (let i = tokens.length - 2; i >= 0; i -= 1) {
    const after = tokens[i + 2];
    const closes = after === undefined || after.keyword === 'SETTINGS';
    if (tokens[i]?.keyword === 'FORMAT' && tokens[i + 1]?.kind === 'word' && closes) return tokens[i + 1]?.text;
  }
  return undefined;
}

function parseInsert(tokens: Tokens, sql: string): Insert {
  const insert: Insert = {
    target: [],
    columns: [],
    settings: [],
    source: 'query',
    format: '',
    dataAt: sql.length,
    values: [],
  };
  let part = insert.target;
  let depth = 0;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (depth === 0 && token.keyword === 'FORMAT') return formatSource(insert, tokens, sql);
    if (depth === 0 && token.keyword === 'VALUES') return valuesSource(insert, tokens, token);
    if (depth === 0 && token.keyword === 'FROM') return { ...insert, source: 'file' };
    if (token.keyword === 'SELECT' || token.keyword === 'WITH') return insert;
    if (depth === 0 && token.keyword === 'SETTINGS') {
      part = insert.settings;
      continue;
    }
    if (depth === 0 && token.text === '(' && token.kind === 'mark' && part === insert.target) part = insert.columns;
    if (token.kind === 'mark' && token.text === '(') depth += 1;
    if (token.kind === 'mark' && token.text === ')') depth -= 1;
    part.push(token);
  }
  return insert;
}

/** ClickHouse's rule: blanks after the format's name, then one line break, then data. */
function formatSource(insert: Insert, tokens: Tokens, sql: string): Insert {
  const name = tokens.next();
  if (name?.kind !== 'word') throw syntax('An INSERT must name its format after FORMAT.');
  if (name.keyword === 'VALUES') return valuesSource(insert, tokens, name);
  const gap = /^[ \t\f]*(?:\r?\n)?/.exec(sql.slice(name.end, name.end + 4096))?.[0] ?? '';
  if (sql.charAt(name.end + gap.length) === ';') {
    throw new ClickHouseError(62, 'SYNTAX_ERROR', "You have excessive ';' symbol before data for INSERT.");
  }
  return { ...insert, source: 'format', format: name.text, dataAt: name.end + gap.length };
}

function valuesSource(insert: Insert, tokens: Tokens, keyword: Token): Insert {
  const before = tokens.all.length;
  tokens.readAll();
  return { ...insert, source: 'values', format: 'Values', dataAt: keyword.end, values: tokens.all.slice(before) };
}
