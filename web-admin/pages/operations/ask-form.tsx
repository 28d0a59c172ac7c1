import { Anchor, Button, Fieldset, Group, SegmentedControl, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../api/problem.ts';
import type { Api, OperationPlan, OperationType } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import type { Field } from '../../components/schema-form/field.ts';
import { JsonInput } from '../../components/schema-form/json-input.tsx';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import { type Draft, type Problems, valuesOf } from '../../components/schema-form/values.ts';
import { useAuditEvent } from '../../hooks/index.ts';
import { AskPlan } from './ask-plan.tsx';
import { type AskDraft, askedOf, askProblems, useAskDraft, useAskFields } from './draft.ts';

const Upload = lazy(() => import('./upload-part.tsx'));
const ScheduleIt = lazy(() => import('./schedule-it.tsx'));
export type TypeName = Api['POST /v1/admin/operations']['body']['type'];

/** What is asked for, by the type's own schema; then its plan, and only then the request itself. */
export default function AskForm({ type }: { type: OperationType }) {
  const { t } = useTranslation('operations');
  const [{ target, parameters, when, from }, setFilters] = useFilters();
  const fields = useAskFields(type);
  const [draft, setDraft, forget] = useAskDraft(type.type, fields, { target, parameters });
  const isFile = from === 'file' && type.csvColumns !== null;
  return (
    <Stack maw={960}>
      <Group justify="space-between">
        <Anchor component={Link} to="/operations/new" size="sm">
          {t('otherType')}
        </Anchor>
        <Group gap="xs">
          {type.csvColumns && when !== 'schedule' && (
            <SegmentedControl
              size="xs"
              aria-label={t('source')}
              data={[
                { value: 'form', label: t('sourceForm') },
                { value: 'file', label: t('sourceFile') },
              ]}
              value={isFile ? 'file' : 'form'}
              onChange={(next) => setFilters({ from: next === 'file' ? 'file' : undefined })}
            />
          )}
          {!isFile && (
            <SegmentedControl
              size="xs"
              aria-label={t('when')}
              data={[
                { value: 'now', label: t('whenNow') },
                { value: 'schedule', label: t('whenScheduled') },
              ]}
              value={when === 'schedule' ? 'schedule' : 'now'}
              onChange={(next) => setFilters({ when: next === 'schedule' ? 'schedule' : undefined })}
            />
          )}
        </Group>
      </Group>
      <Suspense fallback={null}>
        {isFile ? (
          <Upload {...{ type, fields, draft, setDraft, forget }} />
        ) : (
          <Asked key={when} {...{ type, fields, draft, setDraft, forget }} isScheduled={when === 'schedule'} />
        )}
      </Suspense>
    </Stack>
  );
}

export interface AskPartProps {
  type: OperationType;
  fields: ReturnType<typeof useAskFields>;
  draft: AskDraft;
  setDraft: (next: AskDraft) => void;
  forget: () => void;
}

function Asked({ type, fields, draft, setDraft, forget, isScheduled }: AskPartProps & { isScheduled: boolean }) {
  const { t } = useTranslation('operations');
  const { trackFormSubmit } = useAuditEvent();
  const preview = useChange('POST /v1/admin/operations/plan');
  const [problems, setProblems] = useState<Problems>({});
  const [plan, setPlan] = useState<OperationPlan | null>(null);
  const change = (next: Partial<AskDraft>) => {
    setDraft({ ...draft, ...next });
    // What was shown is not what would be asked for any more.
    if ('target' in next || 'parameters' in next) setPlan(null);
  };
  const look = (event: FormEvent) => {
    event.preventDefault();
    const found = askProblems(fields, draft);
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    trackFormSubmit('operation-plan');
    preview.mutate(
      { body: { type: type.type as TypeName, ...askedOf(fields, draft) } },
      { onSuccess: setPlan, onError: (problem) => setProblems(problemsOfServer(problem)) },
    );
  };
  return (
    <>
      <form onSubmit={look} noValidate aria-label={t('what')}>
        <Stack>
          <Fieldset legend={t('what')}>
            <Stack>
              <Part name="target" field={fields.target} value={draft.target} {...{ problems, change }} />
              <Part name="parameters" field={fields.parameters} value={draft.parameters} {...{ problems, change }} />
            </Stack>
          </Fieldset>
          {preview.error && <ProblemAlert problem={preview.error} title={t('plan.refused')} />}
          <Group>
            <GuardedButton
              route="POST /v1/admin/operations/plan"
              type="submit"
              loading={preview.isPending}
              variant={plan ? 'default' : 'filled'}
            >
              {t('plan.look')}
            </GuardedButton>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                forget();
                setPlan(null);
                setProblems({});
              }}
            >
              {t('startOver')}
            </Button>
          </Group>
        </Stack>
      </form>
      {plan && !isScheduled && <AskPlan {...{ type, fields, draft, plan, forget }} onDraft={change} />}
      {isScheduled && (
        <ScheduleIt {...{ type, fields, draft, forget }} onProblems={setProblems} onDraft={change} plan={plan} />
      )}
    </>
  );
}

interface PartProps {
  name: 'target' | 'parameters';
  field: Field;
  value: Draft;
  problems: Problems;
  change: (next: Partial<AskDraft>) => void;
}

function Part({ name, field, value, problems, change }: PartProps) {
  const { t } = useTranslation('operations');
  if (field.kind === 'json')
    return <JsonInput label={t(`part.${name}`)} value={value} onChange={(next) => change({ [name]: next })} />;
  const within = valuesOf(value).type;
  return (
    <SchemaForm
      {...{ field, value, problems }}
      within={typeof within === 'string' ? within : undefined}
      onChange={(next) => change({ [name]: next })}
      path={name}
    />
  );
}

/** Our own words for the place, the server's for what is wrong: it is said above, whole; here the fields are marked. */
export const problemsOfServer = (problem: ApiProblem): Problems =>
  Object.fromEntries(problem.errors.map(({ field }) => [field, { reason: 'shape' as const }]));
