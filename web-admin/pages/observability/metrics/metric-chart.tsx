import { Box, Group, Skeleton, Text, Title } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../../api/call.ts';
import type { ApiProblem } from '../../../api/problem.ts';
import type { MetricSeries } from '../../../api/schema.gen.ts';
import { Chart } from '../../../components/chart.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { Time } from '../../../components/time.tsx';
import { useFormat } from '../../../i18n/format.ts';
import { type ChartName, type ChartTerms, coloured, type Unit } from './charts.ts';
import type { TimeRange } from './time-range.ts';

const ROUTE = 'GET /v1/observability/metrics/query';
const HEIGHT = 180;
const AHEAD = '300px';

interface MetricChartProps {
  name: ChartName;
  terms: ChartTerms;
  range: TimeRange;
  /** Seconds; absent: as the server thinks fit. */
  step: number | undefined;
  onZoom: (range: TimeRange) => void;
}

/** All that a chart needs, in one. Another range shows the old one until it is here. */
function useFigures({ name, terms, range, step }: Omit<MetricChartProps, 'onZoom'>, enabled: boolean) {
  const query = {
    from: new Date(range.from * 1000).toISOString(),
    to: new Date(range.to * 1000).toISOString(),
    ...(step && { step }),
  };
  return useQuery<MetricSeries[], ApiProblem>({
    queryKey: [ROUTE, name, query],
    queryFn: ({ signal }) =>
      Promise.all(terms.asks.map((asked) => call(ROUTE, { query: { ...asked, ...query }, signal }))),
    enabled,
  });
}

function useUnit(unit: Unit): (value: number) => string {
  const { t } = useTranslation('observability');
  const format = useFormat();
  if (unit === 'share') return format.percent;
  if (unit === 'perSecond') return (value) => t('unit.perSecond', { value: format.number(value) });
  if (unit === 'count') return format.number;
  return (value) =>
    value !== 0 && value < 1
      ? t('unit.milliseconds', { value: format.number(value * 1000) })
      : t('unit.seconds', { value: format.number(value) });
}

const timesOf = ({ range, stepSeconds }: MetricSeries): number[] => {
  const [from, to] = [Date.parse(range.from) / 1000, Date.parse(range.to) / 1000];
  return Array.from({ length: Math.round((to - from) / stepSeconds) }, (_, nth) => from + nth * stepSeconds);
};

/** One chart; it asks for nothing before it comes into view. */
export function MetricChart({ name, terms, range, step, onZoom }: MetricChartProps) {
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const { ref, entry } = useIntersection({ rootMargin: AHEAD });
  const figures = useFigures({ name, terms, range, step }, entry?.isIntersecting ?? false);
  const client = useQueryClient();
  // What has failed for one has mostly failed for all.
  const retryAll = () =>
    void client.refetchQueries({
      type: 'active',
      predicate: ({ queryKey, state }) => queryKey[0] === ROUTE && !!state.error,
    });
  const title = t(`chart.${name}`);
  const format = useUnit(terms.unit);
  const drawn = useMemo(() => {
    const [answer] = figures.data ?? [];
    return answer && { times: timesOf(answer), series: coloured(terms.curves(figures.data ?? []), title) };
  }, [figures.data, terms, title]);
  const updated = figures.dataUpdatedAt > 0 && new Date(figures.dataUpdatedAt).toISOString();
  return (
    <Box ref={ref} miw={0} mih={HEIGHT + 60} data-chart={name} aria-busy={figures.isLoading || undefined}>
      {drawn && drawn.series.length > 0 && (
        <Chart
          title={title}
          order={3}
          times={drawn.times}
          series={drawn.series}
          bars={terms.bars ?? false}
          format={format}
          height={HEIGHT}
          sync="metrics"
          onSelect={(from, to) => onZoom({ from, to })}
        />
      )}
      {(!drawn || drawn.series.length === 0) && <Title order={3}>{title}</Title>}
      {drawn?.series.length === 0 && (
        <Text c="dimmed" size="sm" py="xl">
          {t('chart.none')}
        </Text>
      )}
      {figures.isLoading && <Skeleton height={HEIGHT} mt="xs" />}
      {!drawn && figures.error && <ProblemAlert problem={figures.error} onRetry={retryAll} />}
      {updated && (
        <Group gap={4} justify="flex-end">
          <Text size="xs" c={figures.error ? 'red' : 'dimmed'} component="div">
            {figures.error ? `${shell('failed')}. ` : ''}
            {t('updated')} <Time at={updated} />
          </Text>
        </Group>
      )}
    </Box>
  );
}
