import { Paper, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ServiceAnalytics } from '../../api/schema.gen.ts';
import { useFormat } from '../../i18n/format.ts';

/** The whole range in five figures. */
export function AnalyticsTotals({ totals }: { totals: ServiceAnalytics['totals'] }) {
  const { t } = useTranslation('service');
  const { number } = useFormat();
  const shown = (value: number | null | undefined) => (value === null || value === undefined ? '–' : number(value));
  const latency = totals.latencyMs ? t('analytics.ms', { value: number(totals.latencyMs.p95) }) : '–';
  const figures = [
    [t('analytics.requests'), shown(totals.requests)],
    [t('analytics.clientErrors'), shown(totals.clientErrors)],
    [t('analytics.serverErrors'), shown(totals.serverErrors)],
    [t('analytics.latencyP95'), latency],
    [t('analytics.activeAdmins'), shown(totals.activeAdmins)],
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm" component="dl" m={0}>
      {figures.map(([label, value]) => (
        <Paper key={label} withBorder p="sm">
          <Text size="sm" c="dimmed" component="dt">
            {label}
          </Text>
          <Text size="xl" fw={600} component="dd" m={0} data-figure={label}>
            {value}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
