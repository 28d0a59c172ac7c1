import { useDebouncedValue } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useList } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';
import { type Place, qualifiersFor, valuesFor } from './query/suggest.ts';
import { printTerm } from './query/terms.ts';
import { RANGES, type View } from './query/vocabulary.ts';

const MOST = 12;
const TYPING_MS = 150;

export interface Proposal {
  /** What takes the place of what is written. */
  text: string;
  /** What it is, where its text does not say so. */
  hint?: string;
  /** More is to be written after it. */
  open: boolean;
}

/** Addresses of the records that are loaded already: an auditor may not list admins. */
function useSeenActors(wanted: boolean): string[] {
  const client = useQueryClient();
  if (!wanted) return [];
  const pages = client
    .getQueriesData<{ pages: { items: { actorEmail?: string }[] }[] }>({ queryKey: ['list'] })
    .flatMap(([, data]) => data?.pages ?? []);
  return [...new Set(pages.flatMap(({ items }) => items.slice(0, 200).flatMap((item) => item.actorEmail || [])))];
}

/** Services and admins, by what is written of them; asked for only where one is being named. */
function useNamed(place: Place | null): Proposal[] {
  const { t } = useTranslation('audit');
  const verdict = useVerdict();
  const [search] = useDebouncedValue(place?.written ?? '', TYPING_MS);
  const [wantsServices, wantsActors] = [place?.kind === 'service', place?.kind === 'actor'];
  const searched = search.slice(0, 100);
  const services = useList(
    'GET /v1/admin/services',
    { query: { limit: MOST, archived: 'any', ...(searched && { search: searched }) } },
    { enabled: wantsServices && verdict('GET /v1/admin/services').allowed },
  );
  const admins = useList(
    'GET /v1/admin/admins',
    { query: { limit: 200 } },
    { enabled: wantsActors && verdict('GET /v1/admin/admins').allowed },
  );
  const seen = useSeenActors(wantsActors);
  if (!place) return [];
  const text = (value: string) => printTerm({ negated: place.negated, name: place.name, value });
  if (wantsServices)
    return services.items.map(({ slug, name }) => ({
      text: text(slug),
      hint: t('proposal.service', { name }),
      open: false,
    }));
  const emails = [...new Set([...admins.items.map(({ email }) => email), ...seen])];
  const wanted = place.written.toLowerCase();
  return emails
    .filter((email) => email.toLowerCase().includes(wanted))
    .map((email) => ({ text: text(email), open: false }));
}

/** What may stand where the caret is. */
export function useProposals(place: Place | null, view: View): Proposal[] {
  const { t } = useTranslation('audit');
  const named = useNamed(place);
  const closed = useMemo((): Proposal[] => {
    if (!place) return [];
    const { name, kind, negated, written } = place;
    if (name === null)
      return qualifiersFor(place, view).map((each) => ({
        text: `${negated ? '-' : ''}${each}:`,
        hint: t(`qualifier.${each as 'actor'}`),
        open: true,
      }));
    if (kind === null) return [];
    return valuesFor(kind, written).map((value) => {
      const range = RANGES.find((each) => each === value);
      return {
        text: printTerm({ negated, name, value }),
        open: false,
        ...(range && kind === 'time' ? { hint: t(`proposal.${range}`) } : {}),
      };
    });
  }, [place, view, t]);
  const all = place?.kind === 'service' || place?.kind === 'actor' ? named : closed;
  const written = place && `${place.name === null ? '' : `${place.name}:`}${place.written}`;
  // What is there already needs no proposal.
  return all.filter(({ text }) => text.replace(/^-/, '') !== written).slice(0, MOST);
}
