import { Badge, Button, Skeleton, Tabs, VisuallyHidden } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useFilters } from '../../api/use-filters.ts';
import { useVerdict } from '../../api/use-me.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { Page } from '../../components/page.tsx';
import { Inbox, useInbox } from './inbox.tsx';
import { OperationsList } from './operations-list.tsx';

const SchedulesTab = lazy(() => import('./schedules-tab.tsx'));
const TABS = ['all', 'inbox', 'schedules'] as const;

/** What was asked for, what waits for a word, and what comes by itself. */
export function OperationsPage() {
  const { t } = useTranslation('operations');
  const [{ view: asked }, setFilters] = useFilters();
  const tab = TABS.find((each) => each === asked) ?? 'all';
  const inbox = useInbox();
  const mayAsk = useVerdict()('POST /v1/admin/operations').allowed;
  return (
    <Page
      title={t('title')}
      actions={
        mayAsk ? (
          <Button component={Link} to="/operations/new">
            {t('new')}
          </Button>
        ) : (
          <GuardedButton route="POST /v1/admin/operations">{t('new')}</GuardedButton>
        )
      }
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => setFilters({ ...NO_FILTERS, view: next === 'all' ? undefined : (next ?? undefined) })}
      >
        <Tabs.List mb="sm" aria-label={t('title')}>
          <Tabs.Tab value="all">{t('tabs.all')}</Tabs.Tab>
          <Tabs.Tab
            value="inbox"
            rightSection={
              inbox.count > 0 ? (
                <Badge size="sm">
                  {inbox.shown}
                  <VisuallyHidden> {t('tabs.waiting')}</VisuallyHidden>
                </Badge>
              ) : null
            }
          >
            {t('tabs.inbox')}
          </Tabs.Tab>
          <Tabs.Tab value="schedules">{t('tabs.schedules')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="all">
          <OperationsList />
        </Tabs.Panel>
        <Tabs.Panel value="inbox">
          <Inbox inbox={inbox} />
        </Tabs.Panel>
        <Tabs.Panel value="schedules">
          <Suspense fallback={<Skeleton height={300} />}>
            <SchedulesTab />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

/** Each tab has filters of its own. */
const NO_FILTERS = {
  type: undefined,
  status: undefined,
  phase: undefined,
  mine: undefined,
  schedule: undefined,
  owner: undefined,
  which: undefined,
};
