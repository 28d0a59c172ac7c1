import { Badge, Group, Skeleton, Tabs } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { Copyable } from '../../components/copyable.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { loadTexts } from '../../i18n/index.ts';
import { PageLoading } from '../../shell/page-states.tsx';
import { ServiceActions } from './service-actions.tsx';

export interface ServiceTabProps {
  serviceId: string;
}

const tab = <Name extends string>(load: () => Promise<Record<Name, ComponentType<ServiceTabProps>>>, name: Name) =>
  lazy(async () => ({ default: (await Promise.all([load(), loadTexts('service')]))[0][name] }));

/** The tabs of the specification, in its order. */
const TABS = {
  countries: tab(() => import('./service-countries-tab.tsx'), 'ServiceCountriesTab'),
  locales: tab(() => import('./service-locales-tab.tsx'), 'ServiceLocalesTab'),
  consents: tab(() => import('./service-consents-tab.tsx'), 'ServiceConsentsTab'),
  documents: tab(() => import('./service-documents-tab.tsx'), 'ServiceDocumentsTab'),
  analytics: tab(() => import('./service-analytics-tab.tsx'), 'ServiceAnalyticsTab'),
  config: tab(() => import('./service-config-tab.tsx'), 'ServiceConfigTab'),
  features: tab(() => import('./service-features-tab.tsx'), 'ServiceFeaturesTab'),
  testers: tab(() => import('./service-testers-tab.tsx'), 'ServiceTestersTab'),
  audit: tab(() => import('./service-audit-tab.tsx'), 'ServiceAuditTab'),
} as const;

export function ServicePage() {
  const { t } = useTranslation('services');
  const navigate = useNavigate();
  const { serviceId, tab: chosen } = useParams({ from: '/shell/services/$serviceId/$tab' });
  const service = useRead('GET /v1/admin/services/{id}', { path: { id: serviceId } });
  const name = chosen in TABS ? (chosen as keyof typeof TABS) : 'config';
  const Tab = TABS[name];
  if (service.isPending) return <PageLoading />;
  if (!service.data) return <ProblemAlert problem={service.error} onRetry={() => void service.refetch()} />;
  return (
    <Page
      title={service.data.name}
      hint={
        <Group gap="xs">
          <Copyable value={service.data.slug} />
          <Copyable value={serviceId} />
          {service.data.archivedAt && <Badge variant="default">{t('archived')}</Badge>}
          {service.data.description && <span>{service.data.description}</span>}
        </Group>
      }
      actions={<ServiceActions service={service.data} />}
    >
      <Tabs
        value={name}
        onChange={(next) => {
          if (next) void navigate({ to: '/services/$serviceId/$tab', params: { serviceId, tab: next }, search: {} });
        }}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {Object.keys(TABS).map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`tabs.${each as keyof typeof TABS}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={name}>
          <Suspense fallback={<Skeleton height={400} />}>
            <Tab serviceId={serviceId} />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
