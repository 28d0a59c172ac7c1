import { Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Admin } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { useMe } from '../../../api/use-me.ts';
import { useConfirm } from '../../../components/confirm.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { ExplainedButton } from '../explained-button.tsx';

const ONE = '/v1/admin/admins/{adminId}';
const STALE = ['GET /v1/admin/admins', `GET ${ONE}`, 'GET /v1/admin/grants', 'GET /v1/admin/sessions'] as const;

/** Lock, unlock, remove and bring back. Nobody locks or removes themselves: somebody else has to be left who can put it back. */
export function AdminActions({ admin }: { admin: Admin }) {
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const { data: me } = useMe();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const change = useChange(`PATCH ${ONE}`, [...STALE]);
  const remove = useChange(`DELETE ${ONE}`, [...STALE]);
  const path = { adminId: admin.id };
  const refused = admin.id === me?.id ? t('admin.notYourself') : undefined;
  const { email, status, version } = admin;

  const turn = (next: 'active' | 'locked', reason = '') => change.mutateAsync({ path, body: { status: next }, reason });
  const lock = async () => {
    trackButtonClick('lock-admin');
    const answer = await confirm({
      title: t('admin.lockTitle', { email }),
      body: t('admin.lockHint'),
      confirm: t('admin.lock'),
      danger: true,
      reason: 'required',
    });
    if (!answer) return;
    change
      .mutateAsync({ path, body: { status: 'locked' }, ifMatch: version, reason: answer.reason })
      .then(() => toast.done(t('admin.locked'), () => turn('active')), toast.failed);
  };
  const activate = async () => {
    trackButtonClick('unlock-admin');
    const back = status === 'removed';
    const answer = await confirm({
      title: t(back ? 'admin.restoreTitle' : 'admin.unlockTitle', { email }),
      body: t('admin.unlockHint'),
      confirm: t(back ? 'admin.restore' : 'admin.unlock'),
      reason: 'required',
    });
    if (!answer) return;
    const undo = back ? () => remove.mutateAsync({ path }) : () => turn('locked');
    turn('active', answer.reason).then(() => toast.done(t('admin.unlocked'), undo), toast.failed);
  };
  const askRemove = async () => {
    trackButtonClick('remove-admin');
    const answer = await confirm({
      title: t('admin.removeTitle', { email }),
      body: t('admin.removeHint'),
      confirm: shell('remove'),
      danger: true,
      typed: email,
      reason: 'required',
    });
    if (!answer) return;
    remove
      .mutateAsync({ path, ifMatch: version, reason: answer.reason })
      .then(() => toast.done(t('admin.removed'), () => turn('active')), toast.failed);
  };
  const busy = change.isPending || remove.isPending;
  return (
    <Group gap="xs">
      {status === 'active' ? (
        <ExplainedButton
          route={`PATCH ${ONE}`}
          refused={refused}
          size="xs"
          variant="default"
          loading={busy}
          onClick={() => void lock()}
        >
          {t('admin.lock')}
        </ExplainedButton>
      ) : (
        <ExplainedButton
          route={`PATCH ${ONE}`}
          size="xs"
          variant="default"
          loading={busy}
          onClick={() => void activate()}
        >
          {t(status === 'removed' ? 'admin.restore' : 'admin.unlock')}
        </ExplainedButton>
      )}
      {status !== 'removed' && (
        <ExplainedButton
          route={`DELETE ${ONE}`}
          refused={refused}
          size="xs"
          variant="default"
          loading={busy}
          onClick={() => void askRemove()}
        >
          {shell('remove')}
        </ExplainedButton>
      )}
    </Group>
  );
}
