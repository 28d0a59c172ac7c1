import { SimpleGrid } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceAnalytics } from '../../api/schema.gen.ts';
import { Chart, type ChartSeries } from '../../components/chart.tsx';
import { useFormat } from '../../i18n/format.ts';

/** Requests, errors, latency and admins over the range; dragging over one asks for that stretch. */
export function AnalyticsCharts({
  series,
  onSelect,
}: {
  series: ServiceAnalytics['series'];
  onSelect: (from: number, to: number) => void;
}) {
  const { t } = useTranslation('service');
  const { number } = useFormat();
  const drawn = useMemo(() => {
    const of = (
      label: string,
      colour: ChartSeries['colour'],
      value: (bucket: ServiceAnalytics['series'][number]) => number | null | undefined,
    ): ChartSeries => ({ label, colour, values: series.map((bucket) => value(bucket) ?? null) });
    return {
      times: series.map(({ start }) => new Date(start).getTime() / 1000),
      requests: [of(t('analytics.requests'), 'main', ({ requests }) => requests)],
      errors: [
        of(t('analytics.clientErrors'), 'warn', ({ clientErrors }) => clientErrors),
        of(t('analytics.serverErrors'), 'danger', ({ serverErrors }) => serverErrors),
      ],
      latency: [
        of(t('analytics.p50'), 'main', ({ latencyMs }) => latencyMs?.p50),
        { ...of(t('analytics.p95'), 'second', ({ latencyMs }) => latencyMs?.p95), dashed: true },
        of(t('analytics.p99'), 'third', ({ latencyMs }) => latencyMs?.p99),
      ],
      admins: [of(t('analytics.activeAdmins'), 'second', ({ activeAdmins }) => activeAdmins)],
    };
  }, [series, t]);
  const common = { times: drawn.times, sync: 'service-analytics', onSelect };
  const milliseconds = (value: number) => t('analytics.ms', { value: number(value) });
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl" verticalSpacing="lg">
      <Chart {...common} title={t('analytics.requests')} series={drawn.requests} bars />
      <Chart {...common} title={t('analytics.errors')} series={drawn.errors} bars />
      <Chart {...common} title={t('analytics.latency')} series={drawn.latency} format={milliseconds} />
      <Chart {...common} title={t('analytics.activeAdmins')} series={drawn.admins} bars />
    </SimpleGrid>
  );
}
