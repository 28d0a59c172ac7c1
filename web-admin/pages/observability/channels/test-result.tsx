import { Alert, Loader, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../../api/use-api.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';

const EVERY_MS = 700;

/** What became of a test; asked for until it is known. */
export function TestResult({ deliveryId }: { deliveryId: string }) {
  const { t } = useTranslation('observability');
  const { data, error, refetch } = useRead(
    'GET /v1/admin/notification-deliveries/{id}',
    { path: { id: deliveryId } },
    { refetchInterval: ({ state }) => (state.data && state.data.status !== 'pending' ? false : EVERY_MS) },
  );
  if (error && !data) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (!data || data.status === 'pending')
    return (
      <Alert variant="light" color="gray" icon={<Loader size="xs" aria-hidden />} role="status">
        {t('test.waiting')}
      </Alert>
    );
  const { status, answeredStatus, lastError } = data;
  const arrived = status === 'delivered';
  return (
    <Alert
      variant="light"
      color={arrived ? 'green' : 'red'}
      icon={arrived ? <IconCircleCheck aria-hidden /> : <IconCircleX aria-hidden />}
      title={t(arrived ? 'test.delivered' : 'test.failed')}
      role="status"
      data-test={status}
    >
      {answeredStatus !== null && <Text size="sm">{t('test.answered', { status: answeredStatus })}</Text>}
      {lastError && (
        <Text size="sm">
          <code>{lastError}</code>
        </Text>
      )}
    </Alert>
  );
}
