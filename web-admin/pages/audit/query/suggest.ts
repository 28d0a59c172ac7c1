import { parseTerms } from './terms.ts';
import { type Kind, PROPOSED, type View, VOCABULARY } from './vocabulary.ts';

/** What stands at the caret, and is replaced by what is chosen. */
export interface Place {
  start: number;
  end: number;
  negated: boolean;
  /** The qualifier whose value is being written; null: a qualifier or a word. */
  name: string | null;
  kind: Kind | null;
  written: string;
}

export function placeAt(text: string, caret: number, view: View): Place {
  const term = parseTerms(text).find(({ start, end }) => start < caret && caret <= end);
  if (!term) return { start: caret, end: caret, negated: false, name: null, kind: null, written: '' };
  const { start, end, negated, name, value } = term;
  if (name === null) return { start, end, negated, name: null, kind: null, written: value };
  const kind = VOCABULARY[view][name]?.kind ?? null;
  return { start, end, negated, name, kind, written: value };
}

/** The qualifiers that a beginning may become. */
export const qualifiersFor = ({ written, negated }: Place, view: View): string[] =>
  Object.entries(VOCABULARY[view])
    .filter(([name, { negatable }]) => name.startsWith(written.toLowerCase()) && (negatable || !negated))
    .map(([name]) => name);

/** The values of a closed list that hold what is written; those that begin with it come first. */
export function valuesFor(kind: Kind, written: string): string[] {
  const wanted = written.toLowerCase().replace(/\*$/, '');
  const found = (PROPOSED[kind] ?? []).filter((value) => value.toLowerCase().includes(wanted));
  return found.toSorted((a, b) => Number(b.startsWith(wanted)) - Number(a.startsWith(wanted)));
}
