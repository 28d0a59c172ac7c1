import { Drawer, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { NotificationChannel } from '../../../api/schema.gen.ts';
import { useRead } from '../../../api/use-api.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { useFocusBack } from '../../../components/focus-back.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { Time } from '../../../components/time.tsx';
import { Facts } from '../facts.tsx';
import { ChannelActions } from './channel-actions.tsx';
import { ChannelForm } from './channel-form.tsx';
import { ChannelState } from './channel-state.tsx';
import type { Secret } from './secret-dialog.tsx';

interface ChannelDrawerProps {
  channelId: string;
  onClose: () => void;
  onSecret: (secret: Secret) => void;
}

function State({ channel }: { channel: NotificationChannel }) {
  const { t } = useTranslation('observability');
  const { disabledReason, enabled, failingSince, lastError, rotationEndsAt } = channel;
  const when = (at: string | null) => at && <Time at={at} absolute />;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <ChannelState channel={channel} />
        <Text size="sm">
          <Link to="/observability" search={{ view: 'deliveries', channel: channel.id }}>
            {t('channel.deliveries')}
          </Link>
        </Text>
      </Group>
      {!enabled && disabledReason && <Text size="sm">{t(`disabledReason.${disabledReason}`)}</Text>}
      <Facts
        label={channel.name}
        facts={{
          [t('channel.id')]: <Copyable value={channel.id} />,
          [t('channel.lastDelivered')]: when(channel.lastDeliveredAt) || t('channel.never'),
          [t('channel.failingSince')]: when(failingSince),
          [t('channel.lastError')]: lastError && <code>{lastError}</code>,
          [t('channel.rotated')]: channel.type === 'webhook' ? when(channel.rotatedAt) : undefined,
          [t('channel.oldSecretUntil')]: rotationEndsAt ? when(rotationEndsAt) : undefined,
        }}
      />
    </Stack>
  );
}

/** A channel: how it fares, what can be done with it, and its settings. */
export function ChannelDrawer({ channelId, onClose, onSecret }: ChannelDrawerProps) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const channel = useRead('GET /v1/admin/notification-channels/{id}', { path: { id: channelId } });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={<bdi>{channel.data?.name ?? t('channel.one')}</bdi>}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      {channel.isPending && <Skeleton height={400} />}
      {!channel.data && channel.error && (
        <ProblemAlert problem={channel.error} onRetry={() => void channel.refetch()} />
      )}
      {channel.data && (
        <Stack gap="lg">
          <State channel={channel.data} />
          <ChannelActions channel={channel.data} onSecret={onSecret} onGone={onClose} />
          <ChannelForm key={channel.data.id} channel={channel.data} />
        </Stack>
      )}
    </Drawer>
  );
}
