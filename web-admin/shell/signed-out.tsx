import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { loginAddress, signedOutByHand } from '../api/session.ts';

export function SignedOut() {
  const { t } = useTranslation();
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack align="center" gap="sm">
        <img src="/steward.svg" width={48} height={48} alt="" />
        <Title order={1}>{t('session.signedOut')}</Title>
        <Text>{t('session.signedOutHint')}</Text>
        <Button component="a" href={loginAddress('/')} onClick={signedOutByHand.forget}>
          {t('session.signIn')}
        </Button>
      </Stack>
    </Center>
  );
}
