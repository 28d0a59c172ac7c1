import { Group, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NotificationChannel } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { useConfirm } from '../../../components/confirm.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import type { Secret } from './secret-dialog.tsx';
import { TestResult } from './test-result.tsx';

const RotateSecret = lazy(() => import('./rotate-secret.tsx').then(({ RotateSecret }) => ({ default: RotateSecret })));

const ONE = '/v1/admin/notification-channels/{id}';
const STALE = ['GET /v1/admin/notification-channels', `GET ${ONE}`] as const;

interface ChannelActionsProps {
  channel: NotificationChannel;
  onSecret: (secret: Secret) => void;
  /** It was deleted. */
  onGone: () => void;
}

export function ChannelActions({ channel, onSecret, onGone }: ChannelActionsProps) {
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const [rotating, rotate] = useDisclosure();
  const [tested, setTested] = useState<string | null>(null);
  const change = useChange(`PATCH ${ONE}`, [...STALE]);
  const remove = useChange(`DELETE ${ONE}`, ['GET /v1/admin/notification-channels']);
  const test = useChange(`POST ${ONE}/test`, ['GET /v1/admin/notification-deliveries']);
  const path = { id: channel.id };
  const { name, enabled } = channel;

  const turn = (on: boolean) => change.mutateAsync({ path, body: { enabled: on } });
  const askRemove = async () => {
    const answer = await confirm({
      title: t('channel.deleteTitle', { name }),
      body: t('channel.deleteHint'),
      confirm: shell('remove'),
      danger: true,
      typed: name,
      reason: 'optional',
    });
    if (!answer) return;
    remove.mutateAsync({ path, ifMatch: channel.version, reason: answer.reason }).then(() => {
      toast.done(t('channel.deleted', { name }));
      onGone();
    }, toast.failed);
  };
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <GuardedButton
          route={`POST ${ONE}/test`}
          size="xs"
          loading={test.isPending}
          onClick={() => {
            trackButtonClick('test-channel');
            test.mutateAsync({ path }).then(({ id }) => setTested(id), toast.failed);
          }}
        >
          {t('channel.test')}
        </GuardedButton>
        <GuardedButton
          route={`PATCH ${ONE}`}
          size="xs"
          variant="default"
          loading={change.isPending}
          onClick={() => {
            trackButtonClick(enabled ? 'disable-channel' : 'enable-channel');
            turn(!enabled).then(
              () => toast.done(t(enabled ? 'channel.disabledDone' : 'channel.enabledDone'), () => turn(enabled)),
              toast.failed,
            );
          }}
        >
          {t(enabled ? 'channel.disable' : 'channel.enable')}
        </GuardedButton>
        {channel.type === 'webhook' && (
          <GuardedButton route={`POST ${ONE}/rotate-secret`} size="xs" variant="default" onClick={rotate.open}>
            {t('channel.rotate')}
          </GuardedButton>
        )}
        <GuardedButton
          route={`DELETE ${ONE}`}
          size="xs"
          variant="default"
          loading={remove.isPending}
          onClick={() => void askRemove()}
        >
          {shell('remove')}
        </GuardedButton>
      </Group>
      {tested && <TestResult key={tested} deliveryId={tested} />}
      <Suspense>{rotating && <RotateSecret channel={channel} onClose={rotate.close} onSecret={onSecret} />}</Suspense>
    </Stack>
  );
}
