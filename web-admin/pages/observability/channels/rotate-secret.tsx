import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NotificationChannel } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { useFocusBack } from '../../../components/focus-back.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import type { Secret } from './secret-dialog.tsx';

/** Seconds. */
const OVERLAPS = ['0', '3600', '86400', '604800'] as const;
const A_DAY = '86400';

interface RotateSecretProps {
  channel: NotificationChannel;
  onClose: () => void;
  onSecret: (secret: Secret) => void;
}

/** A new secret for a webhook, and how long the old one still signs beside it. */
export function RotateSecret({ channel, onClose, onSecret }: RotateSecretProps) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const { trackFormSubmit } = useAuditEvent();
  const [overlap, setOverlap] = useState<string>(A_DAY);
  const [reason, setReason] = useState('');
  const rotate = useChange('POST /v1/admin/notification-channels/{id}/rotate-secret', [
    'GET /v1/admin/notification-channels',
    'GET /v1/admin/notification-channels/{id}',
  ]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    trackFormSubmit('rotate-secret');
    const body = { overlapSeconds: Number(overlap) };
    rotate.mutate(
      { path: { id: channel.id }, body, ifMatch: channel.version, reason },
      {
        onSuccess: ({ name, secret }) => {
          onClose();
          if (secret) onSecret({ name, secret });
        },
      },
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('rotate.title', { name: channel.name })}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('rotate.hint')}</Text>
          {rotate.error && <ProblemAlert problem={rotate.error} />}
          <Select
            label={t('rotate.overlap')}
            data={OVERLAPS.map((value) => ({ value, label: t(`rotate.overlap_${value}`) }))}
            value={overlap}
            onChange={(value) => setOverlap(value ?? A_DAY)}
            allowDeselect={false}
            data-autofocus
          />
          <Textarea
            label={shell('confirm.reason')}
            description={shell('confirm.reasonHint')}
            maxLength={1000}
            autosize
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <Button type="submit" loading={rotate.isPending}>
              {t('channel.rotate')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
