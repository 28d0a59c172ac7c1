import { Anchor, Badge, NativeSelect } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditLogSummary } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { Copyable, shortId } from '../../components/copyable.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Time, useNow } from '../../components/time.tsx';
import type { ServiceTabProps } from './service-page.tsx';

const DAY_MS = 86_400_000;
const RANGES = ['1', '7', '30', '90', '365'] as const;
const OUTCOMES = ['success', 'denied', 'failure'] as const;
const COLOURS = { success: 'steward', denied: 'orange.9', failure: 'red.9' };

function Outcome({ outcome }: { outcome: string }) {
  const { t } = useTranslation('service');
  const known = OUTCOMES.find((each) => each === outcome);
  return (
    <Badge variant={known === 'success' ? 'default' : 'filled'} size="sm" color={known ? COLOURS[known] : 'gray'}>
      {known ? t(`outcome.${known}`) : outcome}
    </Badge>
  );
}

/** The service's own records; the explorer has everything else about them. */
export function ServiceAuditTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const navigate = useNavigate();
  const [filters, setFilters] = useFilters();
  const range = RANGES.find((each) => each === filters.range) ?? '30';
  const outcome = OUTCOMES.find((each) => each === filters.outcome);
  const action = filters.action ?? '';
  // From the beginning of a day on, so that the same is asked while the page is open.
  const from = new Date(Math.floor((useNow() - Number(range) * DAY_MS) / DAY_MS) * DAY_MS).toISOString();
  const asked = { serviceId, ...(outcome && { outcome }), ...(action && { action }) };
  const list = useList('GET /v1/audit/logs', { query: { ...asked, from, limit: 100 } });
  const columns = useMemo<Column<AuditLogSummary>[]>(
    () => [
      { id: 'at', header: t('audit.at'), size: 140, cell: ({ timestamp }) => <Time at={timestamp} /> },
      { id: 'actor', header: t('audit.actor'), size: 200, cell: ({ actorEmail, actorId }) => actorEmail || actorId },
      {
        id: 'action',
        header: t('audit.action'),
        size: 240,
        grow: true,
        cell: ({ action: done, id }) => (
          <Link to="/audit" search={{ serviceId, record: id }}>
            <code>{done}</code>
          </Link>
        ),
      },
      {
        id: 'resource',
        header: t('audit.resource'),
        size: 220,
        cell: ({ resource, resourceId }) => (
          <span className="ltr">
            {resource} <code>{resourceId.length > 24 ? shortId(resourceId) : resourceId}</code>
          </span>
        ),
      },
      { id: 'outcome', header: t('audit.outcome'), size: 110, cell: (record) => <Outcome outcome={record.outcome} /> },
      { id: 'reason', header: t('audit.reason'), size: 200, cell: ({ reason }) => reason },
      {
        id: 'address',
        header: t('audit.address'),
        size: 140,
        hidden: true,
        cell: ({ ipAddress }) => <code>{ipAddress}</code>,
      },
      {
        id: 'request',
        header: t('audit.request'),
        size: 110,
        hidden: true,
        cell: ({ requestId }) => <Copyable value={requestId} shown={shortId(requestId)} />,
      },
    ],
    [t, serviceId],
  );
  const clear = () => setFilters({ outcome: undefined, action: undefined, range: undefined });
  return (
    <DataTable
      name="service-audit"
      label={t('audit.title')}
      columns={columns}
      list={list}
      rowId={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: '/audit', search: { serviceId, record: id } })}
      height="calc(100dvh - 300px)"
      tools={
        <>
          <SearchField
            name="service-audit"
            label={t('audit.actionFilter')}
            value={action}
            onSearch={(text) => setFilters({ action: text }, { replace: true })}
          />
          <NativeSelect
            aria-label={t('audit.outcome')}
            data={[
              { value: '', label: `${t('audit.outcome')}: ${shell('anyValue')}` },
              ...OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) })),
            ]}
            value={outcome ?? ''}
            onChange={(event) => setFilters({ outcome: event.currentTarget.value })}
          />
          <NativeSelect
            aria-label={t('audit.range')}
            data={RANGES.map((value) => ({ value, label: t(`audit.ranges.${value}`) }))}
            value={range}
            onChange={({ currentTarget: { value } }) => setFilters({ range: value === '30' ? undefined : value })}
          />
          <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/audit" search={{ ...asked, from }} />}>
            {t('audit.explorer')}
          </Anchor>
        </>
      }
      empty={
        outcome || action ? (
          <Empty kind="noMatch" onClear={clear} />
        ) : (
          <Empty kind="none" title={t('audit.none')} hint={t('audit.noneHint')} />
        )
      }
    />
  );
}
