import { Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ServiceFeature, ServiceFeatureInTree } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { MergeDialog } from '../../components/merge.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { FormDialog } from './form-dialog.tsx';
import { TREE } from './use-feature-changes.ts';
import { changedFields, useMergingSave } from './use-merging-save.ts';

const CODE = /^(?=.{1,100}$)[a-z0-9](?:[\w.:-]*[a-z0-9])?$/i;
const STEP = 10;

interface Content {
  name: string;
  code: string;
  description: string | null;
  category: string | null;
  isActive: boolean;
  isDefault: boolean;
}

const contentOf = ({ name, code, description, category, isActive, isDefault }: Content): Content => ({
  ...{ name, code, description, category, isActive, isDefault },
});
const trimmed = ({ name, description, category, ...rest }: Content): Content => ({
  ...rest,
  name: name.trim(),
  description: description?.trim() || null,
  category: category?.trim() || null,
});

function useFeatureForm(initial: Content) {
  const { t } = useTranslation('service');
  return useForm<Content>({
    initialValues: { ...initial, description: initial.description ?? '', category: initial.category ?? '' },
    validate: {
      name: (name) => (/^.{1,200}$/.test(name.trim()) ? null : t('features.nameRule')),
      code: (code) => (CODE.test(code) ? null : t('features.codeRule')),
    },
  });
}

function Fields({ form }: { form: ReturnType<typeof useFeatureForm> }) {
  const { t } = useTranslation('service');
  return (
    <>
      <TextInput label={t('features.name')} required data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label={t('features.code')}
        description={t('features.codeHint')}
        required
        autoComplete="off"
        {...form.getInputProps('code')}
      />
      <TextInput label={t('features.category')} maxLength={100} {...form.getInputProps('category')} />
      <Textarea
        label={t('features.description')}
        maxLength={2000}
        autosize
        minRows={2}
        {...form.getInputProps('description')}
      />
      <Switch
        label={t('features.isActive')}
        description={t('features.isActiveHint')}
        {...form.getInputProps('isActive', { type: 'checkbox' })}
      />
      <Switch
        label={t('features.isDefault')}
        description={t('features.isDefaultHint')}
        {...form.getInputProps('isDefault', { type: 'checkbox' })}
      />
    </>
  );
}

interface CreateFeatureProps {
  serviceId: string;
  /** Null: a root. */
  above: ServiceFeatureInTree | null;
  /** Those it will be beside. */
  siblings: ServiceFeatureInTree[];
  onClose: () => void;
  onMade: (id: string) => void;
}

/** A new feature comes last among its siblings. */
export function CreateFeature({ serviceId, above, siblings, onClose, onMade }: CreateFeatureProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange('POST /v1/admin/services/{id}/features', [TREE]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/features/{featureId}', [TREE]);
  const form = useFeatureForm({
    ...{ name: '', code: '', description: null, category: above?.category ?? null, isActive: true, isDefault: false },
  });
  const submit = form.onSubmit((values) => {
    trackFormSubmit('create-feature');
    const displayOrder = Math.min(1_000_000, Math.max(0, ...siblings.map((each) => each.displayOrder)) + STEP);
    create.mutate(
      { path: { id: serviceId }, body: { ...trimmed(values), parentId: above?.id ?? null, displayOrder } },
      {
        onSuccess: (made) => {
          onClose();
          onMade(made.id);
          toast.done(t('features.created', { name: made.name }), () =>
            drop({ path: { id: serviceId, featureId: made.id }, ifMatch: made.version }),
          );
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <FormDialog
      title={above ? t('features.newBelowTitle', { name: above.name }) : t('features.newTitle')}
      submit={shell('create')}
      onSubmit={submit}
      onClose={onClose}
      problem={create.error}
      pending={create.isPending}
    >
      <Fields form={form} />
    </FormDialog>
  );
}

/** Everything of a feature but its place, which is changed in the tree. */
export function EditFeature({ feature, onClose }: { feature: ServiceFeatureInTree; onClose: () => void }) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const { id, serviceId } = feature;
  const path = { id: serviceId, featureId: id };
  const { mutateAsync: patch } = useChange('PATCH /v1/admin/services/{id}/features/{featureId}', [TREE]);
  const saving = useMergingSave<ServiceFeature, Content>({
    item: feature,
    stateOf: contentOf,
    // One feature alone cannot be read.
    read: async () => {
      const tree = await call(TREE, { path: { id: serviceId } });
      return tree.items.find((each) => each.id === id) ?? feature;
    },
    save: (mine, was, ifMatch) => patch({ path, ifMatch, body: changedFields(was, mine) }),
    onSaved: (fresh, before) => {
      onClose();
      const back = changedFields(contentOf(fresh), contentOf(before));
      toast.done(t('features.saved', { name: fresh.name }), () => patch({ path, ifMatch: fresh.version, body: back }));
    },
  });
  const form = useFeatureForm(contentOf(feature));
  if (saving.conflict)
    return (
      <MergeDialog
        conflict={saving.conflict}
        labelOf={(field) => t(`features.${field as keyof Content}`)}
        onMerge={saving.merge}
        onClose={saving.callOff}
      />
    );
  return (
    <FormDialog
      title={t('features.editTitle', { name: feature.name })}
      submit={shell('save')}
      onSubmit={form.onSubmit((values) => {
        trackFormSubmit('edit-feature');
        void saving.submit(trimmed(values));
      })}
      onClose={onClose}
      problem={saving.problem}
      pending={saving.pending}
    >
      <Fields form={form} />
    </FormDialog>
  );
}
