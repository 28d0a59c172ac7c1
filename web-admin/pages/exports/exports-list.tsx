import { Badge, Checkbox, CloseButton, Progress, Select } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Api, Export } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { shortId } from '../../components/copyable.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Time } from '../../components/time.tsx';
import { useAdminNames } from '../../components/use-admin-names.ts';
import { useFormat } from '../../i18n/format.ts';
import { EXPORT_TYPES, isExportType } from './export-fields.ts';
import { ExportPhase, useExportTypeText } from './export-texts.tsx';

type Query = Api['GET /v1/admin/exports']['query'];
const STATUSES = ['queued', 'processing', 'ready', 'expired', 'failed'] as const;
const LOOKS_EVERY_MS = 5000;

function useExportColumns(): Column<Export>[] {
  const { t } = useTranslation('exports');
  const typeText = useExportTypeText();
  const nameOf = useAdminNames();
  const { number, bytes } = useFormat();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('column.name'),
        size: 220,
        grow: true,
        cell: ({ id, name, exportType }) => (
          <Link to="/exports/$exportId" params={{ exportId: id }}>
            {name ?? typeText(exportType)}
          </Link>
        ),
      },
      { id: 'type', header: t('column.type'), size: 170, cell: ({ exportType }) => typeText(exportType) },
      { id: 'phase', header: t('column.phase'), size: 130, cell: ({ phase }) => <ExportPhase phase={phase} /> },
      {
        id: 'progress',
        header: t('column.progress'),
        size: 110,
        cell: ({ progress: { percent } }) => (
          <Progress
            value={percent ?? 0}
            aria-label={t('column.progress')}
            w="100%"
            display="inline-flex"
            style={{ verticalAlign: 'middle' }}
          />
        ),
      },
      { id: 'rows', header: t('column.rows'), size: 100, align: 'end', cell: ({ rowsDone }) => number(rowsDone) },
      { id: 'size', header: t('column.size'), size: 100, align: 'end', cell: ({ bytesDone }) => bytes(bytesDone) },
      {
        id: 'format',
        header: t('column.format'),
        size: 100,
        cell: ({ fileFormat, compression }) => <code>{compression === 'gzip' ? `${fileFormat}.gz` : fileFormat}</code>,
      },
      { id: 'createdAt', header: t('column.created'), size: 140, cell: ({ createdAt }) => <Time at={createdAt} /> },
      {
        id: 'expiresAt',
        header: t('column.expires'),
        size: 140,
        cell: ({ expiresAt, phase }) => phase === 'ready' && expiresAt && <Time at={expiresAt} />,
      },
      { id: 'who', header: t('column.who'), size: 190, hidden: true, cell: ({ requestedBy }) => nameOf(requestedBy) },
      { id: 'id', header: t('column.id'), size: 300, hidden: true, cell: ({ id }) => <code>{id}</code> },
    ],
    [t, typeText, nameOf, number, bytes],
  );
}

export function ExportsList() {
  const { t } = useTranslation('exports');
  const navigate = useNavigate();
  const [{ type, status, whose, schedule }, setFilters] = useFilters();
  const typeText = useExportTypeText();
  const columns = useExportColumns();
  const query: Query = {
    limit: 100,
    ...(isExportType(type) && { exportType: type }),
    ...(STATUSES.some((each) => each === status) && { status: status as Query['status'] }),
    ...(schedule && { scheduleId: schedule }),
    ...(whose === 'anybody' && { requestedBy: 'anybody' }),
  };
  const list = useList('GET /v1/admin/exports', { query }, { refetchInterval: LOOKS_EVERY_MS });
  const isFiltered = Boolean(query.exportType ?? query.status ?? query.scheduleId);
  return (
    <DataTable
      name="exports"
      label={t('title')}
      columns={columns}
      list={list}
      rowId={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/exports/$exportId', params: { exportId: id } })}
      height="calc(100dvh - 290px)"
      tools={
        <>
          <Select
            aria-label={t('filter.type')}
            placeholder={t('filter.type')}
            data={EXPORT_TYPES.map((value) => ({ value, label: typeText(value) }))}
            value={type ?? null}
            onChange={(next) => setFilters({ type: next ?? undefined })}
            searchable
            clearable
            w={200}
          />
          <Select
            aria-label={t('filter.status')}
            placeholder={t('filter.status')}
            data={STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))}
            value={status ?? null}
            onChange={(next) => setFilters({ status: next ?? undefined })}
            clearable
            w={150}
          />
          <Checkbox
            label={t('filter.anybody')}
            checked={whose === 'anybody'}
            onChange={(event) => setFilters({ whose: event.currentTarget.checked ? 'anybody' : undefined })}
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
          <Empty
            kind="noMatch"
            onClear={() => setFilters({ type: undefined, status: undefined, schedule: undefined })}
          />
        ) : (
          <Empty kind="none" title={t('none')} hint={t('noneHint')} />
        )
      }
    />
  );
}
