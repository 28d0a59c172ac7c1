import { Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../components/empty.tsx';
import { ExportThis } from './export-this.tsx';
import { KEPT_YEARS } from './query/vocabulary.ts';
import { QueryBar } from './query-bar.tsx';
import { QueryChips, QueryProblems } from './query-chips.tsx';
import { SavedViews } from './saved-views.tsx';
import type { Query } from './use-asked.ts';

const QueryHelp = lazy(() => import('./query-help.tsx'));

/** What stands over every list that a query narrows: the bar, its chips, and what is wrong with it. */
export function QueryFrame({ query, tools, children }: { query: Query; tools?: ReactNode; children: ReactNode }) {
  const [helping, help] = useDisclosure();
  return (
    <Stack gap="sm">
      <QueryBar query={query} onHelp={help.open}>
        <SavedViews query={query} />
        <ExportThis query={query} />
        {tools}
      </QueryBar>
      <QueryChips query={query} />
      <QueryProblems query={query} />
      {query.problems.length === 0 && children}
      {helping && (
        <Suspense fallback={null}>
          <QueryHelp view={query.view} onClose={help.close} />
        </Suspense>
      )}
    </Stack>
  );
}

/** In place of the rows: nothing matches, nothing yet, or nothing is kept any more of a time so long ago. */
export function NothingFound({ query, title, hint }: { query: Query; title: string; hint: string }) {
  const { t } = useTranslation('audit');
  const { t: shell } = useTranslation();
  if (query.beyondRetention) {
    const kept = t('records.years', { count: KEPT_YEARS[query.view] });
    return <Empty kind="beyondRetention" hint={shell('empty.beyondRetentionHint', { kept })} />;
  }
  if (query.text !== '') return <Empty kind="noMatch" onClear={() => query.setText('')} />;
  return <Empty kind="none" title={title} hint={hint} />;
}
