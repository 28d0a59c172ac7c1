import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { Page } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { PageLoading } from '../../shell/page-states.tsx';
import { ChooseType } from './choose-type.tsx';
import { useTypeText } from './type-texts.ts';

const AskForm = lazy(() => import('./ask-form.tsx'));

/** First the type, then what it asks for. */
export function NewOperationPage() {
  const { t } = useTranslation('operations');
  const [{ type }] = useFilters();
  const textOf = useTypeText();
  const types = useRead('GET /v1/admin/operation-types', {}, { staleTime: Number.POSITIVE_INFINITY });
  if (types.isPending) return <PageLoading />;
  if (!types.data)
    return (
      <Page title={t('new')}>
        <ProblemAlert problem={types.error} onRetry={() => void types.refetch()} />
      </Page>
    );
  const chosen = types.data.items.find((each) => each.type === type);
  if (!chosen)
    return (
      <Page title={t('new')} hint={t('chooseHint')}>
        <ChooseType types={types.data.items} />
      </Page>
    );
  const { title, summary } = textOf(chosen.type, chosen.summary);
  return (
    <Page title={title} hint={summary}>
      <Suspense fallback={<Skeleton height={400} />}>
        <AskForm key={chosen.type} type={chosen} />
      </Suspense>
    </Page>
  );
}
