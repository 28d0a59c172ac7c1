import { Stack, Switch, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useTrackingConsent } from '../../hooks/index.ts';

/** Whether what one does in these pages is told. Changes are in the audit trail either way. */
export function Tracking() {
  const { t } = useTranslation('access');
  const [consent, setConsent] = useTrackingConsent();
  return (
    <Stack component="section" aria-label={t('me.tracking')} gap="sm">
      <Title order={2}>{t('me.tracking')}</Title>
      <Switch
        label={t('me.trackingLabel')}
        description={t('me.trackingHint')}
        checked={consent === 'granted'}
        onChange={(event) => setConsent(event.currentTarget.checked ? 'granted' : 'denied')}
      />
    </Stack>
  );
}
