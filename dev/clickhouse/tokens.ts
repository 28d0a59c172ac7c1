/**
 * A token of ClickHouse's lexer, read from text decoded as latin1 so that offsets are byte offsets.
 * `other` marks what this lexer will not vouch for: restricted users are refused when one appears.
 */
export type Token = {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'mark' | 'other';
  /** A quoted name without its quotes; everything else as written. */
  text: string;
  /** Upper case of a word, empty for anything else: a quoted name is never a keyword. */
  keyword: string;
  at: number;
  end: number;
};

const SPACE = new Set([' ', '\t', '\n', '\r', '\f', '\v']);
const WORD = /[A-Za-z_$][\w$]*/y;
// A dot ends a number here: `1.file(…)` must not hide the name of a function.
const NUMBER = /[0-9][\w$]*/y;
const HEREDOC = /\$(\w*)\$/y;
const LINE_COMMENT = /(?:--|\/\/|#[ !])[^\n]*/y;
// Everything else between tokens is either an error to the engine or the start of something not handled here.
const MARKS = '()[]{},.;:+-*/%=<>!|?@';

export function* tokenise(sql: string): Generator<Token, void, undefined> {
  let at = 0;
  while (at < sql.length) {
    const comment = commentAt(sql, at);
    if (comment !== undefined) {
      if (comment.odd) yield token('other', sql, at, comment.end);
      at = comment.end;
    } else if (SPACE.has(sql.charAt(at))) {
      at += 1;
    } else {
      const next = tokenAt(sql, at);
      yield next;
      at = next.end;
    }
  }
}

function tokenAt(sql: string, at: number): Token {
  const first = sql.charAt(at);
  if (first === "'" || first === '"' || first === '`') return quotedAt(sql, at, first);
  if (first === '$') {
    const heredoc = heredocAt(sql, at);
    if (heredoc !== undefined) return heredoc;
  }
  const word = matchAt(WORD, sql, at);
  if (word !== undefined) return token('word', sql, at, at + word.length);
  const number = matchAt(NUMBER, sql, at);
  if (number !== undefined) return token('number', sql, at, at + number.length);
  return token(MARKS.includes(first) ? 'mark' : 'other', sql, at, at + 1);
}

function token(kind: Token['kind'], sql: string, at: number, end: number): Token {
  const text = sql.slice(at, end);
  return { kind, text, keyword: kind === 'word' ? text.toUpperCase() : '', at, end };
}

/** Strings and names end at their quote; a doubled quote or a backslash keeps them open. */
function quotedAt(sql: string, at: number, quote: string): Token {
  let end = at + 1;
  let escaped = false;
  for (; end < sql.length; end += 1) {
    const char = sql.charAt(end);
    if (char === '\\') {
      escaped = true;
      end += 1;
    } else if (char === quote) {
      if (sql.charAt(end + 1) !== quote) break;
      end += 1;
    }
  }
  const closed = end < sql.length;
  if (!closed) return token('other', sql, at, sql.length);
  if (quote === "'") return token('string', sql, at, end + 1);
  // `\x66ile` is a way to write `file`: a name with an escape is not one to judge by its letters.
  if (escaped) return token('other', sql, at, end + 1);
  const text = sql.slice(at + 1, end).replaceAll(quote + quote, quote);
  return { kind: 'quoted', text, keyword: '', at, end: end + 1 };
}

function heredocAt(sql: string, at: number): Token | undefined {
  const tag = matchAt(HEREDOC, sql, at);
  if (tag === undefined) return undefined;
  const close = sql.indexOf(tag, at + tag.length);
  return close < 0 ? token('other', sql, at, sql.length) : token('string', sql, at, close + tag.length);
}

/** Nested block comments and `//` are comments to this engine and not to older ones: reported as odd. */
function commentAt(sql: string, at: number): { end: number; odd: boolean } | undefined {
  const line = matchAt(LINE_COMMENT, sql, at);
  if (line !== undefined) return { end: at + line.length, odd: line.startsWith('//') };
  if (!sql.startsWith('/*', at)) return undefined;
  let depth = 1;
  let odd = false;
  let end = at + 2;
  while (depth > 0 && end < sql.length) {
    if (sql.startsWith('*/', end)) {
      depth -= 1;
      end += 2;
    } else if (sql.startsWith('/*', end)) {
      depth += 1;
      odd = true;
      end += 2;
    } else {
      end += 1;
    }
  }
  return { end, odd: odd || depth > 0 };
}

function matchAt(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}
