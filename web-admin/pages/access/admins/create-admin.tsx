import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../../api/use-api.ts';
import { useFocusBack } from '../../../components/focus-back.ts';
import { takeErrors } from '../../../components/form-errors.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';

interface CreateAdminProps {
  onClose: () => void;
  onCreated: (adminId: string) => void;
}

/** Whoever signs in with this subject from now on; what they may do is granted afterwards. */
export function CreateAdmin({ onClose, onCreated }: CreateAdminProps) {
  useFocusBack();
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange('POST /v1/admin/admins', ['GET /v1/admin/admins']);
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', subject: '' },
    validate: {
      name: (name) => (name.trim() === '' ? t('admin.nameRule') : null),
      email: (email) => (/^\S+@\S+\.\S+$/.test(email.trim()) ? null : t('admin.emailRule')),
      subject: (subject) => (subject.trim() === '' ? t('admin.subjectRule') : null),
    },
  });
  const submit = form.onSubmit(({ name, email, subject }) => {
    trackFormSubmit('create-admin');
    create.mutate(
      { body: { name: name.trim(), email: email.trim(), subject: subject.trim() } },
      {
        onSuccess: (admin) => {
          toast.done(t('admin.createdDone', { email: admin.email }));
          onClose();
          onCreated(admin.id);
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <Modal opened onClose={onClose} title={t('admin.new')} closeButtonProps={{ 'aria-label': shell('close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{t('admin.newHint')}</Text>
          {create.error && <ProblemAlert problem={create.error} />}
          <TextInput
            label={t('admin.name')}
            required
            data-autofocus
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('admin.email')}
            required
            type="email"
            autoComplete="off"
            classNames={{ input: 'ltr' }}
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <TextInput
            label={t('admin.subject')}
            description={t('admin.subjectHint')}
            required
            autoComplete="off"
            classNames={{ input: 'ltr' }}
            key={form.key('subject')}
            {...form.getInputProps('subject')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {shell('create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
