import { Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { Service } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { MergeDialog } from '../../components/merge.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { CODE } from './codes.ts';
import { FormDialog } from './form-dialog.tsx';
import { changedFields, useMergingSave } from './use-merging-save.ts';

const ONE = 'GET /v1/admin/services/{id}';

type Content = Pick<Service, 'name' | 'slug' | 'description'>;
const contentOf = ({ name, slug, description }: Content): Content => ({ name, slug, description });

/** Name, slug and description; a change that meets another one is merged. */
export function EditService({ service, onClose }: { service: Service; onClose: () => void }) {
  const { t } = useTranslation('services');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const path = { id: service.id };
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}', [ONE, 'GET /v1/admin/services']);
  const saving = useMergingSave<Service, Content>({
    item: service,
    stateOf: contentOf,
    read: () => call(ONE, { path }),
    save: (mine, was, ifMatch) => patch({ path, ifMatch, body: changedFields(was, mine) }),
    onSaved: (fresh, before) => {
      onClose();
      const back = changedFields(contentOf(fresh), contentOf(before));
      toast.done(t('saved', { name: fresh.name }), () => patch({ path, ifMatch: fresh.version, body: back }));
    },
  });
  const form = useForm({
    initialValues: { ...contentOf(service), description: service.description ?? '' },
    validate: {
      name: (name) => (/^.{1,200}$/.test(name.trim()) ? null : t('nameRule')),
      slug: (slug) => (CODE.test(slug) ? null : t('slugRule')),
    },
  });
  if (saving.conflict)
    return (
      <MergeDialog
        conflict={saving.conflict}
        labelOf={(field) => t(field as keyof Content)}
        onMerge={saving.merge}
        onClose={saving.callOff}
      />
    );
  return (
    <FormDialog
      title={t('editTitle', { name: service.name })}
      submit={shell('save')}
      onSubmit={form.onSubmit(({ name, slug, description }) => {
        trackFormSubmit('edit-service');
        void saving.submit({ name: name.trim(), slug, description: description.trim() || null });
      })}
      onClose={onClose}
      problem={saving.problem}
      pending={saving.pending}
    >
      <TextInput label={t('name')} required data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label={t('slug')}
        description={t('slugHint')}
        required
        autoComplete="off"
        {...form.getInputProps('slug')}
      />
      <Textarea label={t('description')} maxLength={2000} autosize minRows={2} {...form.getInputProps('description')} />
    </FormDialog>
  );
}
