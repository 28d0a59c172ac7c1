import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ServiceDocument } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { MergeDialog } from '../../components/merge.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { FormDialog } from './form-dialog.tsx';
import { useMergingSave } from './use-merging-save.ts';

/** Of a draft. */
export function RenameDocument({ document, onClose }: { document: ServiceDocument; onClose: () => void }) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const path = { id: document.serviceId, documentId: document.id };
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}/documents/{documentId}', [
    'GET /v1/admin/services/{id}/documents',
  ]);
  const saving = useMergingSave<ServiceDocument, { title: string }>({
    item: document,
    stateOf: ({ title }) => ({ title }),
    read: () => call('GET /v1/admin/services/{id}/documents/{documentId}', { path }),
    save: (body, _, ifMatch) => patch({ path, ifMatch, body }),
    onSaved: (fresh, { title }) => {
      onClose();
      toast.done(t('documents.saved'), () => patch({ path, ifMatch: fresh.version, body: { title } }));
    },
  });
  const form = useForm({
    initialValues: { title: document.title },
    validate: { title: (title) => (/^.{1,200}$/.test(title.trim()) ? null : t('documents.nameRule')) },
  });
  if (saving.conflict)
    return (
      <MergeDialog
        conflict={saving.conflict}
        labelOf={() => t('documents.name')}
        onMerge={saving.merge}
        onClose={saving.callOff}
      />
    );
  return (
    <FormDialog
      title={t('documents.rename', { title: document.title })}
      submit={shell('save')}
      onSubmit={form.onSubmit(({ title }) => {
        trackFormSubmit('rename-document');
        void saving.submit({ title: title.trim() });
      })}
      onClose={onClose}
      problem={saving.problem}
      pending={saving.pending}
    >
      <TextInput label={t('documents.name')} required data-autofocus {...form.getInputProps('title')} />
    </FormDialog>
  );
}
