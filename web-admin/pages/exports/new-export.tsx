import { Drawer, Fieldset, Group, Select, Stack } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../api/use-api.ts';
import { useFocusBack } from '../../components/focus-back.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import type { Problems } from '../../components/schema-form/values.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { draftProblems, type ExportDraft, specificationOf, useExportDraft } from './export-draft.ts';
import { EXPORT_TYPES, type ExportTypeName, isExportType } from './export-fields.ts';
import { Estimate, FileFields, Filters, When } from './export-form-parts.tsx';
import { useExportTypeText } from './export-texts.tsx';

interface NewExportProps {
  /** What the address asks for. */
  link: { type: string; parameters: string | undefined };
  onType: (type: string) => void;
  onClose: () => void;
}

/** Asks for an export, or for one that comes again and again; first what it would be. */
export default function NewExport({ link, onType, onClose }: NewExportProps) {
  useFocusBack();
  const { t } = useTranslation('exports');
  const { t: shell } = useTranslation();
  const typeText = useExportTypeText();
  const type: ExportTypeName = isExportType(link.type) ? link.type : 'audit_logs';
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      title={t('new')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <Stack>
        <Select
          label={t('form.type')}
          description={t(`types.${type}.hint`)}
          data={EXPORT_TYPES.map((value) => ({ value, label: typeText(value) }))}
          value={type}
          onChange={(next) => next && onType(next)}
          allowDeselect={false}
          searchable
          required
        />
        <ExportForm key={type} type={type} link={link.parameters} onClose={onClose} />
      </Stack>
    </Drawer>
  );
}

function ExportForm({ type, link, onClose }: { type: ExportTypeName; link: string | undefined; onClose: () => void }) {
  const { t } = useTranslation('exports');
  const [draft, setDraft, forget] = useExportDraft(type, link);
  const [problems, setProblems] = useState<Problems>({});
  const { request, schedule, estimate } = useRequests(type, draft, { forget, onClose });
  const { trackFormSubmit } = useAuditEvent();
  const change = (next: Partial<ExportDraft>) => {
    setDraft({ ...draft, ...next });
    estimate.reset();
  };
  const checked = (go: () => void) => {
    const found = draftProblems(type, draft);
    setProblems(found);
    if (Object.keys(found).length === 0) go();
  };
  const isReady = !draft.isScheduled || draft.name.trim() !== '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    trackFormSubmit(draft.isScheduled ? 'export-schedule' : 'export');
    checked(draft.isScheduled ? schedule.send : request.send);
  };
  const problem = draft.isScheduled ? schedule.error : request.error;
  return (
    <form onSubmit={submit} noValidate aria-label={t('new')}>
      <Stack>
        <Fieldset legend={t('form.filters')}>
          <Filters {...{ type, draft, change, problems }} />
        </Fieldset>
        <FileFields {...{ draft, change }} />
        <When {...{ type, draft, change }} />
        {estimate.error && <ProblemAlert problem={estimate.error} />}
        {estimate.data && <Estimate estimate={estimate.data} format={draft.fileFormat} />}
        {problem && <ProblemAlert problem={problem} />}
        <Group justify="flex-end">
          <GuardedButton
            route="POST /v1/admin/exports/estimate"
            variant="default"
            loading={estimate.isPending}
            onClick={() => checked(estimate.send)}
          >
            {t('form.estimate')}
          </GuardedButton>
          <GuardedButton
            route={draft.isScheduled ? 'POST /v1/admin/export-schedules' : 'POST /v1/admin/exports'}
            type="submit"
            loading={request.isPending || schedule.isPending}
            disabled={!isReady || estimate.data?.fits === false}
          >
            {t(draft.isScheduled ? 'form.schedule' : 'form.request')}
          </GuardedButton>
        </Group>
      </Stack>
    </form>
  );
}

/** The three things that can be asked with what is in the form. */
function useRequests(
  type: ExportTypeName,
  draft: ExportDraft,
  { forget, onClose }: { forget: () => void; onClose: () => void },
) {
  const { t } = useTranslation('exports');
  const toast = useToast();
  const navigate = useNavigate();
  const request = useChange('POST /v1/admin/exports', ['GET /v1/admin/exports']);
  const schedule = useChange('POST /v1/admin/export-schedules', ['GET /v1/admin/export-schedules']);
  const estimate = useChange('POST /v1/admin/exports/estimate');
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const asked = specificationOf(type, draft);
  const name = draft.name.trim();
  return {
    request: {
      ...request,
      send: () =>
        request.mutate(
          { body: { ...asked, ...(name && { name }) }, idempotencyKey },
          {
            onSuccess: ({ id }) => {
              forget();
              toast.done(t('requested'));
              void navigate({ to: '/exports/$exportId', params: { exportId: id } });
            },
          },
        ),
    },
    schedule: {
      ...schedule,
      send: () =>
        schedule.mutate(
          { body: { ...asked, name, period: draft.period, cron: draft.cron.trim(), timeZone: draft.timeZone } },
          {
            onSuccess: () => {
              forget();
              toast.done(t('schedule.created'));
              onClose();
              void navigate({ to: '/exports', search: { view: 'schedules' } });
            },
          },
        ),
    },
    estimate: { ...estimate, send: () => estimate.mutate({ body: asked }) },
  };
}
