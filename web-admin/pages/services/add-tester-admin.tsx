import { Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useChange, useList } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { UUID } from './codes.ts';
import { ExpiryField } from './expiry.tsx';
import { FormDialog } from './form-dialog.tsx';

const LIST = 'GET /v1/admin/services/{id}/testers/admins';
const ADMINS = 'GET /v1/admin/admins';

/** Chosen from the list of admins; whoever may not see that names one by id. */
export function AddTesterAdmin({ serviceId, onClose }: { serviceId: string; onClose: () => void }) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const { allowed } = useVerdict()(ADMINS);
  const { items: admins } = useList(ADMINS, { query: { limit: 200 } }, { enabled: allowed });
  const create = useChange('POST /v1/admin/services/{id}/testers/admins', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/testers/admins/{adminId}', [LIST]);
  const form = useForm({
    initialValues: { adminId: '', expiresAt: '', note: '' },
    validate: {
      adminId: (id) => (UUID.test(id.trim()) ? null : t(allowed ? 'testers.adminRule' : 'testers.idRule')),
      expiresAt: (at) => (at !== '' && new Date(at).getTime() <= Date.now() ? t('testers.expiresRule') : null),
    },
  });
  const submit = form.onSubmit(({ adminId, expiresAt, note }) => {
    trackFormSubmit('add-tester-admin');
    const body = { adminId: adminId.trim(), expiresAt: expiresAt || null, note: note.trim() || null };
    create.mutate(
      { path: { id: serviceId }, body },
      {
        onSuccess: (made) => {
          onClose();
          toast.done(t('testers.addedAdmin', { email: made.email }), () =>
            drop({ path: { id: serviceId, adminId: made.adminId }, ifMatch: made.version }),
          );
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <FormDialog
      title={t('testers.addAdmin')}
      submit={t('testers.addAdmin')}
      onSubmit={submit}
      onClose={onClose}
      problem={create.error}
      pending={create.isPending}
    >
      {allowed ? (
        <Select
          label={t('testers.admin')}
          data={admins.map(({ id, email }) => ({ value: id, label: email }))}
          searchable
          required
          data-autofocus
          {...form.getInputProps('adminId')}
          onChange={(id) => form.setFieldValue('adminId', id ?? '')}
        />
      ) : (
        <TextInput
          label={t('testers.adminId')}
          description={t('testers.adminIdHint')}
          required
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('adminId')}
        />
      )}
      <ExpiryField {...form.getInputProps('expiresAt')} />
      <Textarea label={t('note')} maxLength={1000} autosize {...form.getInputProps('note')} />
    </FormDialog>
  );
}
