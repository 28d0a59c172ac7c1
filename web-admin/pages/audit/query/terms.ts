/** The language of the bar over a list: `actor:ana@example.com action:service.* -outcome:success created:>=-24h pump`. */
export interface Term {
  /** Where it is written: from `start` up to `end`. */
  start: number;
  end: number;
  negated: boolean;
  /** The qualifier, in small letters; null of a word. */
  name: string | null;
  value: string;
  quoted: boolean;
  /** What stands there is no whole term. */
  fault?: 'quote' | 'empty';
}

const NAME = /^(-?)([a-z][a-z-]*):/i;

/** Up to the closing quote; `\"` and `\\` stand for signs of the value. */
function readQuoted(text: string, at: number): { value: string; end: number; closed: boolean } {
  let value = '';
  for (let i = at + 1; i < text.length; i++) {
    const sign = text[i];
    if (sign === '"') return { value, end: i + 1, closed: true };
    if (sign === '\\' && i + 1 < text.length) i++;
    value += text[i];
  }
  return { value, end: text.length, closed: false };
}

function readTerm(text: string, start: number): Term {
  const [head = '', minus = '', name] = NAME.exec(text.slice(start)) ?? [];
  const bare = name === undefined && text[start] === '-' && /\S/.test(text[start + 1] ?? '');
  const negated = minus === '-' || bare;
  const at = start + (head.length || (bare ? 1 : 0));
  const common = { start, negated, name: name?.toLowerCase() ?? null };
  if (text[at] === '"') {
    const { value, end, closed } = readQuoted(text, at);
    return { ...common, end, value, quoted: true, ...(closed ? {} : { fault: 'quote' as const }) };
  }
  const value = /^\S*/.exec(text.slice(at))?.[0] ?? '';
  const end = at + value.length;
  return { ...common, end, value, quoted: false, ...(value === '' ? { fault: 'empty' as const } : {}) };
}

/** Every term of a text, in order. Nothing of the text is lost: what is no whole term is one with a fault. */
export function parseTerms(text: string): Term[] {
  const terms: Term[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? '')) {
      at++;
      continue;
    }
    const term = readTerm(text, at);
    terms.push(term);
    at = term.end;
  }
  return terms;
}

export type Written = Pick<Term, 'negated' | 'name' | 'value'> & { quoted?: boolean };

const needsQuotes = ({ name, value }: Written) =>
  value === '' || /[\s"]/.test(value) || (name === null && (value.startsWith('-') || NAME.test(value)));

/** A term as it is written; quoted where it would be read as something else. */
export function printTerm(term: Written): string {
  const { negated, name, value } = term;
  const quoted = (term.quoted ?? false) || needsQuotes(term);
  const text = quoted ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value;
  return `${negated ? '-' : ''}${name === null ? '' : `${name}:`}${text}`;
}

export const printTerms = (terms: readonly Written[]): string => terms.map(printTerm).join(' ');

const isSame = (one: Written, other: Written) => one.name === other.name && one.value === other.value;

/** The query with a value asked for, or left out; the opposite of it goes. One value may be asked for at a time, many left out. */
export function withTerm(text: string, term: Written): string {
  const kept = parseTerms(text).filter(
    (each) => !isSame(each, term) && !(each.name === term.name && !term.negated && !each.negated),
  );
  return printTerms([...kept, term]);
}

/** Without the terms that `gone` names. */
export const withoutTerms = (text: string, gone: (term: Term, index: number) => boolean): string =>
  printTerms(parseTerms(text).filter((term, index) => !gone(term, index)));
