import { Button, Code, Drawer, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperationSchedule } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { useMe } from '../../api/use-me.ts';
import { useFocusBack } from '../../components/focus-back.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ownTimeZone } from '../../components/schedule/zone.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { type ScheduleDraft, ScheduleFields, timesOf } from './schedule-fields.tsx';
import { useTypeText } from './type-texts.ts';

const ROUTE = 'PATCH /v1/admin/operation-schedules/{id}';

/** Its name, times and reason. What it asks for stays: another request is another schedule. */
export default function EditSchedule({ schedule, onClose }: { schedule: OperationSchedule; onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { data: me } = useMe();
  const { trackFormSubmit } = useAuditEvent();
  const textOf = useTypeText();
  const save = useChange(ROUTE, ['GET /v1/admin/operation-schedules']);
  const [value, setValue] = useState<ScheduleDraft>(() => ({
    name: schedule.name,
    reason: schedule.reason,
    isOnce: schedule.cron === null,
    at: schedule.at ?? '',
    cron: schedule.cron ?? '0 6 * * 1-5',
    timeZone: schedule.timeZone ?? ownTimeZone(),
  }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    trackFormSubmit('operation-schedule-edit');
    save.mutate(
      {
        path: { id: schedule.id },
        ifMatch: schedule.version,
        body: { name: value.name.trim(), reason: value.reason.trim(), ...timesOf(value) },
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
          <Text size="sm">{textOf(schedule.type).title}</Text>
          <Code block>{JSON.stringify({ target: schedule.target, parameters: schedule.parameters }, null, 2)}</Code>
          {schedule.lastError && (
            <Text size="sm" c="var(--mantine-color-error)" dir="auto">
              {schedule.lastError}
            </Text>
          )}
          <ScheduleFields value={value} onChange={(next) => setValue((was) => ({ ...was, ...next }))} />
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
