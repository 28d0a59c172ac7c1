import { Skeleton, Tabs } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useFilters } from '../../api/use-filters.ts';
import { Page } from '../../components/page.tsx';
import { RecordsView } from './records-view.tsx';

const VIEWS = {
  records: RecordsView,
  'ui-events': lazy(() => import('./events-view.tsx')),
  'api-logs': lazy(() => import('./calls-view.tsx')),
  sessions: lazy(() => import('./sessions-view.tsx')),
  holds: lazy(() => import('./holds-view.tsx')),
} as const;
type Name = keyof typeof VIEWS;

/** What happened, from five sides; the query stays when the side changes. */
export function AuditPage() {
  const { t } = useTranslation('audit');
  const [{ view }, setFilters] = useFilters();
  const name: Name = view !== undefined && Object.hasOwn(VIEWS, view) ? (view as Name) : 'records';
  const View = VIEWS[name];
  return (
    <Page title={t('title')}>
      <Tabs
        value={name}
        onChange={(next) =>
          setFilters({ view: next === 'records' ? undefined : (next ?? undefined), record: undefined, live: undefined })
        }
        keepMounted={false}
      >
        <Tabs.List mb="sm" aria-label={t('views.label')}>
          {(Object.keys(VIEWS) as Name[]).map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`views.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={name}>
          <Suspense fallback={<Skeleton height={420} />}>
            <View />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
