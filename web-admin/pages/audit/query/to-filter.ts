import { both, type Range, rangeOf } from './instants.ts';
import type { Term } from './terms.ts';
import { KEPT_YEARS, OUTCOMES, type Qualifier, type View, VOCABULARY } from './vocabulary.ts';

/** Why a query is not asked; a text of `problems` each. */
export type ProblemCode =
  | 'quote'
  | 'empty'
  | 'unknown'
  | 'elsewhere'
  | 'notNegatable'
  | 'negatedWord'
  | 'noWord'
  | 'words'
  | 'twice'
  | 'action'
  | 'prefix'
  | 'outcome'
  | 'service'
  | 'time'
  | 'emptyRange'
  | 'status'
  | 'method'
  | 'duration'
  | 'ended'
  | 'long';

export interface QueryProblem {
  code: ProblemCode;
  term: Term;
  /** Of the list of terms. */
  index: number;
}

export type FilterValue = string | number | string[];

export interface Asked {
  /** The parameters of the list's route, its range apart. */
  filter: Record<string, FilterValue>;
  /** RFC 3339. */
  range: { from?: string; to?: string };
  problems: QueryProblem[];
  /** All of the range lies before what is kept. */
  beyondRetention: boolean;
}

export interface World {
  now: number;
  /** The id of a service by its slug or its id; undefined = there is none. */
  serviceId(text: string): string | undefined;
}

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const YEAR_MS = 365.25 * 86_400_000;
const MOST = 200;
const LONGER: Partial<Record<string, number>> = { pagePath: 500, endpoint: 500 };

export const isGuid = (text: string): boolean => GUID.test(text);

/** What a value comes to: the parameter and what it is to hold, or what is wrong. */
type Meaning = { param: string; value: string | number } | { problem: ProblemCode };

function meaningOf({ kind, param }: Qualifier, value: string, world: World): Meaning {
  const wellFormed = (right: boolean, problem: ProblemCode): Meaning => (right ? { param, value } : { problem });
  if (kind === 'actor') return isGuid(value) ? { param: 'actorId', value } : { param, value };
  if (kind === 'action') return wellFormed(/^[^*]+$|^[^*]+\.\*$/.test(value), 'action');
  if (kind === 'prefix') return wellFormed(/^[^*]+(?:\.\*)?$/.test(value), 'prefix');
  if (kind === 'outcome')
    return wellFormed(
      OUTCOMES.some((each) => each === value),
      'outcome',
    );
  if (kind === 'status') return wellFormed(/^[1-5](?:\d\d|xx)$/.test(value), 'status');
  if (kind === 'method') return wellFormed(/^[A-Za-z]{1,20}$/.test(value), 'method');
  if (kind === 'service') {
    const id = world.serviceId(value);
    return id === undefined ? { problem: 'service' } : { param, value: id };
  }
  if (kind === 'ended') {
    if (value !== 'open' && value !== 'ended') return { problem: 'ended' };
    return { param, value: String(value === 'ended') };
  }
  if (kind === 'duration') {
    const [, ms] = /^>=(\d{1,9})$/.exec(value) ?? [];
    return ms === undefined ? { problem: 'duration' } : { param, value: Number(ms) };
  }
  return { param, value };
}

const excluded = (param: string) => `not${param[0]?.toUpperCase()}${param.slice(1)}`;

/** What a list knows of another one's qualifier. */
const isElsewhere = (name: string) => Object.values(VOCABULARY).some((each) => Object.hasOwn(each, name));

class Collected {
  readonly filter: Record<string, FilterValue> = {};
  readonly words: string[] = [];
  range: Range = { from: null, to: null };
  private readonly view: View;
  private readonly world: World;

  constructor(view: View, world: World) {
    this.view = view;
    this.world = world;
  }

  /** Takes a term in. @returns what is wrong with it */
  take(term: Term): ProblemCode | null {
    if (term.fault === 'quote') return 'quote';
    if (term.name === null) return this.takeWord(term);
    const qualifiers = VOCABULARY[this.view];
    const qualifier = Object.hasOwn(qualifiers, term.name) ? qualifiers[term.name] : undefined;
    if (!qualifier) return isElsewhere(term.name) ? 'elsewhere' : 'unknown';
    if (term.value === '') return 'empty';
    if (term.negated && !qualifier.negatable) return 'notNegatable';
    if (qualifier.kind === 'time') return this.takeTime(term.value);
    const meaning = meaningOf(qualifier, term.value, this.world);
    if ('problem' in meaning) return meaning.problem;
    const { param, value } = meaning;
    if (String(value).length > (LONGER[param] ?? MOST)) return 'long';
    return term.negated ? this.exclude(excluded(param), String(value)) : this.include(param, value);
  }

  private takeWord({ value, negated }: Term): ProblemCode | null {
    if (this.view !== 'records') return 'words';
    if (negated) return 'negatedWord';
    if (!/[\p{L}\p{N}]/u.test(value)) return 'noWord';
    this.words.push(value);
    return this.words.join(' ').length > MOST ? 'long' : null;
  }

  private takeTime(value: string): ProblemCode | null {
    const range = rangeOf(value, this.world.now);
    if (!range) return 'time';
    this.range = both(this.range, range);
    const { from, to } = this.range;
    return from !== null && to !== null && from > to ? 'emptyRange' : null;
  }

  private include(param: string, value: string | number): ProblemCode | null {
    if (this.filter[param] !== undefined && this.filter[param] !== value) return 'twice';
    this.filter[param] = value;
    return null;
  }

  private exclude(param: string, value: string): null {
    const was = this.filter[param];
    this.filter[param] = [...new Set([...(Array.isArray(was) ? was : []), value])];
    return null;
  }
}

const iso = (at: number) => new Date(at).toISOString();

/** What the API is to be asked. With problems it is not to be asked at all: a list that ignores half of a query misleads. */
export function filterOf(terms: readonly Term[], view: View, world: World): Asked {
  const collected = new Collected(view, world);
  const problems = terms.flatMap((term, index): QueryProblem[] => {
    const code = collected.take(term);
    return code === null ? [] : [{ code, term, index }];
  });
  const { filter, words, range } = collected;
  const { from, to } = range;
  return {
    filter: words.length > 0 ? { ...filter, q: words.join(' ') } : filter,
    range: { ...(from === null ? {} : { from: iso(from) }), ...(to === null ? {} : { to: iso(to) }) },
    problems,
    beyondRetention: to !== null && to < world.now - KEPT_YEARS[view] * YEAR_MS,
  };
}
