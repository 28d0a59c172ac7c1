import { Divider, Skeleton, Stack } from '@mantine/core';
import { useRead } from '../../api/use-api.ts';
import { NoPermission } from '../../components/empty.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ConfigForm } from './config-form.tsx';
import { ServiceDomains } from './service-domains.tsx';
import type { ServiceTabProps } from './service-page.tsx';

/** What the gate asks of a request, and the hosts it may come from. */
export function ServiceConfigTab({ serviceId }: ServiceTabProps) {
  const config = useRead('GET /v1/admin/services/{id}/config', { path: { id: serviceId } });
  if (config.isPending) return <Skeleton height={480} />;
  if (config.error?.status === 403) return <NoPermission problem={config.error} />;
  if (!config.data) return <ProblemAlert problem={config.error} onRetry={() => void config.refetch()} />;
  return (
    <Stack gap="xl">
      <ConfigForm key={serviceId} config={config.data} />
      <Divider maw={860} />
      <ServiceDomains serviceId={serviceId} />
    </Stack>
  );
}
