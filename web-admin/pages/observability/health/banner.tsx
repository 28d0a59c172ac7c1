import { Group, Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { STATUS_INK, type Status, StatusBadge } from '../status-badge.tsx';

/** The worst of everything, in one sentence. */
export function Banner({ status, children }: { status: Status; children: ReactNode }) {
  const { t } = useTranslation('observability');
  return (
    <Paper
      withBorder
      p="md"
      role="status"
      style={{ borderInlineStartWidth: 6, borderInlineStartColor: STATUS_INK[status] }}
    >
      <Group gap="sm">
        <StatusBadge status={status} />
        <Text fw={600}>{t(`headline.${status}`)}</Text>
      </Group>
      <Text size="sm" c="dimmed" component="div" mt={4}>
        {children}
      </Text>
    </Paper>
  );
}
