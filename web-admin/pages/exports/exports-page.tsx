import { Skeleton, Tabs } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useFilters } from '../../api/use-filters.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { Page } from '../../components/page.tsx';
import { ExportsList } from './exports-list.tsx';

const SchedulesTab = lazy(() => import('./schedules-tab.tsx'));
const NewExport = lazy(() => import('./new-export.tsx'));

/** Files that were asked for, and those that come by themselves. */
export function ExportsPage() {
  const { t } = useTranslation('exports');
  const [{ view: asked, new: isNew, parameters }, setFilters] = useFilters();
  const tab = asked === 'schedules' ? 'schedules' : 'all';
  return (
    <Page
      title={t('title')}
      actions={
        <GuardedButton route="POST /v1/admin/exports" onClick={() => setFilters({ new: 'audit_logs' })}>
          {t('new')}
        </GuardedButton>
      }
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => setFilters({ ...NO_FILTERS, view: next === 'all' ? undefined : (next ?? undefined) })}
      >
        <Tabs.List mb="sm" aria-label={t('title')}>
          <Tabs.Tab value="all">{t('tabs.all')}</Tabs.Tab>
          <Tabs.Tab value="schedules">{t('tabs.schedules')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="all">
          <ExportsList />
        </Tabs.Panel>
        <Tabs.Panel value="schedules">
          <Suspense fallback={<Skeleton height={300} />}>
            <SchedulesTab />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
      <Suspense fallback={null}>
        {isNew && (
          <NewExport
            key={parameters ?? ''}
            link={{ type: isNew, parameters }}
            onType={(type) => setFilters({ new: type }, { replace: true })}
            onClose={() => setFilters({ new: undefined, parameters: undefined })}
          />
        )}
      </Suspense>
    </Page>
  );
}

/** Each tab has filters of its own. */
const NO_FILTERS = {
  type: undefined,
  status: undefined,
  whose: undefined,
  schedule: undefined,
  owner: undefined,
  edit: undefined,
};
