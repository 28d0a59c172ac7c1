import { Alert, Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../../components/copyable.tsx';
import { useFocusBack } from '../../../components/focus-back.ts';

export interface Secret {
  /** Of the channel. */
  name: string;
  secret: string;
}

/** A webhook's secret, which nobody can be shown again. A click beside it does not close it. */
export function SecretDialog({ secret: { name, secret }, onClose }: { secret: Secret; onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('secret.title', { name })}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Alert role="note" color="orange" variant="light" icon={<IconAlertTriangle aria-hidden />}>
          {t('secret.once')}
        </Alert>
        <Text size="sm">{t('secret.use')}</Text>
        <Group gap="xs" wrap="nowrap">
          <Code block flex={1} data-secret style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {secret}
          </Code>
          <CopyButton value={secret} label={shell('copy')} />
        </Group>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t('secret.stored')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
