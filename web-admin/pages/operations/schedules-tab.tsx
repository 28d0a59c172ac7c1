import { Badge, Button, Checkbox, Group, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperationSchedule } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useMe, useVerdict } from '../../api/use-me.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { useCronSentence } from '../../components/schedule/cron-sentence.tsx';
import { Time } from '../../components/time.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useTypeText } from './type-texts.ts';
import { useScheduleVerbs } from './use-schedule-verbs.ts';

const EditSchedule = lazy(() => import('./edit-schedule.tsx'));

function useColumns(isAnybodys: boolean): Column<OperationSchedule>[] {
  const { t } = useTranslation('operations');
  const textOf = useTypeText();
  const sentence = useCronSentence();
  const { time } = useFormat();
  return useMemo(
    () => [
      { id: 'name', header: t('schedule.name'), size: 190, grow: true, cell: ({ name }) => name },
      { id: 'actions', header: t('schedule.actions'), size: 130, cell: (schedule) => <Actions schedule={schedule} /> },
      { id: 'type', header: t('column.type'), size: 190, cell: ({ type }) => textOf(type).title },
      {
        id: 'times',
        header: t('when'),
        size: 300,
        cell: ({ cron, at, timeZone }) => (cron ? `${sentence(cron)} (${timeZone})` : at ? time(at) : ''),
      },
      {
        id: 'state',
        header: t('schedule.state'),
        size: 110,
        cell: ({ enabled }) => (
          <Badge variant="default" tt="none">
            {t(enabled ? 'schedule.on' : 'schedule.off')}
          </Badge>
        ),
      },
      {
        id: 'next',
        header: t('schedule.next'),
        size: 140,
        cell: ({ nextRunAt }) => nextRunAt && <Time at={nextRunAt} />,
      },
      {
        id: 'last',
        header: t('schedule.last'),
        size: 150,
        cell: ({ lastRunAt, lastOperationId }) =>
          lastOperationId && lastRunAt ? (
            <Link to="/operations/$operationId" params={{ operationId: lastOperationId }}>
              <Time at={lastRunAt} />
            </Link>
          ) : (
            lastRunAt && <Time at={lastRunAt} />
          ),
      },
      {
        id: 'error',
        header: t('schedule.error'),
        size: 220,
        cell: ({ lastError }) => (
          <Text size="sm" c="var(--mantine-color-error)" dir="auto" truncate>
            {lastError}
          </Text>
        ),
      },
      {
        id: 'owner',
        header: t('schedule.owner'),
        size: 180,
        hidden: !isAnybodys,
        cell: ({ ownerEmail }) => ownerEmail,
      },
    ],
    [t, textOf, sentence, time, isAnybodys],
  );
}

/** Runs, pauses, changes and deletes one. Of somebody else's, an owner may pause and delete. */
function Actions({ schedule }: { schedule: OperationSchedule }) {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const { data: me } = useMe();
  const [, setFilters] = useFilters();
  const isMine = schedule.ownerId === me?.id;
  const verbs = useScheduleVerbs(schedule, isMine);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconDots size={16} aria-hidden />}
          aria-label={`${shell('actions')}: ${schedule.name}`}
        >
          {shell('actions')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={!isMine} onClick={() => void verbs.runNow()}>
          {t('schedule.runNow')}
        </Menu.Item>
        <Menu.Item disabled={!isMine && !schedule.enabled} onClick={() => void verbs.toggle()}>
          {t(schedule.enabled ? 'schedule.pause' : 'schedule.resume')}
        </Menu.Item>
        <Menu.Item disabled={!isMine} onClick={() => setFilters({ edit: schedule.id })}>
          {shell('edit')}
        </Menu.Item>
        <Menu.Item renderRoot={(props) => <Link to="/operations" search={{ schedule: schedule.id }} {...props} />}>
          {t('schedule.runs')}
        </Menu.Item>
        <Menu.Item c="var(--mantine-color-error)" onClick={() => void verbs.remove()}>
          {shell('remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Operations that come by themselves. */
export default function SchedulesTab() {
  const { t } = useTranslation('operations');
  const [{ owner, edit }, setFilters] = useFilters();
  const mayAll = useVerdict()('POST /v1/admin/admins').allowed;
  const isAnybodys = owner === 'all' && mayAll;
  const list = useList('GET /v1/admin/operation-schedules', {
    query: { limit: 100, ...(isAnybodys && { owner: 'all' }) },
  });
  const columns = useColumns(isAnybodys);
  const edited = list.items.find(({ id }) => id === edit);
  return (
    <>
      <DataTable
        key={isAnybodys ? 'all' : 'mine'}
        name="operation-schedules"
        label={t('tabs.schedules')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        onOpen={({ id }) => setFilters({ edit: id })}
        height="calc(100dvh - 290px)"
        tools={
          <Group>
            <Button
              variant="default"
              size="xs"
              renderRoot={(props) => <Link to="/operations/new" search={{ when: 'schedule' }} {...props} />}
            >
              {t('schedule.new')}
            </Button>
            {mayAll && (
              <Checkbox
                label={t('schedule.anybodys')}
                checked={isAnybodys}
                onChange={(event) => setFilters({ owner: event.currentTarget.checked ? 'all' : undefined })}
              />
            )}
          </Group>
        }
        empty={<Empty kind="none" title={t('schedule.none')} hint={t('schedule.noneHint')} />}
      />
      <Suspense fallback={null}>
        {edited && <EditSchedule key={edited.id} schedule={edited} onClose={() => setFilters({ edit: undefined })} />}
      </Suspense>
    </>
  );
}
