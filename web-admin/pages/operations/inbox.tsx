import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';
import { type List, useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useOperationColumns } from './operation-columns.tsx';

const LOOKS_EVERY_MS = 30_000;

interface InboxLists {
  forMe: List<Operation>;
  toReview: List<Operation>;
  count: number;
  /** With a plus where there are more than were read. */
  shown: string;
}

/** What waits for whoever is signed in: plans for their word, and what was started without anybody's. */
export function useInbox(): InboxLists {
  const { number } = useFormat();
  const options = { refetchInterval: LOOKS_EVERY_MS };
  const forMe = useList('GET /v1/admin/operations', { query: { limit: 100, forMe: 'true' } }, options);
  const toReview = useList('GET /v1/admin/operations', { query: { limit: 100, toReview: 'true' } }, options);
  const count = forMe.items.length + toReview.items.length;
  const isMore = forMe.query.hasNextPage || toReview.query.hasNextPage;
  return { forMe, toReview, count, shown: `${number(count)}${isMore ? '+' : ''}` };
}

const VIEWS = ['forMe', 'toReview'] as const;

export function Inbox({ inbox }: { inbox: InboxLists }) {
  const { t } = useTranslation('operations');
  const { number } = useFormat();
  const navigate = useNavigate();
  const columns = useOperationColumns();
  const isNarrow = useMediaQuery('(max-width: 30em)', false, { getInitialValueInEffect: false });
  const [{ which: asked }, setFilters] = useFilters();
  const view = VIEWS.find((each) => each === asked) ?? 'forMe';
  return (
    <DataTable
      key={view}
      name={`operations-${view}`}
      label={t(`inbox.${view}`)}
      columns={columns}
      list={inbox[view]}
      rowId={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/operations/$operationId', params: { operationId: id } })}
      height="calc(100dvh - 290px)"
      tools={
        <SegmentedControl
          orientation={isNarrow ? 'vertical' : 'horizontal'}
          aria-label={t('inbox.view')}
          data={VIEWS.map((value) => ({
            value,
            label: `${t(`inbox.${value}`)} (${number(inbox[value].items.length)}${inbox[value].query.hasNextPage ? '+' : ''})`,
          }))}
          value={view}
          onChange={(next) => setFilters({ which: next === 'forMe' ? undefined : next })}
        />
      }
      empty={<Empty kind="none" title={t(`inbox.${view}None`)} hint={t(`inbox.${view}Hint`)} />}
    />
  );
}
