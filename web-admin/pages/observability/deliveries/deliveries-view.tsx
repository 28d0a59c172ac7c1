import { Select, Text } from '@mantine/core';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { NotificationDelivery } from '../../../api/schema.gen.ts';
import { useList, useRead } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { useVerdict } from '../../../api/use-me.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { Empty } from '../../../components/empty.tsx';
import { Time } from '../../../components/time.tsx';
import { EVENT_TYPES, type EventType } from '../channels/events.ts';
import { DeliveryStatus } from './delivery-status.tsx';

const DeliveryDrawer = lazy(() =>
  import('./delivery-drawer.tsx').then(({ DeliveryDrawer }) => ({ default: DeliveryDrawer })),
);

const STATUSES = ['pending', 'delivered', 'gave_up', 'dropped'] as const;
const EVERY_MS = 30_000;

/** All channels by id: there are few. */
export function useChannels() {
  const allowed = useVerdict()('GET /v1/admin/notification-channels').allowed;
  const { data } = useRead('GET /v1/admin/notification-channels', { query: { limit: 200 } }, { enabled: allowed });
  return useMemo(() => new Map(data?.items.map((channel) => [channel.id, channel.name])), [data]);
}

/** What was sent to a channel, or to all of them. */
function useDeliveries(channel: string | undefined, query: { status?: (typeof STATUSES)[number]; type?: EventType }) {
  const asked = { limit: 100, ...query };
  const ofAll = useList(
    'GET /v1/admin/notification-deliveries',
    { query: asked },
    { enabled: !channel, refetchInterval: EVERY_MS },
  );
  const ofOne = useList(
    'GET /v1/admin/notification-channels/{id}/deliveries',
    { path: { id: channel ?? '' }, query: asked },
    { enabled: channel !== undefined, refetchInterval: EVERY_MS },
  );
  return channel ? ofOne : ofAll;
}

function useColumns(channels: ReadonlyMap<string, string>): Column<NotificationDelivery>[] {
  const { t } = useTranslation('observability');
  return useMemo(
    () => [
      { id: 'createdAt', header: t('delivery.createdAt'), size: 150, cell: ({ createdAt }) => <Time at={createdAt} /> },
      {
        id: 'type',
        header: t('delivery.type'),
        size: 240,
        cell: ({ type }) => (EVENT_TYPES.includes(type as EventType) ? t(`event.${type as EventType}`) : type),
      },
      {
        id: 'channel',
        header: t('delivery.channel'),
        size: 200,
        grow: true,
        cell: ({ channelId }) =>
          channelId === null ? t('delivery.toOwner') : (channels.get(channelId) ?? <code>{channelId}</code>),
      },
      {
        id: 'status',
        header: t('component.status'),
        size: 150,
        cell: ({ status }) => <DeliveryStatus status={status} />,
      },
      { id: 'attempts', header: t('delivery.attempts'), size: 80, align: 'end', cell: ({ attempts }) => attempts },
      {
        id: 'answered',
        header: t('delivery.answered'),
        size: 90,
        cell: ({ answeredStatus }) => (answeredStatus === null ? '–' : <code>{answeredStatus}</code>),
      },
      {
        id: 'lastError',
        header: t('channel.lastError'),
        size: 180,
        cell: ({ lastError }) => (lastError ? <code>{lastError}</code> : '–'),
      },
      {
        id: 'notificationId',
        header: t('delivery.notificationId'),
        size: 310,
        hidden: true,
        cell: ({ notificationId }) => <Copyable value={notificationId} />,
      },
    ],
    [t, channels],
  );
}

export function DeliveriesView() {
  const { t } = useTranslation('observability');
  const [{ channel, status, type, delivery }, setFilters] = useFilters();
  const channels = useChannels();
  const ofStatus = STATUSES.find((each) => each === status);
  const ofType = EVENT_TYPES.find((each) => each === type);
  const list = useDeliveries(channel, { ...(ofStatus && { status: ofStatus }), ...(ofType && { type: ofType }) });
  const columns = useColumns(channels);
  const filtered = channel || ofStatus || ofType;
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        {t('delivery.hint')}
      </Text>
      <DataTable
        name="deliveries"
        label={t('views.deliveries')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        openId={delivery}
        onOpen={({ id }) => setFilters({ delivery: id })}
        tools={
          <>
            <Select
              aria-label={t('delivery.channel')}
              placeholder={t('delivery.anyChannel')}
              data={[...channels].map(([value, label]) => ({ value, label }))}
              value={channel ?? null}
              onChange={(value) => setFilters({ channel: value ?? undefined })}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': t('delivery.anyChannel') }}
              w={210}
            />
            <Select
              aria-label={t('component.status')}
              placeholder={t('delivery.anyStatus')}
              data={STATUSES.map((value) => ({ value, label: t(`deliveryStatus.${value}`) }))}
              value={ofStatus ?? null}
              onChange={(value) => setFilters({ status: value ?? undefined })}
              clearable
              clearButtonProps={{ 'aria-label': t('delivery.anyStatus') }}
              w={170}
            />
            <Select
              aria-label={t('delivery.type')}
              placeholder={t('delivery.anyType')}
              data={EVENT_TYPES.map((value) => ({ value, label: t(`event.${value}`) }))}
              value={ofType ?? null}
              onChange={(value) => setFilters({ type: value ?? undefined })}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': t('delivery.anyType') }}
              w={250}
            />
          </>
        }
        empty={
          filtered ? (
            <Empty
              kind="noMatch"
              onClear={() => setFilters({ channel: undefined, status: undefined, type: undefined })}
            />
          ) : (
            <Empty kind="none" title={t('delivery.none')} hint={t('delivery.noneHint')} />
          )
        }
      />
      <Suspense>
        {delivery && (
          <DeliveryDrawer
            key={delivery}
            deliveryId={delivery}
            channels={channels}
            onClose={() => setFilters({ delivery: undefined })}
            onReplayed={(id) => setFilters({ delivery: id })}
          />
        )}
      </Suspense>
    </>
  );
}
