import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Grant } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { useMe } from '../../../api/use-me.ts';
import { useConfirm } from '../../../components/confirm.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';

const STALE = ['GET /v1/admin/grants', 'GET /v1/admin/me'] as const;

/** Takes a role from an admin, and gives it back while the toast is shown. One's own is asked about first: nobody gives it back to oneself. */
export function useRemoveGrant(): (grant: Grant) => Promise<void> {
  const { t } = useTranslation('access');
  const { data: me } = useMe();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const { mutateAsync: remove } = useChange('DELETE /v1/admin/grants/{grantId}', [...STALE]);
  const { mutateAsync: give } = useChange('POST /v1/admin/grants', [...STALE]);
  return useCallback(
    async ({ id, adminId, roleId, serviceId, role, email, version }) => {
      trackButtonClick('remove-grant');
      const mine = adminId === me?.id;
      const answer = await confirm({
        title: t('grant.removeTitle', { role, email }),
        body: t(mine ? 'grant.removeMine' : 'grant.removeHint'),
        confirm: t('grant.remove'),
        danger: true,
        reason: 'optional',
        ...(mine && { typed: role }),
      });
      if (!answer) return;
      const undo = () => give({ body: { adminId, roleId, serviceId } });
      await remove({ path: { grantId: id }, ifMatch: version, reason: answer.reason }).then(
        // Whoever has taken it from themselves may not be able to give it any more.
        () => toast.done(t('grant.removed', { role, email }), mine ? undefined : undo),
        toast.failed,
      );
    },
    [t, me?.id, toast, confirm, trackButtonClick, remove, give],
  );
}
