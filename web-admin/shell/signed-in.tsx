import { Center, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { tellSignedIn } from '../api/session.ts';

/** Where the small window of a new sign-in ends. */
export function SignedIn() {
  const { t } = useTranslation();
  useEffect(() => {
    tellSignedIn();
    window.close();
  }, []);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack align="center" gap="xs">
        <Title order={1}>{t('session.signedIn')}</Title>
        <Text>{t('session.signedInHint')}</Text>
      </Stack>
    </Center>
  );
}
