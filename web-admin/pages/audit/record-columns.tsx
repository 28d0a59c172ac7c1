import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditLogSummary } from '../../api/schema.gen.ts';
import type { Column } from '../../components/data-table.tsx';
import { OutcomeMark, RowTime, ServiceName, serviceTerm, useTimeHeading, Value } from './cells.tsx';
import type { Services } from './use-services.ts';

/** The columns of the list of records; the nil id of nobody stays out of sight. */
export function useRecordColumns(services: Services): Column<AuditLogSummary>[] {
  const { t } = useTranslation('audit');
  const zoned = useTimeHeading();
  return useMemo(() => {
    const id = (name: string, header: string, of: (row: AuditLogSummary) => string): Column<AuditLogSummary> => ({
      id: name,
      header,
      size: 260,
      hidden: true,
      cell: (row) => (
        <Value name={name} value={of(row)}>
          <code>{of(row)}</code>
        </Value>
      ),
    });
    return [
      { id: 'time', header: zoned(t('fields.time')), size: 205, cell: ({ timestamp }) => <RowTime at={timestamp} /> },
      {
        id: 'actor',
        header: t('fields.actor'),
        size: 200,
        cell: ({ actorEmail, actorId }) => (
          <Value name="actor" value={actorEmail || actorId}>
            <bdi>{actorEmail || t('nobody')}</bdi>
          </Value>
        ),
      },
      {
        id: 'action',
        header: t('fields.action'),
        size: 220,
        grow: true,
        cell: ({ action }) => (
          <Value name="action" value={action}>
            <code>{action}</code>
          </Value>
        ),
      },
      {
        id: 'outcome',
        header: t('fields.outcome'),
        size: 140,
        cell: ({ outcome }) => (
          <Value name="outcome" value={outcome}>
            <OutcomeMark outcome={outcome} />
          </Value>
        ),
      },
      {
        id: 'resource',
        header: t('fields.resource'),
        size: 190,
        hidden: true,
        cell: ({ resource }) => (
          <Value name="resource" value={resource}>
            <code>{resource}</code>
          </Value>
        ),
      },
      {
        id: 'service',
        header: t('fields.service'),
        size: 150,
        cell: ({ serviceId }) =>
          serviceId && (
            <Value name="service" value={serviceTerm(serviceId, services)}>
              <ServiceName id={serviceId} services={services} />
            </Value>
          ),
      },
      { id: 'reason', header: t('fields.reason'), size: 200, cell: ({ reason }) => <bdi>{reason}</bdi> },
      { id: 'role', header: t('fields.role'), size: 130, hidden: true, cell: ({ actorRole }) => actorRole },
      id('resource-id', t('fields.resourceId'), ({ resourceId }) => resourceId),
      id('session', t('fields.session'), ({ sessionId }) => sessionId),
      id('trace', t('fields.trace'), ({ traceId }) => traceId),
      id('request', t('fields.request'), ({ requestId }) => requestId),
      {
        id: 'address',
        header: t('fields.address'),
        size: 140,
        hidden: true,
        cell: ({ ipAddress }) => <code>{ipAddress}</code>,
      },
      { id: 'id', header: t('fields.id'), size: 300, hidden: true, cell: (row) => <code>{row.id}</code> },
    ];
  }, [t, zoned, services]);
}
