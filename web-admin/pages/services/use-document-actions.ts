import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ServiceDocument } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';

const LIST = 'GET /v1/admin/services/{id}/documents';

/** What is done to a document without a form. */
export function useDocumentActions(id: string) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/documents/{documentId}/publish', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/documents/{documentId}', [LIST]);

  const download = useCallback(
    async (document: ServiceDocument) => {
      trackButtonClick('download-document');
      try {
        const path = { id, documentId: document.id };
        const { downloadUrl } = await call('GET /v1/admin/services/{id}/documents/{documentId}', { path });
        // Signed for whoever asked, for ten minutes; answered as an attachment, so that the page stays.
        window.location.assign(downloadUrl);
      } catch (error) {
        toast.failed(error);
      }
    },
    [id, toast, trackButtonClick],
  );
  const publish = useCallback(
    async ({ id: documentId, title, revision, version }: ServiceDocument) => {
      trackButtonClick('publish-document');
      const answer = await confirm({
        title: t('documents.publishTitle', { title, revision }),
        body: t('documents.publishHint'),
        confirm: t('publish'),
        reason: 'optional',
      });
      if (!answer) return;
      post({ path: { id, documentId }, ifMatch: version, reason: answer.reason }).then(
        () => toast.done(t('documents.publishedDone', { title })),
        toast.failed,
      );
    },
    [id, post, confirm, toast, t, trackButtonClick],
  );
  const remove = useCallback(
    async ({ id: documentId, title, revision, version }: ServiceDocument) => {
      trackButtonClick('remove-document');
      const answer = await confirm({
        title: t('documents.removeTitle', { title, revision }),
        body: t('documents.removeHint'),
        confirm: shell('remove'),
        danger: true,
        reason: 'optional',
      });
      if (!answer) return;
      drop({ path: { id, documentId }, ifMatch: version, reason: answer.reason }).then(
        () => toast.done(t('documents.removed', { title })),
        toast.failed,
      );
    },
    [id, drop, confirm, toast, t, shell, trackButtonClick],
  );
  return { download, publish, remove };
}
