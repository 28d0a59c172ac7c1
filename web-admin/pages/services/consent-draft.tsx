import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ServiceConsent } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { GuardedButton, useMissing } from '../../components/guarded.tsx';
import { MergeDialog } from '../../components/merge.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { ConsentFields, type ConsentValues, textErrors } from './consent-fields.tsx';
import { type ConsentState, changesOf, consentState, valuesOf } from './consent-state.ts';
import { useMergingSave } from './use-merging-save.ts';
import { useUnsaved } from './use-unsaved.ts';

const LIST = 'GET /v1/admin/services/{id}/consents';
const ONE = 'GET /v1/admin/services/{id}/consents/{consentId}';
const CREATE = 'POST /v1/admin/services/{id}/consents';
const PATCH = 'PATCH /v1/admin/services/{id}/consents/{consentId}';

interface ConsentDraftProps {
  /** Published by somebody else, where that came while it was typed into. */
  consent: ServiceConsent;
  onTyped: (isTyped: boolean) => void;
  onGone: () => void;
  /** Another one was made of this one. */
  onMade: (id: string) => void;
}

/** A revision to work on, to publish for good, or to remove. */
export function ConsentDraft({ consent, onTyped, onGone, onMade }: ConsentDraftProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackFormSubmit, trackButtonClick } = useAuditEvent();
  const { id, serviceId, code, revision } = consent;
  const path = { id: serviceId, consentId: id };
  const { mutateAsync: patch } = useChange(PATCH, [LIST, ONE]);
  const publish = useChange('POST /v1/admin/services/{id}/consents/{consentId}/publish', [LIST, ONE]);
  const { mutateAsync: drop } = useChange('DELETE /v1/admin/services/{id}/consents/{consentId}', [LIST]);
  const { mutateAsync: create, isPending: isMaking } = useChange(CREATE, [LIST]);
  const isOver = consent.status === 'published';
  const missing = useMissing()(useVerdict()(PATCH, serviceId));
  const form = useForm<ConsentValues>({
    initialValues: valuesOf(consentState(consent), code),
    validate: ({ texts }) => ({
      ...(Object.keys(texts).length === 0 ? { texts: t('consents.oneText') } : {}),
      ...textErrors(texts, t('consents.textRule')),
    }),
  });
  const take = (fresh: ServiceConsent) => {
    const values = valuesOf(consentState(fresh), code);
    form.setInitialValues(values);
    form.setValues(values);
    form.resetDirty();
  };
  const saving = useMergingSave<ServiceConsent, ConsentState>({
    item: consent,
    stateOf: consentState,
    read: () => call(ONE, { path }),
    save: (mine, was, ifMatch) => patch({ path, ifMatch, body: changesOf(was, mine) }),
    onSaved: (fresh) => {
      take(fresh);
      toast.done(t('consents.saved', { code, revision }));
    },
  });
  const dirty = form.isDirty();
  useUnsaved(dirty);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it is told goes with the render
  useEffect(() => onTyped(dirty), [dirty]);
  // What others saved is shown as long as nothing was changed here; otherwise it is met on saving.
  const { base, setBase } = saving;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a newer version counts, not what the form has become meanwhile
  useEffect(() => {
    if (dirty || consent.version <= base.version) return;
    setBase(consent);
    take(consent);
  }, [consent.version, base.version, dirty]);

  const submit = form.onSubmit((values) => {
    trackFormSubmit('consent-draft');
    void saving.submit(consentState({ ...values, effectiveFrom: values.effectiveFrom || null }, saving.base));
  });
  const askPublish = async () => {
    trackButtonClick('publish-consent');
    const answer = await confirm({
      title: t('consents.publishTitle', { code, revision }),
      body: t('consents.publishHint'),
      confirm: t('publish'),
      reason: 'optional',
    });
    if (!answer) return;
    publish.mutate(
      { path, ifMatch: saving.base.version, reason: answer.reason },
      { onSuccess: () => toast.done(t('consents.publishedDone', { code, revision })), onError: toast.failed },
    );
  };
  const asNext = () => {
    if (form.validate().hasErrors) return;
    trackButtonClick('next-consent-revision');
    const { texts, required, effectiveFrom } = form.getValues();
    create({ path: { id: serviceId }, body: { code, texts, required, effectiveFrom: effectiveFrom || null } }).then(
      (made) => {
        flushSync(form.reset);
        toast.done(t('consents.created', { code, revision: made.revision }));
        onMade(made.id);
      },
      toast.failed,
    );
  };
  const remove = () => {
    trackButtonClick('remove-consent');
    const { texts, required, effectiveFrom } = saving.base;
    drop({ path, ifMatch: saving.base.version }).then(() => {
      // Nothing is left that could be lost: whoever removes a draft is not asked about what they typed into it.
      flushSync(form.reset);
      onGone();
      toast.done(t('consents.removed'), () =>
        create({ path: { id: serviceId }, body: { code, texts, required, effectiveFrom } }),
      );
    }, toast.failed);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {missing && (
          <Text size="sm" c="dimmed">
            {missing}
          </Text>
        )}
        {isOver && (
          <Alert color="yellow" title={t('consents.publishedMeanwhile')} role="alert">
            <Stack align="flex-start">
              {t('consents.publishedMeanwhileHint')}
              <GuardedButton route={CREATE} serviceId={serviceId} loading={isMaking} onClick={asNext}>
                {t('consents.asNext')}
              </GuardedButton>
            </Stack>
          </Alert>
        )}
        {saving.problem && !isOver && <ProblemAlert problem={saving.problem} />}
        <ConsentFields form={form} serviceId={serviceId} disabled={missing !== undefined} />
        <Group>
          {!isOver && (
            <GuardedButton route={PATCH} serviceId={serviceId} type="submit" loading={saving.pending} disabled={!dirty}>
              {shell('save')}
            </GuardedButton>
          )}
          {dirty && (
            <Button variant="default" onClick={form.reset}>
              {t('config.discard')}
            </Button>
          )}
          {!isOver && (
            <>
              <GuardedButton
                route="POST /v1/admin/services/{id}/consents/{consentId}/publish"
                serviceId={serviceId}
                variant="light"
                loading={publish.isPending}
                disabled={dirty}
                onClick={() => void askPublish()}
              >
                {t('publish')}
              </GuardedButton>
              <GuardedButton
                route="DELETE /v1/admin/services/{id}/consents/{consentId}"
                serviceId={serviceId}
                variant="default"
                onClick={remove}
              >
                {t('consents.remove')}
              </GuardedButton>
            </>
          )}
        </Group>
        {dirty && !isOver && (
          <Text size="sm" c="dimmed">
            {t('consents.saveFirst')}
          </Text>
        )}
      </Stack>
      {saving.conflict && !isOver && (
        <MergeDialog
          conflict={saving.conflict}
          labelOf={(field) =>
            field === 'required' || field === 'effectiveFrom'
              ? t(`consents.${field}`)
              : t('consents.text', { locale: field.slice('text:'.length) })
          }
          onMerge={saving.merge}
          onClose={saving.callOff}
        />
      )}
    </form>
  );
}
