import { NativeSelect, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LegalHold } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { useFormat } from '../../i18n/format.ts';
import { Instant, RowTime, ServiceName, useTimeHeading } from './cells.tsx';
import { type Services, useServices } from './use-services.ts';

const PlaceHold = lazy(() => import('./place-hold.tsx'));
const HoldDrawer = lazy(() => import('./hold-drawer.tsx'));

const STATUSES = ['applying', 'active', 'releasing', 'released'] as const;
/** Of a hold that is on its way. */
const LOOK_AGAIN_MS = 3000;

const isOnItsWay = ({ status }: LegalHold) => status === 'applying' || status === 'releasing';

/** What records have to match, in a line. */
export function Matches({ hold, services }: { hold: LegalHold; services: Services }) {
  const { t } = useTranslation('audit');
  const { resource, resourceId, actorId, serviceId, from, to } = hold;
  const parts = [
    ['resource', resource && <code>{resource}</code>],
    ['resourceId', resourceId && <code>{resourceId}</code>],
    ['actorId', actorId && <code>{actorId}</code>],
    ['service', serviceId && <ServiceName id={serviceId} services={services} />],
    ['from', from && <Instant at={from} />],
    ['to', to && <Instant at={to} />],
  ] as const;
  return parts
    .filter(([, value]) => value)
    .map(([name, value]) => (
      <span key={name} style={{ marginInlineEnd: 8 }}>
        <Text span size="sm" c="dimmed">
          {t(`holds.${name}`)}{' '}
        </Text>
        {value}
      </span>
    ));
}

function useHoldColumns(services: Services): Column<LegalHold>[] {
  const { t } = useTranslation('audit');
  const zoned = useTimeHeading();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'created',
        header: zoned(t('holds.created')),
        size: 205,
        cell: ({ createdAt }) => <RowTime at={createdAt} />,
      },
      { id: 'status', header: t('holds.status'), size: 140, cell: ({ status }) => t(`holds.${status}`) },
      {
        id: 'matches',
        header: t('holds.matches'),
        size: 360,
        grow: true,
        cell: (hold) => <Matches hold={hold} services={services} />,
      },
      { id: 'reason', header: t('holds.reason'), size: 260, cell: ({ reason }) => <bdi>{reason}</bdi> },
      {
        id: 'rows',
        header: t('holds.rows'),
        size: 120,
        align: 'end',
        cell: ({ matchedRows }) => (matchedRows === null ? '–' : format.number(matchedRows)),
      },
      {
        id: 'releasedAt',
        header: zoned(t('holds.releasedAt')),
        size: 205,
        hidden: true,
        cell: ({ releasedAt }) => releasedAt && <RowTime at={releasedAt} />,
      },
    ],
    [t, zoned, format, services],
  );
}

/** What keeps records beyond their seven years. */
export default function HoldsView() {
  const { t } = useTranslation('audit');
  const [{ status: asked, hold }, setFilters] = useFilters();
  const [placing, place] = useDisclosure();
  const services = useServices();
  const status = STATUSES.find((each) => each === asked);
  const input = { query: { limit: 100, ...(status && { status }) } };
  const known = useList('GET /v1/audit/holds', input);
  // What is being applied is looked at until it is; both are one and the same answer.
  const list = useList('GET /v1/audit/holds', input, {
    refetchInterval: known.items.some(isOnItsWay) ? LOOK_AGAIN_MS : false,
  });
  const columns = useHoldColumns(services);
  const open = (id: string | undefined) => setFilters({ hold: id });
  const button = (
    <GuardedButton route="POST /v1/audit/holds" onClick={place.open}>
      {t('holds.place')}
    </GuardedButton>
  );
  const shown = list.items.find(({ id }) => id === hold);
  return (
    <Stack gap="sm">
      <Text size="sm">{t('holds.intro')}</Text>
      <DataTable
        name="audit-holds"
        label={t('holds.label')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        onOpen={({ id }) => open(id)}
        openId={hold}
        tools={
          <>
            {button}
            <NativeSelect
              aria-label={t('holds.which')}
              data={[
                { value: '', label: t('holds.any') },
                ...STATUSES.map((value) => ({ value, label: t(`holds.${value}`) })),
              ]}
              value={status ?? ''}
              onChange={({ currentTarget: { value } }) => setFilters({ status: value || undefined })}
            />
          </>
        }
        empty={
          status ? (
            <Empty kind="noMatch" onClear={() => setFilters({ status: undefined })} />
          ) : (
            <Empty kind="none" title={t('holds.none')} hint={t('holds.noneHint')} />
          )
        }
      />
      <Suspense fallback={null}>
        {placing && <PlaceHold onClose={place.close} />}
        {shown && <HoldDrawer hold={shown} services={services} onClose={() => open(undefined)} />}
      </Suspense>
    </Stack>
  );
}
