import { Anchor, Button, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { giveUpSession, loginAddress, SIGNED_IN_PATH } from '../api/session.ts';

export default function SessionEndedDialog() {
  const { t } = useTranslation();
  const signIn = () => window.open(loginAddress(SIGNED_IN_PATH), 'steward-sign-in', 'popup,width=480,height=680');
  const leave = () => {
    giveUpSession();
    window.location.assign(loginAddress(`${window.location.pathname}${window.location.search}`));
  };
  return (
    <Modal
      opened
      onClose={giveUpSession}
      title={t('session.ended')}
      closeButtonProps={{ 'aria-label': t('close') }}
      // Over whatever dialog is being filled in.
      zIndex={400}
    >
      <Stack>
        <Text>{t('session.endedHint')}</Text>
        <Button onClick={signIn} data-autofocus>
          {t('session.again')}
        </Button>
        <Anchor component="button" type="button" onClick={leave} ta="center">
          {t('session.leave')}
        </Anchor>
      </Stack>
    </Modal>
  );
}
