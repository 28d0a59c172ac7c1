import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFilters } from '../../api/use-filters.ts';
import type { ServiceTabProps } from './service-page.tsx';
import { TesterAdmins } from './tester-admins.tsx';
import { TesterUsers } from './tester-users.tsx';

/** Who passes what others do not: users of the service, or admins. */
export function ServiceTestersTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const [{ who }, setFilters] = useFilters();
  const shown = who === 'admins' ? 'admins' : 'users';
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={t('testers.who')}
        data={[
          { value: 'users', label: t('testers.users') },
          { value: 'admins', label: t('testers.admins') },
        ]}
        value={shown}
        onChange={(next) => setFilters({ who: next === 'users' ? undefined : next })}
        style={{ alignSelf: 'flex-start' }}
      />
      <Text size="sm" c="dimmed">
        {t(`testers.${shown}Hint`)}
      </Text>
      {shown === 'users' ? <TesterUsers serviceId={serviceId} /> : <TesterAdmins serviceId={serviceId} />}
    </Stack>
  );
}
