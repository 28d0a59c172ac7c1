import { Autocomplete, FileInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useChange, useRead } from '../../api/use-api.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { useFormat } from '../../i18n/format.ts';
import { CODE } from './codes.ts';
import { FormDialog } from './form-dialog.tsx';

const LIST = 'GET /v1/admin/services/{id}/documents';
const MAX_BYTES = 10 * 1024 * 1024;
const ACCEPTED = '.pdf,.md,.markdown,application/pdf,text/markdown';

/** The file with the type its name says: what a browser makes of `.md` depends on the system. */
function typed(file: File): Blob | null {
  const name = file.name.toLowerCase();
  if (name.endsWith('.pdf')) return new Blob([file], { type: 'application/pdf' });
  return /\.(md|markdown)$/.test(name) ? new Blob([file], { type: 'text/markdown' }) : null;
}

/** A file as the next revision of its code and locale. */
export function UploadDocument({ serviceId, onClose }: { serviceId: string; onClose: () => void }) {
  const { t } = useTranslation('service');
  const { bytes: sizeOf } = useFormat();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const locales = useRead('GET /v1/admin/services/{id}/locales', { path: { id: serviceId } });
  const upload = useChange('POST /v1/admin/services/{id}/documents', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/documents/{documentId}', [LIST]);
  const form = useForm({
    initialValues: { title: '', code: '', locale: '', file: null as File | null },
    validate: {
      title: (title) => (/^.{1,200}$/.test(title.trim()) ? null : t('documents.nameRule')),
      code: (code) => (CODE.test(code) ? null : t('documents.codeRule')),
      locale: (locale) => (locale.trim() === '' ? t('documents.localeRule') : null),
      file: (file) => {
        if (!file || !typed(file)) return t('documents.fileRule');
        return file.size > MAX_BYTES ? t('documents.fileTooLarge', { size: sizeOf(file.size) }) : null;
      },
    },
  });
  const submit = form.onSubmit(({ title, code, locale, file: chosen }) => {
    const file = chosen && typed(chosen);
    if (!file) return;
    trackFormSubmit('upload-document');
    upload.mutate(
      { path: { id: serviceId }, query: { title: title.trim(), code, locale: locale.trim() }, file },
      {
        onSuccess: (made) => {
          onClose();
          toast.done(t('documents.uploaded', { code: made.code, revision: made.revision }), () =>
            drop({ path: { id: serviceId, documentId: made.id }, ifMatch: made.version }),
          );
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <FormDialog
      title={t('documents.upload')}
      submit={t('documents.upload')}
      onSubmit={submit}
      onClose={onClose}
      problem={upload.error}
      pending={upload.isPending}
    >
      <FileInput
        label={t('documents.file')}
        description={t('documents.fileHint')}
        accept={ACCEPTED}
        required
        data-autofocus
        {...form.getInputProps('file')}
      />
      <TextInput label={t('documents.name')} required {...form.getInputProps('title')} />
      <TextInput
        label={t('code')}
        description={t('documents.codeHint')}
        required
        autoComplete="off"
        {...form.getInputProps('code')}
      />
      <Autocomplete
        label={t('locale')}
        data={locales.data?.items.map(({ tag }) => tag) ?? []}
        required
        {...form.getInputProps('locale')}
      />
    </FormDialog>
  );
}
