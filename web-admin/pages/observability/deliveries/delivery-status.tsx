import { Badge } from '@mantine/core';
import { IconClock, IconMinus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { NotificationDelivery } from '../../../api/schema.gen.ts';
import { StatusBadge } from '../status-badge.tsx';

export function DeliveryStatus({ status }: Pick<NotificationDelivery, 'status'>) {
  const { t } = useTranslation('observability');
  const label = t(`deliveryStatus.${status}`);
  if (status === 'delivered') return <StatusBadge status="ok" label={label} />;
  if (status === 'gave_up') return <StatusBadge status="down" label={label} />;
  const Icon = status === 'pending' ? IconClock : IconMinus;
  return (
    <Badge variant="default" tt="none" fw={500} leftSection={<Icon size={14} aria-hidden />}>
      {label}
    </Badge>
  );
}
