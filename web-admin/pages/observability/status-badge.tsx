import { Badge } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { SystemHealth } from '../../api/schema.gen.ts';

export type Status = SystemHealth['status'];

/** Of icons and bars; words are in the text's own colour. */
export const STATUS_INK: Record<Status | 'none', string> = {
  ok: 'light-dark(var(--mantine-color-green-8), var(--mantine-color-green-5))',
  degraded: 'light-dark(var(--mantine-color-orange-8), var(--mantine-color-orange-4))',
  down: 'light-dark(var(--mantine-color-red-8), var(--mantine-color-red-5))',
  none: 'light-dark(var(--mantine-color-gray-4), var(--mantine-color-dark-4))',
};
const ICONS = { ok: IconCircleCheck, degraded: IconAlertTriangle, down: IconCircleX };

/** How something is: a word, a shape and a colour. */
export function StatusBadge({ status, label }: { status: Status; label?: string }) {
  const { t } = useTranslation('observability');
  const Icon = ICONS[status];
  return (
    <Badge
      variant="default"
      tt="none"
      fw={500}
      leftSection={<Icon size={14} color={STATUS_INK[status]} aria-hidden />}
      data-status={status}
    >
      {label ?? t(`status.${status}`)}
    </Badge>
  );
}
