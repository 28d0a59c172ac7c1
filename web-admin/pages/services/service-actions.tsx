import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Service } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';

const EditService = lazy(async () => ({ default: (await import('./edit-service.tsx')).EditService }));

const STALE = ['GET /v1/admin/services', 'GET /v1/admin/services/{id}'] as const;

/** Edit, archive and restore; the last two put each other back. */
export function ServiceActions({ service }: { service: Service }) {
  const { t } = useTranslation('services');
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const [editing, edit] = useDisclosure();
  const archive = useChange('DELETE /v1/admin/services/{id}', [...STALE]);
  const restore = useChange('POST /v1/admin/services/{id}/restore', [...STALE]);
  const path = { id: service.id };
  const putBack = () => restore.mutateAsync({ path });
  if (service.archivedAt)
    return (
      <GuardedButton
        route="POST /v1/admin/services/{id}/restore"
        serviceId={service.id}
        variant="default"
        loading={restore.isPending}
        onClick={() => {
          trackButtonClick('restore-service');
          putBack().then(() => toast.done(t('restored')), toast.failed);
        }}
      >
        {t('restore')}
      </GuardedButton>
    );
  const ask = async () => {
    trackButtonClick('archive-service');
    const answer = await confirm({
      title: t('archiveTitle', { name: service.name }),
      body: t('archiveHint'),
      confirm: t('archive'),
      danger: true,
      reason: 'optional',
    });
    if (!answer) return;
    archive
      .mutateAsync({ path, ifMatch: service.version, reason: answer.reason })
      .then(() => toast.done(t('archivedDone'), putBack), toast.failed);
  };
  return (
    <>
      <GuardedButton route="PATCH /v1/admin/services/{id}" serviceId={service.id} variant="default" onClick={edit.open}>
        {t('edit')}
      </GuardedButton>
      <GuardedButton
        route="DELETE /v1/admin/services/{id}"
        serviceId={service.id}
        variant="default"
        loading={archive.isPending}
        onClick={() => void ask()}
      >
        {t('archive')}
      </GuardedButton>
      <Suspense fallback={null}>{editing && <EditService service={service} onClose={edit.close} />}</Suspense>
    </>
  );
}
