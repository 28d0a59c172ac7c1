import { Checkbox, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../api/use-api.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { UUID } from './codes.ts';
import { ExpiryField } from './expiry.tsx';
import { FormDialog } from './form-dialog.tsx';

const LIST = 'GET /v1/admin/services/{id}/testers/users';
const FLAGS = ['bypassDomain', 'bypassIP', 'bypassRateLimit'] as const;

/** A user is named by id: whoever they are, the service knows, and Steward does not. */
export function AddTesterUser({ serviceId, onClose }: { serviceId: string; onClose: () => void }) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange('POST /v1/admin/services/{id}/testers/users', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/testers/users/{userId}', [LIST]);
  const form = useForm({
    initialValues: { userId: '', checks: [] as string[], expiresAt: '', note: '' },
    validate: {
      userId: (id) => (UUID.test(id.trim()) ? null : t('testers.idRule')),
      checks: (checks) => (checks.length === 0 ? t('testers.checksRule') : null),
      expiresAt: (at) => (at !== '' && new Date(at).getTime() <= Date.now() ? t('testers.expiresRule') : null),
    },
  });
  const submit = form.onSubmit(({ userId, checks, expiresAt, note }) => {
    trackFormSubmit('add-tester-user');
    const flags = Object.fromEntries(FLAGS.map((flag) => [flag, checks.includes(flag)]));
    const body = { userId: userId.trim(), ...flags, expiresAt: expiresAt || null, note: note.trim() || null };
    create.mutate(
      { path: { id: serviceId }, body },
      {
        onSuccess: (made) => {
          onClose();
          toast.done(t('testers.addedUser'), () =>
            drop({ path: { id: serviceId, userId: made.userId }, ifMatch: made.version }),
          );
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <FormDialog
      title={t('testers.addUser')}
      submit={t('testers.addUser')}
      onSubmit={submit}
      onClose={onClose}
      problem={create.error}
      pending={create.isPending}
    >
      <TextInput
        label={t('testers.userId')}
        description={t('testers.userIdHint')}
        required
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('userId')}
      />
      <Checkbox.Group label={t('testers.checks')} required {...form.getInputProps('checks')}>
        <Stack gap="xs" mt={4}>
          {FLAGS.map((flag) => (
            <Checkbox key={flag} value={flag} label={t(`testers.${flag}`)} description={t(`testers.${flag}Hint`)} />
          ))}
        </Stack>
      </Checkbox.Group>
      <ExpiryField {...form.getInputProps('expiresAt')} />
      <Textarea label={t('note')} maxLength={1000} autosize {...form.getInputProps('note')} />
    </FormDialog>
  );
}
