import { Badge } from '@mantine/core';
import { IconCircleCheck, IconLock, IconUserOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Admin } from '../../../api/schema.gen.ts';

const ICONS = { active: IconCircleCheck, locked: IconLock, removed: IconUserOff };

export function AdminStatus({ status }: Pick<Admin, 'status'>) {
  const { t } = useTranslation('access');
  const Icon = ICONS[status];
  return (
    <Badge variant="default" tt="none" fw={500} leftSection={<Icon size={14} aria-hidden />} data-status={status}>
      {t(`adminStatus.${status}`)}
    </Badge>
  );
}
