import { Alert, Autocomplete, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { zod4Resolver } from 'mantine-form-zod-resolver';
import { useTranslation } from 'react-i18next';
import * as z from 'zod';
import { useChange } from '../../api/use-api.ts';
import { useFocusBack } from '../../components/focus-back.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { InstantField } from '../../components/instant-field.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { RESOURCE_VALUES } from './query/vocabulary.ts';
import { useServices } from './use-services.ts';

const EMPTY = { reason: '', resource: '', resourceId: '', actorId: '', service: '', from: '', to: '' };

/** A form for a hold. One key for all tries of it: sent twice, it is one hold. */
export default function PlaceHold({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('audit');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const services = useServices();
  const place = useChange('POST /v1/audit/holds', ['GET /v1/audit/holds']);
  const schema = z
    .object({
      reason: z.string().trim().min(1, t('holds.reasonRule')).max(1000, t('problem.long')),
      resource: z.string().max(200, t('problem.long')),
      resourceId: z.string().max(200, t('problem.long')),
      actorId: z.union([z.literal(''), z.guid(t('holds.actorIdRule'))], t('holds.actorIdRule')),
      service: z.string().refine((text) => text === '' || services.idOf(text) !== undefined, t('problem.service')),
      from: z.string(),
      to: z.string(),
    })
    .superRefine(({ reason: _, ...criteria }, context) => {
      if (Object.values(criteria).every((value) => value === ''))
        context.addIssue({ code: 'custom', path: ['resource'], message: t('holds.oneRule') });
      if (criteria.from && criteria.to && criteria.from > criteria.to)
        context.addIssue({ code: 'custom', path: ['to'], message: t('holds.orderRule') });
    });
  const form = useForm({ initialValues: EMPTY, validate: zod4Resolver(schema) });
  const submit = form.onSubmit(({ reason, service, ...rest }) => {
    trackFormSubmit('place-hold');
    const criteria = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value || null]));
    place.mutate(
      { body: { reason: reason.trim(), ...criteria, serviceId: service ? (services.idOf(service) ?? null) : null } },
      {
        onSuccess: () => {
          toast.done(t('holds.placed'));
          onClose();
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <Modal opened onClose={onClose} title={t('holds.formTitle')} closeButtonProps={{ 'aria-label': shell('close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{t('holds.formHint')}</Text>
          {place.error && <ProblemAlert problem={place.error} />}
          <Textarea
            label={t('holds.reason')}
            description={t('holds.reasonHint')}
            required
            data-autofocus
            autosize
            minRows={2}
            {...form.getInputProps('reason')}
          />
          <Autocomplete label={t('holds.resource')} data={[...RESOURCE_VALUES]} {...form.getInputProps('resource')} />
          <TextInput label={t('holds.resourceId')} autoComplete="off" {...form.getInputProps('resourceId')} />
          <TextInput label={t('holds.actorId')} autoComplete="off" {...form.getInputProps('actorId')} />
          <TextInput
            label={t('holds.service')}
            description={t('qualifier.service')}
            autoComplete="off"
            {...form.getInputProps('service')}
          />
          <Group grow align="flex-start">
            <InstantField
              label={t('holds.from')}
              value={form.values.from}
              error={form.errors.from}
              onChange={(at) => form.setFieldValue('from', at)}
            />
            <InstantField
              label={t('holds.to')}
              value={form.values.to}
              error={form.errors.to}
              onChange={(at) => form.setFieldValue('to', at)}
            />
          </Group>
          {Object.keys(form.errors).length > 0 && (
            <Alert color="red" variant="light" role="alert">
              {Object.values(form.errors)[0]}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <Button type="submit" loading={place.isPending}>
              {t('holds.place')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
