import { useTranslation } from 'react-i18next';
import { Page } from '../../components/page.tsx';
import { lazyView, Views } from '../../components/views.tsx';

const VIEWS = {
  metrics: lazyView(() => import('./metrics/metrics-view.tsx'), 'MetricsView'),
  health: lazyView(() => import('./health/health-view.tsx'), 'HealthView'),
  status: lazyView(() => import('./health/status-view.tsx'), 'StatusView'),
  'dead-letters': lazyView(() => import('./dead-letters/dead-letters-view.tsx'), 'DeadLettersView'),
  channels: lazyView(() => import('./channels/channels-view.tsx'), 'ChannelsView'),
  deliveries: lazyView(() => import('./deliveries/deliveries-view.tsx'), 'DeliveriesView'),
};

export function ObservabilityPage() {
  const { t } = useTranslation('observability');
  return (
    <Page title={t('title')}>
      <Views label={t('title')} views={VIEWS} labelOf={(name) => t(`views.${name}`)} />
    </Page>
  );
}
