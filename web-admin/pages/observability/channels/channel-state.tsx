import { Badge } from '@mantine/core';
import { IconPlayerPause } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { NotificationChannel } from '../../../api/schema.gen.ts';
import { StatusBadge } from '../status-badge.tsx';

/** Whether a channel is told, whether it arrives, and why not. */
export function ChannelState({
  channel,
}: {
  channel: Pick<NotificationChannel, 'enabled' | 'disabledReason' | 'failingSince'>;
}) {
  const { t } = useTranslation('observability');
  const { enabled, disabledReason, failingSince } = channel;
  if (enabled && !failingSince) return <StatusBadge status="ok" label={t('channelState.on')} />;
  if (enabled) return <StatusBadge status="degraded" label={t('channelState.failing')} />;
  if (disabledReason && disabledReason !== 'by_admin')
    return <StatusBadge status="down" label={t(`channelState.off_${disabledReason}`)} />;
  return (
    <Badge variant="default" tt="none" fw={500} leftSection={<IconPlayerPause size={14} aria-hidden />}>
      {t('channelState.off')}
    </Badge>
  );
}
