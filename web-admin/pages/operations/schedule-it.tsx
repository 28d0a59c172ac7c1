import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useSessionStorage } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperationPlan } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ownTimeZone } from '../../components/schedule/zone.ts';
import type { Problems } from '../../components/schema-form/values.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import type { AskPartProps, TypeName } from './ask-form.tsx';
import { type AskDraft, askedOf, askProblems } from './draft.ts';
import { PlanView } from './plan-view.tsx';
import { type ScheduleDraft, ScheduleFields, timesOf } from './schedule-fields.tsx';

interface ScheduleItProps extends Omit<AskPartProps, 'setDraft'> {
  /** What it would do now, if somebody looked. */
  plan: OperationPlan | null;
  onProblems: (problems: Problems) => void;
  onDraft: (next: Partial<AskDraft>) => void;
}

/** The same request, again and again or later: each run has a plan of its own. */
export default function ScheduleIt({ type, fields, draft, plan, forget, onProblems, onDraft }: ScheduleItProps) {
  const { t } = useTranslation('operations');
  const navigate = useNavigate();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange('POST /v1/admin/operation-schedules', ['GET /v1/admin/operation-schedules']);
  const [schedule, setSchedule, forgetSchedule] = useSessionStorage<Omit<ScheduleDraft, 'reason'>>({
    key: `steward-operation-schedule-${type.type}`,
    defaultValue: { name: '', isOnce: false, at: '', cron: '0 6 * * 1-5', timeZone: ownTimeZone() },
    getInitialValueInEffect: false,
  });
  const value: ScheduleDraft = { ...schedule, reason: draft.reason };
  const isReady =
    value.name.trim() !== '' &&
    value.reason.trim() !== '' &&
    (value.isOnce ? value.at !== '' : value.cron.trim() !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = askProblems(fields, draft);
    onProblems(found);
    if (!isReady || Object.keys(found).length > 0) return;
    trackFormSubmit('operation-schedule');
    create.mutate(
      {
        body: {
          name: value.name.trim(),
          reason: value.reason.trim(),
          type: type.type as TypeName,
          ...askedOf(fields, draft),
          ...timesOf(value),
        },
      },
      {
        onSuccess: () => {
          forget();
          forgetSchedule();
          toast.done(t('schedule.created'));
          void navigate({ to: '/operations', search: { view: 'schedules' } });
        },
      },
    );
  };
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="schedule">
      <form onSubmit={submit} noValidate>
        <Stack>
          <Title order={2} id="schedule">
            {t('schedule.title')}
          </Title>
          <Text size="sm">{t(type.risk === 'routine' ? 'schedule.hintRoutine' : 'schedule.hintApproval')}</Text>
          {plan && <PlanView plan={plan} />}
          <ScheduleFields
            value={value}
            onChange={({ reason, ...next }) => {
              if (reason !== undefined) onDraft({ reason });
              setSchedule((was) => ({ ...was, ...next }));
            }}
          />
          {create.error && <ProblemAlert problem={create.error} />}
          <Group>
            <GuardedButton
              route="POST /v1/admin/operation-schedules"
              type="submit"
              loading={create.isPending}
              disabled={!isReady}
            >
              {t('schedule.create')}
            </GuardedButton>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
