import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { OperationSchedule } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';

const STALE = ['GET /v1/admin/operation-schedules', 'GET /v1/admin/operations'] as const;

/** What may be done with a schedule. @param isMine somebody else's is reached as any of them */
export function useScheduleVerbs({ id, version, enabled, name }: OperationSchedule, isMine: boolean) {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const run = useChange('POST /v1/admin/operation-schedules/{id}/run', [...STALE]);
  const change = useChange('PATCH /v1/admin/operation-schedules/{id}', [...STALE]);
  const remove = useChange('DELETE /v1/admin/operation-schedules/{id}', [...STALE]);
  const path = { id };
  const query = isMine ? {} : { owner: 'all' as const };
  const turn = (on: boolean, ifMatch: number) => change.mutateAsync({ path, query, ifMatch, body: { enabled: on } });
  return {
    runNow: async () => {
      trackButtonClick('operation-schedule-run');
      const answer = await confirm({
        title: t('schedule.runTitle', { name }),
        body: t('schedule.runBody'),
        confirm: t('schedule.runNow'),
        reason: 'optional',
      });
      if (!answer) return;
      run.mutateAsync({ path, reason: answer.reason }).then(({ operationId }) => {
        toast.done(t('askedDone'));
        void navigate({ to: '/operations/$operationId', params: { operationId } });
      }, toast.failed);
    },
    toggle: () => {
      trackButtonClick('operation-schedule-toggle');
      return turn(!enabled, version).then(
        (now) =>
          // Nobody switches somebody else's on again.
          toast.done(
            t(enabled ? 'schedule.paused' : 'schedule.resumed'),
            isMine ? () => turn(enabled, now.version) : undefined,
          ),
        toast.failed,
      );
    },
    remove: async () => {
      trackButtonClick('operation-schedule-remove');
      const answer = await confirm({
        title: t('schedule.removeTitle', { name }),
        body: t('schedule.removeBody'),
        confirm: shell('remove'),
        danger: true,
        reason: 'optional',
      });
      if (answer)
        remove
          .mutateAsync({ path, query, ifMatch: version, reason: answer.reason })
          .then(() => toast.done(t('schedule.removed')), toast.failed);
    },
  };
}
