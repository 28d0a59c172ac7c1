import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../api/use-api.ts';
import { takeErrors } from '../../components/form-errors.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { CODE } from './codes.ts';
import { ConsentFields, type ConsentValues, textErrors } from './consent-fields.tsx';
import { FormDialog } from './form-dialog.tsx';

interface CreateConsentProps {
  serviceId: string;
  onClose: () => void;
  onMade: (id: string) => void;
}

/** A new code, or the next revision of one that is there: the server counts. */
export function CreateConsent({ serviceId, onClose, onMade }: CreateConsentProps) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange('POST /v1/admin/services/{id}/consents', ['GET /v1/admin/services/{id}/consents']);
  const form = useForm<ConsentValues>({
    initialValues: { code: '', required: false, effectiveFrom: '', texts: {} },
    validate: ({ code, texts }) => ({
      ...(CODE.test(code) ? {} : { code: t('consents.codeRule') }),
      ...(Object.keys(texts).length === 0 ? { texts: t('consents.oneText') } : {}),
      ...textErrors(texts, t('consents.textRule')),
    }),
  });
  const submit = form.onSubmit(({ code, required, effectiveFrom, texts }) => {
    trackFormSubmit('create-consent');
    create.mutate(
      { path: { id: serviceId }, body: { code, required, texts, effectiveFrom: effectiveFrom || null } },
      {
        onSuccess: (made) => {
          toast.done(t('consents.created', { code: made.code, revision: made.revision }));
          onClose();
          onMade(made.id);
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  return (
    <FormDialog
      title={t('consents.new')}
      submit={t('consents.create')}
      onSubmit={submit}
      onClose={onClose}
      problem={create.error}
      pending={create.isPending}
      size="lg"
    >
      <TextInput
        label={t('consents.code')}
        description={t('consents.codeHint')}
        required
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('code')}
      />
      <ConsentFields form={form} serviceId={serviceId} disabled={false} />
    </FormDialog>
  );
}
