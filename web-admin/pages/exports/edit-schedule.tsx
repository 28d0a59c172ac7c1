import { Button, Code, Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExportSchedule } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useMe } from '../../api/use-me.ts';
import { useFocusBack } from '../../components/focus-back.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { CronFields } from '../../components/schedule/cron-fields.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { PERIODS } from './export-draft.ts';
import { hasTimes, isExportType } from './export-fields.ts';
import { useExportTypeText } from './export-texts.tsx';

const ROUTE = 'PATCH /v1/admin/export-schedules/{id}';

/** Its name and times. What it asks for stays: another request is another schedule. */
export default function EditSchedule({ schedule, onClose }: { schedule: ExportSchedule; onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('exports');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { data: me } = useMe();
  const { trackFormSubmit } = useAuditEvent();
  const typeText = useExportTypeText();
  const save = useChange(ROUTE, ['GET /v1/admin/export-schedules']);
  const [value, setValue] = useState({
    name: schedule.name,
    cron: schedule.cron,
    timeZone: schedule.timeZone,
    period: schedule.period,
  });
  const change = (next: Partial<typeof value>) => setValue((was) => ({ ...was, ...next }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    trackFormSubmit('export-schedule-edit');
    save.mutate(
      {
        path: { id: schedule.id },
        ifMatch: schedule.version,
        body: { ...value, name: value.name.trim(), cron: value.cron.trim() },
      },
      {
        onSuccess: () => {
          toast.done(t('schedule.saved'));
          onClose();
        },
      },
    );
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={schedule.name}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{typeText(schedule.exportType)}</Text>
          <Code block>
            {JSON.stringify(
              { parameters: schedule.parameters, fileFormat: schedule.fileFormat, compression: schedule.compression },
              null,
              2,
            )}
          </Code>
          {schedule.lastError && (
            <Text size="sm" c="var(--mantine-color-error)" dir="auto">
              {schedule.lastError}
            </Text>
          )}
          <TextInput
            label={t('form.name')}
            required
            maxLength={120}
            value={value.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <CronFields cron={value.cron} timeZone={value.timeZone} onChange={change} />
          {isExportType(schedule.exportType) && hasTimes(schedule.exportType) && (
            <Select
              label={t('form.period')}
              description={t('form.periodHint')}
              data={PERIODS.map((each) => ({ value: each, label: t(`period.${each}`) }))}
              value={value.period}
              onChange={(next) => next && change({ period: next as typeof value.period })}
              allowDeselect={false}
            />
          )}
          {save.error && <ProblemAlert problem={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <GuardedButton route={ROUTE} type="submit" loading={save.isPending} disabled={schedule.ownerId !== me?.id}>
              {shell('save')}
            </GuardedButton>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
