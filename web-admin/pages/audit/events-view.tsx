import { Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UiEvent } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { PickArea, RowTime, ServiceName, serviceTerm, useTimeHeading, Value } from './cells.tsx';
import { EventDrawer } from './event-drawer.tsx';
import { NothingFound, QueryFrame } from './query-frame.tsx';
import { useAsked } from './use-asked.ts';

/** What browsers said their admins did. */
export default function EventsView() {
  const { t } = useTranslation('audit');
  const zoned = useTimeHeading();
  const query = useAsked('ui-events');
  const { filter, range, ready, services, pick } = query;
  const [open, setOpen] = useState<UiEvent | null>(null);
  const list = useList('GET /v1/audit/ui-events', { query: { limit: 100, ...filter, ...range } }, { enabled: ready });
  const columns = useMemo<Column<UiEvent>[]>(() => {
    const picked = (name: string, value: string) => (
      <Value name={name} value={value} includeOnly>
        <bdi>{value}</bdi>
      </Value>
    );
    return [
      { id: 'time', header: zoned(t('fields.time')), size: 205, cell: ({ timestamp }) => <RowTime at={timestamp} /> },
      { id: 'actor', header: t('fields.actor'), size: 210, cell: ({ actorEmail }) => picked('actor', actorEmail) },
      { id: 'type', header: t('fields.type'), size: 180, cell: ({ eventType }) => picked('type', eventType) },
      {
        id: 'component',
        header: t('fields.component'),
        size: 180,
        cell: ({ componentName }) => picked('component', componentName),
      },
      { id: 'page', header: t('fields.page'), size: 260, grow: true, cell: ({ pagePath }) => picked('page', pagePath) },
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
        id: 'session',
        header: t('fields.session'),
        size: 300,
        hidden: true,
        cell: ({ sessionId }) => picked('session', sessionId),
      },
      {
        id: 'trace',
        header: t('fields.trace'),
        size: 280,
        hidden: true,
        cell: ({ traceId }) => picked('trace', traceId),
      },
    ];
  }, [t, zoned, services]);
  return (
    <QueryFrame query={query}>
      <PickArea onPick={pick}>
        <DataTable
          name="audit-events"
          label={t('events.label')}
          columns={columns}
          list={list}
          rowId={({ id }) => id}
          onOpen={setOpen}
          openId={open?.id}
          tools={
            <Text size="sm" c="dimmed">
              {t('events.word')}
            </Text>
          }
          empty={<NothingFound query={query} title={t('events.none')} hint={t('events.noneHint')} />}
        />
      </PickArea>
      {open && <EventDrawer event={open} query={query} onClose={() => setOpen(null)} />}
    </QueryFrame>
  );
}
