import { Checkbox, Fieldset, Group, Paper, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperationPlan } from '../../api/schema.gen.ts';
import { useChange, useRead } from '../../api/use-api.ts';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { type Values, valuesOf } from '../../components/schema-form/values.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import type { AskPartProps, TypeName } from './ask-form.tsx';
import { type AskDraft, askedOf } from './draft.ts';
import { PlanView } from './plan-view.tsx';

interface AskPlanProps extends Omit<AskPartProps, 'setDraft'> {
  plan: OperationPlan;
  onDraft: (next: Partial<AskDraft>) => void;
}

/** What has to be typed before something that takes away: the slug of the one service it is about, or how many things. */
function useTyped(risk: string, target: Values, plan: OperationPlan): { text: string; what: 'slug' | 'count' } | null {
  const isService = risk !== 'routine' && target.type === 'service' && typeof target.id === 'string';
  const { data } = useRead(
    'GET /v1/admin/services/{id}',
    { path: { id: isService ? String(target.id) : '' } },
    { enabled: isService },
  );
  if (risk === 'routine') return null;
  return isService && data ? { text: data.slug, what: 'slug' } : { text: String(plan.itemsTotal), what: 'count' };
}

/** The plan of what is asked for, and the request: a reason always, and typed words before what takes away. */
export function AskPlan({ type, fields, draft, plan, onDraft, forget }: AskPlanProps) {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const navigate = useNavigate();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const ask = useChange('POST /v1/admin/operations', ['GET /v1/admin/operations']);
  const [typedText, setTypedText] = useState('');
  /** Repeated after an answer that got lost, it is the same request. */
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const typed = useTyped(type.risk, valuesOf(draft.target), plan);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const isReady = draft.reason.trim() !== '' && (typed === null || typedText.trim() === typed.text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    trackFormSubmit('operation');
    const body = {
      type: type.type as TypeName,
      ...askedOf(fields, draft),
      reason: draft.reason.trim(),
      start: draft.start,
    };
    ask.mutate(
      { body, idempotencyKey },
      {
        onSuccess: (operation) => {
          forget();
          toast.done(t(operation.phase === 'awaiting_approval' ? 'askedWaits' : 'askedDone'));
          void navigate({
            to: '/operations/$operationId',
            params: { operationId: operation.id },
            // Things may have changed since the plan was shown: the page compares.
            search: operation.plan.hash === plan.hash ? {} : { planned: plan.hash ?? undefined },
          });
        },
      },
    );
  };
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="plan">
      <Stack>
        <Title order={2} id="plan" ref={heading} tabIndex={-1}>
          {t('section.plan')}
        </Title>
        {plan.itemsTotal === 0 ? (
          <Empty kind="noMatch" title={t('plan.nothing')} hint={t('plan.nothingHint')} />
        ) : (
          <>
            <PlanView plan={plan} />
            <form onSubmit={submit} noValidate aria-label={t('ask.title')}>
              <Fieldset legend={t('ask.title')}>
                <Stack>
                  <Text size="sm">{t(`ask.needs.${type.risk}`)}</Text>
                  <Textarea
                    label={shell('confirm.reason')}
                    description={t('ask.reasonHint')}
                    required
                    maxLength={1000}
                    autosize
                    minRows={2}
                    value={draft.reason}
                    onChange={(event) => onDraft({ reason: event.currentTarget.value })}
                  />
                  {type.risk === 'routine' && (
                    <Checkbox
                      label={t('ask.atOnce')}
                      description={t('ask.startHint')}
                      checked={draft.start}
                      onChange={(event) => onDraft({ start: event.currentTarget.checked })}
                    />
                  )}
                  {typed && (
                    <TextInput
                      label={shell('confirm.typed', { text: typed.text })}
                      description={t(`ask.typed.${typed.what}`)}
                      required
                      autoComplete="off"
                      value={typedText}
                      onChange={(event) => setTypedText(event.currentTarget.value)}
                    />
                  )}
                  {ask.error && <ProblemAlert problem={ask.error} />}
                  <Group>
                    <GuardedButton
                      route="POST /v1/admin/operations"
                      type="submit"
                      loading={ask.isPending}
                      disabled={!isReady}
                      color={type.risk === 'routine' ? 'steward' : 'red.9'}
                    >
                      {t(type.risk === 'routine' ? (draft.start ? 'ask.runNow' : 'ask.planOnly') : 'ask.forApproval')}
                    </GuardedButton>
                  </Group>
                </Stack>
              </Fieldset>
            </form>
          </>
        )}
      </Stack>
    </Paper>
  );
}
