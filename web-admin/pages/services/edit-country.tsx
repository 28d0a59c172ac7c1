import { Switch, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ServiceCountry } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { MergeDialog } from '../../components/merge.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { FormDialog } from './form-dialog.tsx';
import { changedFields, useMergingSave } from './use-merging-save.ts';
import { useNames } from './use-names.ts';

const stateOf = ({ isAvailable, note }: ServiceCountry) => ({ isAvailable, note });

/** Availability and note; a change that meets another one is merged. */
export function EditCountry({ country, onClose }: { country: ServiceCountry; onClose: () => void }) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const name = useNames().country(country.code) ?? country.name;
  const path = { id: country.serviceId, code: country.code };
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}/countries/{code}', [
    'GET /v1/admin/services/{id}/countries',
  ]);
  const saving = useMergingSave({
    item: country,
    stateOf,
    read: () => call('GET /v1/admin/services/{id}/countries/{code}', { path }),
    save: (mine, was, ifMatch) => patch({ path, ifMatch, body: changedFields(was, mine) }),
    onSaved: (fresh, before) => {
      onClose();
      toast.done(t('countries.saved', { country: name }), () =>
        patch({ path, ifMatch: fresh.version, body: stateOf(before) }),
      );
    },
  });
  const form = useForm({ initialValues: { isAvailable: country.isAvailable, note: country.note ?? '' } });
  if (saving.conflict)
    return (
      <MergeDialog
        conflict={saving.conflict}
        labelOf={(field) => t(`countries.${field as 'isAvailable' | 'note'}`)}
        onMerge={saving.merge}
        onClose={saving.callOff}
      />
    );
  return (
    <FormDialog
      title={t('countries.edit', { country: name })}
      submit={shell('save')}
      onSubmit={form.onSubmit(({ isAvailable, note }) => {
        trackFormSubmit('edit-country');
        void saving.submit({ isAvailable, note: note.trim() || null });
      })}
      onClose={onClose}
      problem={saving.problem}
      pending={saving.pending}
    >
      <Switch
        label={t('countries.isAvailable')}
        data-autofocus
        {...form.getInputProps('isAvailable', { type: 'checkbox' })}
      />
      <Textarea label={t('countries.note')} maxLength={500} autosize minRows={2} {...form.getInputProps('note')} />
    </FormDialog>
  );
}
