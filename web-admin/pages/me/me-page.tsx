import { SimpleGrid, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../api/use-me.ts';
import { Page } from '../../components/page.tsx';
import { PageLoading } from '../../shell/page-states.tsx';
import { Display } from './display.tsx';
import { Identity } from './identity.tsx';
import { MyPermissions } from './my-permissions.tsx';
import { MySessions } from './my-sessions.tsx';
import { Tracking } from './tracking.tsx';

/** Whoever is signed in: who they are here, what they may do, where they are signed in, and how they like it. */
export function MePage() {
  const { t } = useTranslation('access');
  const { data: me } = useMe();
  if (!me) return <PageLoading />;
  return (
    <Page title={t('me.title')}>
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
          <Identity me={me} />
          <Stack gap="xl">
            <Display />
            <Tracking />
          </Stack>
        </SimpleGrid>
        <MySessions me={me} />
        <MyPermissions me={me} />
      </Stack>
    </Page>
  );
}
