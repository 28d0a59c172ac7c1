import { Alert, Skeleton, Stack, Title } from '@mantine/core';
import { IconClockExclamation } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../../api/use-api.ts';
import { NoPermission } from '../../../components/empty.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { Time } from '../../../components/time.tsx';
import { Banner } from './banner.tsx';
import { ComponentDays } from './component-days.tsx';
import { Incidents } from './incidents.tsx';

/** The clock looks as often. */
const EVERY_MS = 60_000;

/** How everything was: incidents, and ninety days of each component. */
export function StatusView() {
  const { t } = useTranslation('observability');
  const { data, error, refetch } = useRead('GET /v1/observability/status', {}, { refetchInterval: EVERY_MS });
  if (!data && error?.status === 403) return <NoPermission problem={error} />;
  if (!data && error) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={420} />;
  return (
    <Stack>
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      <Banner status={data.status}>
        {data.checkedAt ? (
          <>
            {t('clockLooked')} <Time at={data.checkedAt} />
          </>
        ) : (
          t('neverLooked')
        )}
      </Banner>
      {data.isStale && data.checkedAt && (
        <Alert
          role="status"
          color="orange"
          variant="light"
          icon={<IconClockExclamation aria-hidden />}
          title={t('stale.title')}
        >
          {t('stale.hint')}
        </Alert>
      )}
      <Incidents
        title={t('incident.openTitle')}
        incidents={data.incidents.filter(({ closedAt }) => closedAt === null)}
        none={t('incident.noneOpen')}
      />
      <Title order={2}>{t('days.title')}</Title>
      {data.components.map((component) => (
        <ComponentDays key={component.name} component={component} />
      ))}
      <Incidents
        title={t('incident.pastTitle')}
        incidents={data.incidents.filter(({ closedAt }) => closedAt !== null)}
        none={t('incident.nonePast')}
      />
    </Stack>
  );
}
