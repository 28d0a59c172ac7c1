import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { zod4Resolver } from 'mantine-form-zod-resolver';
import { useTranslation } from 'react-i18next';
import * as z from 'zod';
import { useChange } from '../../api/use-api.ts';
import { useFocusBack } from '../../components/focus-back.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';

/** A service with the configuration the server begins with. */
export function CreateService({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('services');
  const { t: shell } = useTranslation();
  const navigate = useNavigate();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange('POST /v1/admin/services', ['GET /v1/admin/services']);
  const schema = z.object({
    slug: z
      .string()
      .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, t('slugRule'))
      .max(63, t('slugRule')),
    name: z.string().trim().min(1, t('nameRule')).max(200, t('nameRule')),
    description: z.string().max(2000),
  });
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { slug: '', name: '', description: '' },
    validate: zod4Resolver(schema),
  });
  const submit = form.onSubmit(({ slug, name, description }) => {
    trackFormSubmit('create-service');
    create.mutate(
      { body: { slug, name: name.trim(), description: description || null } },
      {
        onSuccess: (service) => {
          toast.done(t('created_done', { name: service.name }));
          onClose();
          void navigate({ to: '/services/$serviceId/$tab', params: { serviceId: service.id, tab: 'config' } });
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <Modal opened onClose={onClose} title={t('new')} closeButtonProps={{ 'aria-label': shell('close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {create.error && <ProblemAlert problem={create.error} />}
          <TextInput label={t('name')} required data-autofocus key={form.key('name')} {...form.getInputProps('name')} />
          <TextInput
            label={t('slug')}
            description={t('slugHint')}
            required
            autoComplete="off"
            key={form.key('slug')}
            {...form.getInputProps('slug')}
          />
          <Textarea
            label={t('description')}
            autosize
            minRows={2}
            key={form.key('description')}
            {...form.getInputProps('description')}
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
