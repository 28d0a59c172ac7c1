import { Progress } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';
import type { Column } from '../../components/data-table.tsx';
import { Time } from '../../components/time.tsx';
import { useAdminNames } from '../../components/use-admin-names.ts';
import { useFormat } from '../../i18n/format.ts';
import { PhaseBadge, RiskBadge } from './badges.tsx';
import { useTypeText } from './type-texts.ts';

/** What lists of operations show. */
export function useOperationColumns(): Column<Operation>[] {
  const { t } = useTranslation('operations');
  const textOf = useTypeText();
  const nameOf = useAdminNames();
  const { number } = useFormat();
  return useMemo(
    () => [
      {
        id: 'type',
        header: t('column.type'),
        size: 220,
        grow: true,
        cell: ({ id, type }) => (
          <Link to="/operations/$operationId" params={{ operationId: id }}>
            {textOf(type).title}
          </Link>
        ),
      },
      { id: 'phase', header: t('column.phase'), size: 200, cell: ({ phase }) => <PhaseBadge phase={phase} /> },
      {
        id: 'progress',
        header: t('column.progress'),
        size: 110,
        cell: ({ progress: { percent }, itemsFailed }) => (
          <Progress
            value={percent}
            color={itemsFailed > 0 ? 'orange' : undefined}
            aria-label={t('column.progress')}
            w="100%"
            display="inline-flex"
            style={{ verticalAlign: 'middle' }}
          />
        ),
      },
      {
        id: 'targets',
        header: t('column.targets'),
        size: 90,
        align: 'end',
        cell: ({ plan }) => number(plan.itemsTotal),
      },
      {
        id: 'failed',
        header: t('column.failed'),
        size: 90,
        align: 'end',
        cell: ({ itemsFailed }) => number(itemsFailed),
      },
      { id: 'reason', header: t('column.reason'), size: 240, cell: ({ reason }) => reason },
      { id: 'actor', header: t('column.actor'), size: 190, cell: ({ actorAdminId }) => nameOf(actorAdminId) },
      { id: 'createdAt', header: t('column.created'), size: 140, cell: ({ createdAt }) => <Time at={createdAt} /> },
      { id: 'risk', header: t('column.risk'), size: 130, hidden: true, cell: ({ risk }) => <RiskBadge risk={risk} /> },
      {
        id: 'finishedAt',
        header: t('column.finished'),
        size: 140,
        hidden: true,
        cell: ({ finishedAt }) => finishedAt && <Time at={finishedAt} />,
      },
      { id: 'id', header: t('column.id'), size: 300, hidden: true, cell: ({ id }) => <code>{id}</code> },
    ],
    [t, textOf, nameOf, number],
  );
}
