import { Code, Drawer, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { NotificationDelivery } from '../../../api/schema.gen.ts';
import { useChange, useRead } from '../../../api/use-api.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { useFocusBack } from '../../../components/focus-back.ts';
import { GuardedButton } from '../../../components/guarded.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { Time } from '../../../components/time.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { useFormat } from '../../../i18n/format.ts';
import { EVENT_TYPES } from '../channels/events.ts';
import { Facts } from '../facts.tsx';
import { DeliveryStatus } from './delivery-status.tsx';

const REPLAY = 'POST /v1/admin/notification-deliveries/{id}/replay';
const EVERY_MS = 2000;

interface DeliveryDrawerProps {
  deliveryId: string;
  channels: ReadonlyMap<string, string>;
  onClose: () => void;
  /** It is on its way once more, as a delivery of its own. */
  onReplayed: (deliveryId: string) => void;
}

function Details({ delivery, channels }: { delivery: NotificationDelivery; channels: ReadonlyMap<string, string> }) {
  const { t } = useTranslation('observability');
  const format = useFormat();
  const type = EVENT_TYPES.find((each) => each === delivery.type);
  const { channelId, adminId, status, replayOf, endedAt } = delivery;
  return (
    <Facts
      label={t('delivery.one')}
      facts={{
        [t('component.status')]: <DeliveryStatus status={status} />,
        [t('delivery.meaning')]: t(`deliveryMeaning.${status}`),
        [t('delivery.type')]: type ? t(`event.${type}`) : delivery.type,
        [t('delivery.channel')]: channelId
          ? (channels.get(channelId) ?? <Copyable value={channelId} />)
          : t('delivery.toOwner'),
        [t('delivery.admin')]: adminId ? <Copyable value={adminId} /> : undefined,
        [t('delivery.attempts')]: format.number(delivery.attempts),
        [t('delivery.answered')]: delivery.answeredStatus && <code>{delivery.answeredStatus}</code>,
        [t('channel.lastError')]: delivery.lastError && <code>{delivery.lastError}</code>,
        [t('delivery.createdAt')]: <Time at={delivery.createdAt} absolute />,
        [endedAt ? t('delivery.endedAt') : t('delivery.nextAttempt')]: (
          <Time at={endedAt ?? delivery.nextAttemptAt} absolute />
        ),
        [t('delivery.notificationId')]: <Copyable value={delivery.notificationId} />,
        [t('delivery.id')]: <Copyable value={delivery.id} />,
        [t('delivery.replayOf')]: replayOf && <Copyable value={replayOf} />,
      }}
    />
  );
}

/** A delivery: what was said to whom, what came of it, and once more. */
export function DeliveryDrawer({ deliveryId, channels, onClose, onReplayed }: DeliveryDrawerProps) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const { data, error, refetch } = useRead(
    'GET /v1/admin/notification-deliveries/{id}',
    { path: { id: deliveryId } },
    { refetchInterval: ({ state }) => (state.data?.status === 'pending' ? EVERY_MS : false) },
  );
  const replay = useChange(REPLAY, [
    'GET /v1/admin/notification-deliveries',
    'GET /v1/admin/notification-channels/{id}/deliveries',
  ]);
  const onReplay = () => {
    trackButtonClick('replay-delivery');
    replay.mutateAsync({ path: { id: deliveryId } }).then(({ id }) => {
      toast.done(t('delivery.replayed'));
      onReplayed(id);
    }, toast.failed);
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={t('delivery.one')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      {!data && !error && <Skeleton height={400} />}
      {!data && error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      {data && (
        <Stack>
          <Details delivery={data} channels={channels} />
          <Title order={3}>{t('delivery.payload')}</Title>
          <Code block tabIndex={0} className="ltr" style={{ overflowX: 'auto' }}>
            {JSON.stringify(data.payload, null, 2)}
          </Code>
          <Group justify="flex-end">
            {data.status === 'pending' && (
              <Text size="sm" c="dimmed">
                {t('delivery.stillPending')}
              </Text>
            )}
            <GuardedButton
              route={REPLAY}
              loading={replay.isPending}
              disabled={data.status === 'pending'}
              onClick={onReplay}
            >
              {t('delivery.replay')}
            </GuardedButton>
          </Group>
        </Stack>
      )}
    </Drawer>
  );
}
