import { Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SystemHealth } from '../../../api/schema.gen.ts';
import { useRead } from '../../../api/use-api.ts';
import { NoPermission } from '../../../components/empty.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { Time } from '../../../components/time.tsx';
import { useFormat } from '../../../i18n/format.ts';
import { StatusBadge } from '../status-badge.tsx';
import { Banner } from './banner.tsx';
import { ChannelHealth } from './channel-health.tsx';

const EVERY_MS = 30_000;
/** While somebody looks, the last look is answered, however old it is: the first answer is asked for once more. */
const SOON_MS = 3000;

type Component = SystemHealth['components'][number];

function LastError({ error, status }: { error: Component['lastError']; status: Component['status'] }) {
  const { t } = useTranslation('observability');
  if (!error) return <Text c="dimmed">–</Text>;
  return (
    <Stack gap={0}>
      <Text size="sm">
        <code>{error.code}</code> <Time at={error.at} />
      </Text>
      <Text size="sm" c={status === 'ok' ? 'dimmed' : undefined}>
        {t(`healthError.${error.code}`)}
      </Text>
    </Stack>
  );
}

function Components({ components }: Pick<SystemHealth, 'components'>) {
  const { t } = useTranslation('observability');
  const format = useFormat();
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table aria-label={t('components')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('component.name')}</Table.Th>
            <Table.Th scope="col">{t('component.status')}</Table.Th>
            <Table.Th scope="col">{t('component.since')}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t('component.latency')}
            </Table.Th>
            <Table.Th scope="col">{t('component.lastError')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {components.map(({ name, status, since, latencyMs, lastError }) => (
            <Table.Tr key={name} data-component={name}>
              <Table.Th scope="row">{t(`componentName.${name}`)}</Table.Th>
              <Table.Td>
                <StatusBadge status={status} />
              </Table.Td>
              <Table.Td>
                <Time at={since} />
              </Table.Td>
              <Table.Td ta="end">{t('unit.milliseconds', { value: format.number(Math.round(latencyMs)) })}</Table.Td>
              <Table.Td>
                <LastError error={lastError} status={status} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** How everything is now, looked at again every half minute. */
export function HealthView() {
  const { t } = useTranslation('observability');
  const { data, error, refetch } = useRead(
    'GET /v1/system/health',
    {},
    { refetchInterval: ({ state }) => (state.dataUpdateCount === 1 ? SOON_MS : EVERY_MS) },
  );
  if (!data && error?.status === 403) return <NoPermission problem={error} />;
  if (!data && error) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={420} />;
  return (
    <Stack>
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      <Banner status={data.status}>
        {t('looked')} <Time at={data.checkedAt} />
      </Banner>
      <Title order={2}>{t('components')}</Title>
      <Components components={data.components} />
      <Title order={2}>{t('channelHealth.title')}</Title>
      <ChannelHealth channels={data.channels} />
    </Stack>
  );
}
