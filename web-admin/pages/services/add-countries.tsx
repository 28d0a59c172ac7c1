import { MultiSelect, Switch, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { iso31661 } from 'iso-3166';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../api/use-api.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { FormDialog } from './form-dialog.tsx';
import { useNames } from './use-names.ts';

const LIST = 'GET /v1/admin/services/{id}/countries';

interface AddCountriesProps {
  serviceId: string;
  /** Codes that are there already. */
  listed: string[];
  onClose: () => void;
}

/** Adds one or many, one call each: what was refused stays chosen. */
export function AddCountries({ serviceId, listed, onClose }: AddCountriesProps) {
  const { t } = useTranslation('service');
  const { country: nameOf } = useNames();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/countries', [LIST]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/countries/{code}', [LIST]);
  const [problem, setProblem] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const choices = useMemo(
    () =>
      iso31661
        .filter(({ alpha2 }) => !listed.includes(alpha2))
        .map(({ alpha2, name }) => ({ value: alpha2, label: `${nameOf(alpha2) ?? name} (${alpha2})` }))
        .toSorted((a, b) => a.label.localeCompare(b.label)),
    [listed, nameOf],
  );
  const form = useForm({
    initialValues: { codes: [] as string[], isAvailable: true, note: '' },
    validate: { codes: (codes) => (codes.length === 0 ? t('countries.pickRule') : null) },
  });
  const submit = form.onSubmit(async ({ codes, isAvailable, note }) => {
    trackFormSubmit('add-countries');
    setPending(true);
    setProblem(null);
    const added: { code: string; version: number }[] = [];
    try {
      for (const code of codes)
        added.push(await post({ path: { id: serviceId }, body: { code, isAvailable, note: note.trim() || null } }));
      onClose();
    } catch (error) {
      setProblem(error);
      form.setFieldValue('codes', codes.slice(added.length));
    }
    setPending(false);
    if (added.length > 0)
      toast.done(t('countries.added', { count: added.length }), async () => {
        for (const { code, version } of added) await drop({ path: { id: serviceId, code }, ifMatch: version });
      });
  });
  return (
    <FormDialog
      title={t('countries.add')}
      submit={t('countries.add')}
      onSubmit={submit}
      onClose={onClose}
      problem={problem}
      pending={pending}
    >
      <MultiSelect
        label={t('countries.pick')}
        description={t('countries.pickHint')}
        data={choices}
        searchable
        required
        clearable
        hidePickedOptions
        maxDropdownHeight={240}
        data-autofocus
        {...form.getInputProps('codes')}
      />
      <Switch label={t('countries.isAvailable')} {...form.getInputProps('isAvailable', { type: 'checkbox' })} />
      <Textarea
        label={t('countries.note')}
        description={t('countries.noteHint')}
        maxLength={500}
        autosize
        {...form.getInputProps('note')}
      />
    </FormDialog>
  );
}
