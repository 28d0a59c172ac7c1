import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiLogSummary } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { useFormat } from '../../i18n/format.ts';
import { CallDrawer } from './call-drawer.tsx';
import { Status } from './call-status.tsx';
import { PickArea, RowTime, ServiceName, serviceTerm, useTimeHeading, Value } from './cells.tsx';
import { NothingFound, QueryFrame } from './query-frame.tsx';
import { type Query, useAsked } from './use-asked.ts';

function useCallColumns({ services }: Query): Column<ApiLogSummary>[] {
  const { t } = useTranslation('audit');
  const zoned = useTimeHeading();
  const format = useFormat();
  return useMemo(() => {
    const picked = (name: string, value: string) => (
      <Value name={name} value={value} includeOnly>
        <code>{value}</code>
      </Value>
    );
    const hidden = (name: string, header: string, of: (row: ApiLogSummary) => string): Column<ApiLogSummary> => ({
      ...{ id: name, header, size: 290, hidden: true },
      cell: (row) => picked(name, of(row)),
    });
    return [
      { id: 'time', header: zoned(t('fields.time')), size: 205, cell: ({ timestamp }) => <RowTime at={timestamp} /> },
      {
        id: 'status',
        header: t('fields.status'),
        size: 110,
        cell: ({ status }) => (
          <Value name="status" value={String(status)} includeOnly>
            <Status status={status} />
          </Value>
        ),
      },
      { id: 'method', header: t('fields.method'), size: 110, cell: ({ method }) => picked('method', method) },
      {
        id: 'endpoint',
        header: t('fields.endpoint'),
        size: 300,
        grow: true,
        cell: ({ endpoint }) => picked('endpoint', endpoint),
      },
      {
        id: 'duration',
        header: t('fields.duration'),
        size: 110,
        align: 'end',
        cell: ({ durationMs }) => t('ms', { count: durationMs, formatted: format.number(durationMs) }),
      },
      { id: 'actor', header: t('fields.actor'), size: 210, cell: ({ actorEmail }) => picked('actor', actorEmail) },
      {
        id: 'service',
        header: t('fields.service'),
        size: 180,
        cell: ({ serviceId }) =>
          serviceId && (
            <Value name="service" value={serviceTerm(serviceId, services)} includeOnly>
              <ServiceName id={serviceId} services={services} />
            </Value>
          ),
      },
      {
        id: 'error',
        header: t('fields.error'),
        size: 180,
        cell: ({ errorCode }) => errorCode && picked('error', errorCode),
      },
      hidden('session', t('fields.session'), ({ sessionId }) => sessionId),
      hidden('request', t('fields.request'), ({ requestId }) => requestId),
      hidden('trace', t('fields.trace'), ({ traceId }) => traceId),
    ];
  }, [t, zoned, format, services]);
}

/** What was asked of the admin API. */
export default function CallsView() {
  const { t } = useTranslation('audit');
  const query = useAsked('api-logs');
  const { filter, range, ready } = query;
  const [{ record }, setFilters] = useFilters();
  const list = useList('GET /v1/audit/api-logs', { query: { limit: 100, ...filter, ...range } }, { enabled: ready });
  const columns = useCallColumns(query);
  return (
    <QueryFrame query={query}>
      <PickArea onPick={query.pick}>
        <DataTable
          name="audit-calls"
          label={t('calls.label')}
          columns={columns}
          list={list}
          rowId={({ id }) => id}
          onOpen={({ id }) => setFilters({ record: id })}
          openId={record}
          empty={<NothingFound query={query} title={t('calls.none')} hint={t('calls.noneHint')} />}
        />
      </PickArea>
      {record && <CallDrawer id={record} query={query} onClose={() => setFilters({ record: undefined })} />}
    </QueryFrame>
  );
}
