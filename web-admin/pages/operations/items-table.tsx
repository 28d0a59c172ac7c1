import { SegmentedControl, Select } from '@mantine/core';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation, OperationItem } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { Copyable, shortId } from '../../components/copyable.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Time } from '../../components/time.tsx';
import { OutcomeText } from './outcome-text.tsx';
import { useKindText } from './type-texts.ts';
import { isUnderWay } from './use-operation.ts';

const ItemDrawer = lazy(() => import('./item-drawer.tsx'));

const OUTCOMES = ['all', 'failed', 'skipped', 'succeeded', 'pending'] as const;
const UNDO_OUTCOMES = ['undone', 'left', 'failed'] as const;
const LOOKS_EVERY_MS = 3000;

function useItemColumns(isUndone: boolean): Column<OperationItem>[] {
  const { t } = useTranslation('operations');
  const kindText = useKindText();
  return useMemo(
    () => [
      { id: 'label', header: t('item.label'), size: 220, grow: true, cell: ({ label }) => label },
      { id: 'kind', header: t('item.kind'), size: 150, cell: ({ kind }) => kindText(kind) },
      { id: 'outcome', header: t('item.outcome'), size: 130, cell: ({ outcome }) => <OutcomeText outcome={outcome} /> },
      { id: 'error', header: t('item.error'), size: 280, cell: ({ error }) => <span dir="auto">{error}</span> },
      {
        id: 'undo',
        header: t('item.undo'),
        size: 130,
        hidden: !isUndone,
        cell: ({ undoOutcome }) =>
          undoOutcome && <OutcomeText outcome={undoOutcome === 'failed' ? 'undoFailed' : undoOutcome} />,
      },
      {
        id: 'undoError',
        header: t('item.undoError'),
        size: 240,
        hidden: !isUndone,
        cell: ({ undoError }) => <span dir="auto">{undoError}</span>,
      },
      {
        id: 'targetId',
        header: t('item.id'),
        size: 130,
        cell: ({ targetId }) => (
          <Copyable value={targetId} shown={targetId.length > 12 ? shortId(targetId) : targetId} />
        ),
      },
      { id: 'doneAt', header: t('item.doneAt'), size: 140, cell: ({ doneAt }) => doneAt && <Time at={doneAt} /> },
      { id: 'seq', header: t('item.seq'), size: 80, align: 'end', hidden: true, cell: ({ seq }) => seq },
    ],
    [t, kindText, isUndone],
  );
}

/** Every target with what became of it; those that failed come first, where there are any. */
export function ItemsTable({ operation }: { operation: Operation }) {
  const { t } = useTranslation('operations');
  const [{ outcome: asked, undoOutcome: askedUndo, item }, setFilters] = useFilters();
  const outcome = OUTCOMES.find((each) => each === asked) ?? (operation.itemsFailed > 0 ? 'failed' : 'all');
  const undoOutcome = UNDO_OUTCOMES.find((each) => each === askedUndo);
  const isUndone = operation.phase === 'undoing' || operation.itemsUndone > 0 || operation.phase === 'undone';
  const columns = useItemColumns(isUndone);
  const list = useList(
    'GET /v1/admin/operations/{id}/items',
    {
      path: { id: operation.id },
      query: { limit: 100, ...(outcome !== 'all' && { outcome }), ...(undoOutcome && { undoOutcome }) },
    },
    { refetchInterval: isUnderWay(operation) ? LOOKS_EVERY_MS : false },
  );
  const opened = list.items.find(({ seq }) => String(seq) === item);
  return (
    <>
      <DataTable
        name={isUndone ? 'operation-items-undone' : 'operation-items'}
        label={t('section.items')}
        columns={columns}
        list={list}
        rowId={({ seq }) => String(seq)}
        openId={item}
        onOpen={({ seq }) => setFilters({ item: String(seq) })}
        height="min(60dvh, 560px)"
        tools={
          <>
            <SegmentedControl
              size="xs"
              aria-label={t('item.outcome')}
              data={OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) }))}
              value={outcome}
              onChange={(next) => setFilters({ outcome: next, item: undefined })}
            />
            {isUndone && (
              <Select
                aria-label={t('item.undo')}
                placeholder={t('item.undo')}
                data={UNDO_OUTCOMES.map((value) => ({
                  value,
                  label: t(`outcome.${value === 'failed' ? 'undoFailed' : value}`),
                }))}
                value={undoOutcome ?? null}
                onChange={(next) => setFilters({ undoOutcome: next ?? undefined, item: undefined })}
                clearable
                size="xs"
                w={160}
              />
            )}
          </>
        }
        empty={<Empty kind="noMatch" onClear={() => setFilters({ outcome: 'all', undoOutcome: undefined })} />}
      />
      <Suspense fallback={null}>
        {opened && <ItemDrawer item={opened} onClose={() => setFilters({ item: undefined })} />}
      </Suspense>
    </>
  );
}
