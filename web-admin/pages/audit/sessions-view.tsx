import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditSession } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { useFormat } from '../../i18n/format.ts';
import { PickArea, RowTime, useTimeHeading, Value } from './cells.tsx';
import { NothingFound, QueryFrame } from './query-frame.tsx';
import { SessionEnd } from './session-end.tsx';
import { useAsked } from './use-asked.ts';

/** Sessions with what happened in them counted. */
export default function SessionsView() {
  const { t } = useTranslation('audit');
  const zoned = useTimeHeading();
  const format = useFormat();
  const navigate = useNavigate();
  const query = useAsked('sessions');
  const { filter, range, ready } = query;
  const list = useList('GET /v1/audit/sessions', { query: { limit: 100, ...filter, ...range } }, { enabled: ready });
  const columns = useMemo<Column<AuditSession>[]>(() => {
    const counted = (id: string, header: string, of: (counts: AuditSession['counts']) => number) => ({
      ...{ id, header, size: 110, align: 'end' as const },
      cell: ({ counts }: AuditSession) => format.number(of(counts)),
    });
    return [
      {
        id: 'started',
        header: zoned(t('fields.started')),
        size: 205,
        cell: ({ startedAt }) => <RowTime at={startedAt} />,
      },
      {
        id: 'actor',
        header: t('fields.actor'),
        size: 220,
        grow: true,
        cell: ({ actorEmail }) => (
          <Value name="actor" value={actorEmail} includeOnly>
            <bdi>{actorEmail}</bdi>
          </Value>
        ),
      },
      { id: 'kind', header: t('fields.kind'), size: 110, cell: ({ kind }) => t(`sessions.${kind ?? 'unknown'}`) },
      { id: 'ended', header: t('fields.ended'), size: 130, cell: (session) => <SessionEnd session={session} /> },
      {
        id: 'lastSeen',
        header: zoned(t('fields.lastSeen')),
        size: 210,
        cell: ({ lastSeenAt }) => <RowTime at={lastSeenAt} />,
      },
      counted('records', t('fields.records'), ({ auditRecords }) => auditRecords),
      counted('changes', t('fields.changes'), ({ changes }) => changes),
      counted('denials', t('fields.denials'), ({ denials }) => denials),
      counted('calls', t('fields.calls'), ({ apiCalls }) => apiCalls),
      counted('errors', t('fields.errors'), ({ apiErrors }) => apiErrors),
      counted('events', t('fields.events'), ({ uiEvents }) => uiEvents),
      {
        id: 'address',
        header: t('fields.address'),
        size: 140,
        hidden: true,
        cell: ({ ipAddress }) => <code>{ipAddress}</code>,
      },
      {
        id: 'userAgent',
        header: t('fields.userAgent'),
        size: 260,
        hidden: true,
        cell: ({ userAgent }) => <bdi>{userAgent}</bdi>,
      },
      { id: 'id', header: t('fields.session'), size: 300, hidden: true, cell: ({ id }) => <code>{id}</code> },
    ];
  }, [t, zoned, format]);
  return (
    <QueryFrame query={query}>
      <PickArea onPick={query.pick}>
        <DataTable
          name="audit-sessions"
          label={t('sessions.label')}
          columns={columns}
          list={list}
          rowId={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: '/audit/sessions/$sessionId', params: { sessionId: id } })}
          empty={<NothingFound query={query} title={t('sessions.none')} hint={t('sessions.noneHint')} />}
        />
      </PickArea>
    </QueryFrame>
  );
}
