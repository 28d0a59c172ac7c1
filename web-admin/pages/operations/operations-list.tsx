import { Badge, Checkbox, CloseButton, Select } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { PHASES } from '../../../domain/operations/phases.ts';
import type { Api } from '../../api/schema.gen.ts';
import { useList, useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useMe } from '../../api/use-me.ts';
import { shortId } from '../../components/copyable.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { useOperationColumns } from './operation-columns.tsx';
import { useTypeText } from './type-texts.ts';

type Query = Api['GET /v1/admin/operations']['query'];
const STATUSES = ['pending', 'running', 'completed', 'failed'] as const;
/** While something may be under way, the list asks again. */
const LOOKS_EVERY_MS = 10_000;

/** What the address asks for, as far as the server knows it. */
function useQueryOfAddress(): { query: Query; isFiltered: boolean } {
  const [{ type, status, phase, mine, schedule }] = useFilters();
  const { data: me } = useMe();
  const query: Query = {
    limit: 100,
    ...(type && { type: type as Query['type'] }),
    ...(STATUSES.some((each) => each === status) && { status: status as Query['status'] }),
    ...(PHASES.some((each) => each === phase) && { phase: phase as Query['phase'] }),
    ...(mine && me && { actorId: me.id }),
    ...(schedule && { scheduleId: schedule }),
  };
  return { query, isFiltered: Object.keys(query).length > 1 };
}

export function OperationsList() {
  const { t } = useTranslation('operations');
  const navigate = useNavigate();
  const [{ type, status, phase, mine, schedule }, setFilters] = useFilters();
  const { query, isFiltered } = useQueryOfAddress();
  const list = useList('GET /v1/admin/operations', { query }, { refetchInterval: LOOKS_EVERY_MS });
  const columns = useOperationColumns();
  const textOf = useTypeText();
  const types = useRead('GET /v1/admin/operation-types', {}, { staleTime: Number.POSITIVE_INFINITY });
  const clear = () =>
    setFilters({ type: undefined, status: undefined, phase: undefined, mine: undefined, schedule: undefined });
  return (
    <DataTable
      name="operations"
      label={t('title')}
      columns={columns}
      list={list}
      rowId={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/operations/$operationId', params: { operationId: id } })}
      height="calc(100dvh - 290px)"
      tools={
        <>
          <Select
            aria-label={t('filter.type')}
            placeholder={t('filter.type')}
            data={(types.data?.items ?? []).map((each) => ({ value: each.type, label: textOf(each.type).title }))}
            value={type ?? null}
            onChange={(next) => setFilters({ type: next ?? undefined })}
            searchable
            clearable
            w={210}
          />
          <Select
            aria-label={t('filter.status')}
            placeholder={t('filter.status')}
            data={STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))}
            value={status ?? null}
            onChange={(next) => setFilters({ status: next ?? undefined })}
            clearable
            w={140}
          />
          <Select
            aria-label={t('filter.phase')}
            placeholder={t('filter.phase')}
            data={PHASES.map((value) => ({ value, label: t(`phase.${value}`) }))}
            value={phase ?? null}
            onChange={(next) => setFilters({ phase: next ?? undefined })}
            clearable
            w={170}
          />
          <Checkbox
            label={t('filter.mine')}
            checked={Boolean(mine)}
            onChange={(event) => setFilters({ mine: event.currentTarget.checked ? 'yes' : undefined })}
          />
          {schedule && (
            <Badge
              variant="default"
              tt="none"
              size="lg"
              rightSection={
                <CloseButton
                  size="sm"
                  aria-label={t('filter.scheduleClear')}
                  onClick={() => setFilters({ schedule: undefined })}
                />
              }
            >
              {t('filter.schedule', { id: shortId(schedule) })}
            </Badge>
          )}
        </>
      }
      empty={
        isFiltered ? (
          <Empty kind="noMatch" onClear={clear} />
        ) : (
          <Empty kind="none" title={t('none')} hint={t('noneHint')} />
        )
      }
    />
  );
}
