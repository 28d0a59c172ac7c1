import { Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { ServiceLocale } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { FormDialog } from './form-dialog.tsx';
import { useNames } from './use-names.ts';

const LIST = 'GET /v1/admin/services/{id}/locales';
const STEP = 10;
const MOST = 1_000_000;

interface AddLocaleProps {
  serviceId: string;
  locales: ServiceLocale[];
  onClose: () => void;
}

/** A new locale comes last. */
export function AddLocale({ serviceId, locales, onClose }: AddLocaleProps) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const { locale: nameOf } = useNames();
  const create = useChange('POST /v1/admin/services/{id}/locales', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/locales/{tag}', [LIST]);
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}/locales/{tag}', [LIST]);
  const before = locales.find(({ isDefault }) => isDefault);
  const form = useForm({
    initialValues: { tag: '', isDefault: false },
    validate: { tag: (tag) => (tag.trim() === '' ? t('locales.tagRule') : null) },
  });
  const submit = form.onSubmit(({ tag, isDefault }) => {
    trackFormSubmit('add-locale');
    const fallbackOrder = Math.min(MOST, Math.max(0, ...locales.map((each) => each.fallbackOrder)) + STEP);
    create.mutate(
      { path: { id: serviceId }, body: { tag: tag.trim(), isDefault, fallbackOrder } },
      {
        onSuccess: (made) => {
          onClose();
          toast.done(t('locales.added', { tag: made.tag }), async () => {
            // The default goes last: the one before it takes its place back first.
            if (made.isDefault && before)
              await patch({ path: { id: serviceId, tag: before.tag }, body: { isDefault: true } });
            await drop({ path: { id: serviceId, tag: made.tag } });
          });
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <FormDialog
      title={t('locales.add')}
      submit={t('locales.add')}
      onSubmit={submit}
      onClose={onClose}
      problem={create.error}
      pending={create.isPending}
    >
      <TextInput
        label={t('locales.tag')}
        description={t('locales.tagHint')}
        required
        autoComplete="off"
        data-autofocus
        className="ltr"
        {...form.getInputProps('tag')}
      />
      {nameOf(form.values.tag.trim()) && <output>{nameOf(form.values.tag.trim())}</output>}
      <Switch
        label={t('locales.isDefault')}
        description={t('locales.isDefaultHint')}
        {...form.getInputProps('isDefault', { type: 'checkbox' })}
      />
    </FormDialog>
  );
}
