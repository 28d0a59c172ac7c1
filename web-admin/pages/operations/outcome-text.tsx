import { Group } from '@mantine/core';
import { IconAlertTriangle, IconArrowForward, IconCheck, IconClock, IconRotate2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

const LOOKS = {
  pending: { icon: IconClock, color: 'gray' },
  succeeded: { icon: IconCheck, color: 'teal' },
  skipped: { icon: IconArrowForward, color: 'yellow' },
  failed: { icon: IconAlertTriangle, color: 'red' },
  undone: { icon: IconRotate2, color: 'teal' },
  left: { icon: IconArrowForward, color: 'yellow' },
  undoFailed: { icon: IconAlertTriangle, color: 'red' },
} as const;

export function OutcomeText({ outcome }: { outcome: keyof typeof LOOKS }) {
  const { t } = useTranslation('operations');
  const { icon: Icon, color } = LOOKS[outcome];
  return (
    <Group gap={6} wrap="nowrap" component="span">
      <Icon size={15} aria-hidden color={`var(--mantine-color-${color}-6)`} />
      {t(`outcome.${outcome}`)}
    </Group>
  );
}
