import { Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NotificationChannel } from '../../../api/schema.gen.ts';
import { useList } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { Empty } from '../../../components/empty.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { Time } from '../../../components/time.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { ChannelState } from './channel-state.tsx';
import { type Secret, SecretDialog } from './secret-dialog.tsx';

const CreateChannel = lazy(() =>
  import('./create-channel.tsx').then(({ CreateChannel }) => ({ default: CreateChannel })),
);
const ChannelDrawer = lazy(() =>
  import('./channel-drawer.tsx').then(({ ChannelDrawer }) => ({ default: ChannelDrawer })),
);

/** All that may be shown of where it goes. */
export const targetOf = ({ settings }: NotificationChannel): string =>
  settings.origin ?? settings.recipients?.join(', ') ?? '';

export function ChannelsView() {
  const { t } = useTranslation('observability');
  const { trackButtonClick } = useAuditEvent();
  const [{ channel }, setFilters] = useFilters();
  const [creating, create] = useDisclosure();
  const [secret, setSecret] = useState<Secret | null>(null);
  const list = useList('GET /v1/admin/notification-channels', { query: { limit: 100 } });
  const columns = useMemo<Column<NotificationChannel>[]>(
    () => [
      { id: 'name', header: t('channel.name'), size: 200, grow: true, cell: ({ name }) => <bdi>{name}</bdi> },
      { id: 'type', header: t('channel.type'), size: 110, cell: ({ type }) => t(`channelType.${type}`) },
      {
        id: 'target',
        header: t('channel.target'),
        size: 240,
        cell: (each) => <span className="ltr">{targetOf(each)}</span>,
      },
      {
        id: 'events',
        header: t('channel.events'),
        size: 130,
        cell: ({ events }) => t('channel.eventCount', { count: events.length }),
      },
      { id: 'state', header: t('channel.state'), size: 190, cell: (each) => <ChannelState channel={each} /> },
      {
        id: 'delivered',
        header: t('channel.lastDelivered'),
        size: 150,
        cell: ({ lastDeliveredAt }) => (lastDeliveredAt ? <Time at={lastDeliveredAt} /> : t('channel.never')),
      },
      {
        id: 'updated',
        header: t('channel.updated'),
        size: 150,
        hidden: true,
        cell: ({ updatedAt }) => <Time at={updatedAt} />,
      },
    ],
    [t],
  );
  const newButton = (
    <GuardedButton
      route="POST /v1/admin/notification-channels"
      onClick={() => {
        trackButtonClick('new-channel');
        create.open();
      }}
    >
      {t('channel.new')}
    </GuardedButton>
  );
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        {t('channel.hint')}
      </Text>
      <DataTable
        name="channels"
        label={t('views.channels')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        openId={channel}
        onOpen={({ id }) => setFilters({ channel: id })}
        tools={newButton}
        empty={<Empty kind="none" title={t('channel.none')} hint={t('channel.noneHint')} />}
      />
      <Suspense>
        {creating && <CreateChannel onClose={create.close} onSecret={setSecret} />}
        {channel && (
          <ChannelDrawer
            key={channel}
            channelId={channel}
            onClose={() => setFilters({ channel: undefined })}
            onSecret={setSecret}
          />
        )}
      </Suspense>
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </>
  );
}
