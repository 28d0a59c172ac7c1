import { Alert, Loader, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { NoPermission } from '../../components/empty.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useNow } from '../../components/time.tsx';
import { useFormat } from '../../i18n/format.ts';
import { AnalyticsActions } from './analytics-actions.tsx';
import { AnalyticsCharts } from './analytics-charts.tsx';
import { rangeOf } from './analytics-range.ts';
import { AnalyticsRangePicker } from './analytics-range-picker.tsx';
import { AnalyticsTotals } from './analytics-totals.tsx';
import type { ServiceTabProps } from './service-page.tsx';

const EVERY_MINUTE = 60_000;

function Waiting() {
  return (
    <Stack aria-busy="true" data-skeleton>
      <Skeleton height={74} />
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {['requests', 'errors', 'latency', 'admins'].map((each) => (
          <Skeleton key={each} height={260} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

/** Level MINIMAL keeps no log of calls: their figures are unknown, which is not 0. */
function NotCollected({ serviceId }: { serviceId: string }) {
  const { t } = useTranslation('service');
  return (
    <Alert icon={<IconInfoCircle aria-hidden />} title={t('analytics.notCollected')} color="blue" variant="light">
      <Text size="sm">
        {t('analytics.notCollectedHint')}{' '}
        <Link to="/services/$serviceId/$tab" params={{ serviceId, tab: 'config' }}>
          {t('analytics.toConfig')}
        </Link>
      </Text>
    </Alert>
  );
}

/** How the service is used, over a range that the address says. */
export function ServiceAnalyticsTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { time } = useFormat();
  const [filters, setFilters] = useFilters();
  const asked = rangeOf(filters, useNow());
  const { from, to, interval } = asked;
  const { data, error, isPlaceholderData, refetch } = useRead(
    'GET /v1/admin/services/{id}/analytics',
    { path: { id: serviceId }, query: { from, interval, ...(to && { to }) } },
    { refetchInterval: to ? false : EVERY_MINUTE },
  );
  if (error?.status === 403) return <NoPermission problem={error} />;
  const choose = (start: number, end: number) =>
    setFilters({
      range: 'custom',
      from: new Date(start * 1000).toISOString(),
      to: new Date(end * 1000).toISOString(),
    });
  return (
    <Stack>
      <AnalyticsRangePicker asked={asked} />
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      {!data && !error && <Waiting />}
      {data && (
        <>
          <Text size="sm" c="dimmed">
            {t('analytics.covers', { from: time(data.range.from), to: time(data.range.to) })}{' '}
            {data.interval === 'day' && t('analytics.utcDays')}{' '}
            {isPlaceholderData && <Loader size={12} aria-label={t('analytics.loading')} />}
          </Text>
          {!data.requestsCollected && <NotCollected serviceId={serviceId} />}
          {data.requestsCollected && (
            <>
              <AnalyticsTotals totals={data.totals} />
              <AnalyticsCharts series={data.series} onSelect={choose} />
            </>
          )}
          <AnalyticsActions analytics={data} />
        </>
      )}
    </Stack>
  );
}
