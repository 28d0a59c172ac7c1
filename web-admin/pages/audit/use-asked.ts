import { useCallback, useMemo, useState } from 'react';
import { useFilters } from '../../api/use-filters.ts';
import { parseTerms, type Term, type Written, withTerm } from './query/terms.ts';
import { type Asked, filterOf, isGuid } from './query/to-filter.ts';
import type { View } from './query/vocabulary.ts';
import { type Services, useServices } from './use-services.ts';

export interface Query extends Asked {
  view: View;
  text: string;
  terms: Term[];
  services: Services;
  /** May be asked: nothing is wrong with it, and the services it names are known. */
  ready: boolean;
  /** It is nothing but an id, of whatever it may be. */
  bareId: string | null;
  setText(text: string): void;
  /** Asks for a value, or leaves it out. */
  pick(term: Written): void;
  /** Relative times are counted from now again. */
  refresh(): void;
}

const SECOND = 1000;
const TRACE = /^[0-9a-f]{32}$/i;

function bareIdOf(terms: readonly Term[]): string | null {
  const [only, another] = terms;
  if (!only || another || only.name !== null || only.negated || only.quoted) return null;
  return isGuid(only.value) || TRACE.test(only.value) ? only.value.toLowerCase() : null;
}

/** What the address asks for, in the terms of the API. */
export function useAsked(view: View): Query {
  const [{ q: text = '' }, setFilters] = useFilters();
  const services = useServices();
  const [refreshed, setRefreshed] = useState(0);
  // Relative times stand still while their answer is on the screen; they are counted anew with each query.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these say when, not what
  const now = useMemo(() => Math.floor(Date.now() / SECOND) * SECOND, [text, view, refreshed]);
  const terms = useMemo(() => parseTerms(text), [text]);
  const waits = !services.ready && terms.some(({ name }) => name === 'service');
  const asked = useMemo(
    () => filterOf(terms, view, { now, serviceId: services.idOf }),
    [terms, view, now, services.idOf],
  );
  const setText = useCallback((next: string) => setFilters({ q: next.trim(), record: undefined }), [setFilters]);
  const pick = useCallback((term: Written) => setText(withTerm(text, term)), [setText, text]);
  const refresh = useCallback(() => setRefreshed((was) => was + 1), []);
  const problems = waits ? asked.problems.filter(({ code }) => code !== 'service') : asked.problems;
  const bareId = view === 'records' ? bareIdOf(terms) : null;
  const ready = problems.length === 0 && !waits && bareId === null;
  return { ...asked, view, problems, text, terms, services, ready, bareId, setText, pick, refresh };
}
