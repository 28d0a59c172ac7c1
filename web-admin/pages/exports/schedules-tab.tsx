import { Badge, Button, Checkbox, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExportSchedule } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useMe, useVerdict } from '../../api/use-me.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { useCronSentence } from '../../components/schedule/cron-sentence.tsx';
import { Time } from '../../components/time.tsx';
import { useExportTypeText } from './export-texts.tsx';
import { useScheduleVerbs } from './use-schedule-verbs.ts';

const EditSchedule = lazy(() => import('./edit-schedule.tsx'));

function useColumns(isAnybodys: boolean): Column<ExportSchedule>[] {
  const { t } = useTranslation('exports');
  const typeText = useExportTypeText();
  const sentence = useCronSentence();
  return useMemo(
    () => [
      { id: 'name', header: t('column.name'), size: 190, grow: true, cell: ({ name }) => name },
      { id: 'actions', header: t('schedule.actions'), size: 130, cell: (schedule) => <Actions schedule={schedule} /> },
      { id: 'type', header: t('column.type'), size: 170, cell: ({ exportType }) => typeText(exportType) },
      {
        id: 'times',
        header: t('form.when'),
        size: 300,
        cell: ({ cron, timeZone }) => `${sentence(cron)} (${timeZone})`,
      },
      { id: 'period', header: t('form.period'), size: 170, cell: ({ period }) => t(`period.${period}`) },
      {
        id: 'state',
        header: t('schedule.state'),
        size: 90,
        cell: ({ enabled }) => (
          <Badge variant="default" tt="none" style={{ verticalAlign: 'middle' }}>
            {t(enabled ? 'schedule.on' : 'schedule.off')}
          </Badge>
        ),
      },
      {
        id: 'next',
        header: t('schedule.next'),
        size: 130,
        cell: ({ nextRunAt }) => nextRunAt && <Time at={nextRunAt} />,
      },
      {
        id: 'last',
        header: t('schedule.last'),
        size: 140,
        cell: ({ lastRunAt, lastExportId }) =>
          lastExportId && lastRunAt ? (
            <Link to="/exports/$exportId" params={{ exportId: lastExportId }}>
              <Time at={lastRunAt} />
            </Link>
          ) : (
            lastRunAt && <Time at={lastRunAt} />
          ),
      },
      {
        id: 'error',
        header: t('schedule.error'),
        size: 200,
        cell: ({ lastError }) => (
          <Text size="sm" c="var(--mantine-color-error)" dir="auto" truncate component="span">
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
    [t, typeText, sentence, isAnybodys],
  );
}

/** Runs, pauses, changes and deletes one. Of somebody else's, an owner may pause and delete. */
function Actions({ schedule }: { schedule: ExportSchedule }) {
  const { t } = useTranslation('exports');
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
          {t(schedule.enabled ? 'verb.pause' : 'verb.resume')}
        </Menu.Item>
        <Menu.Item disabled={!isMine} onClick={() => setFilters({ edit: schedule.id })}>
          {shell('edit')}
        </Menu.Item>
        <Menu.Item renderRoot={(props) => <Link to="/exports" search={{ schedule: schedule.id }} {...props} />}>
          {t('schedule.runs')}
        </Menu.Item>
        <Menu.Item c="var(--mantine-color-error)" onClick={() => void verbs.remove()}>
          {shell('remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Exports that come by themselves. */
export default function SchedulesTab() {
  const { t } = useTranslation('exports');
  const [{ owner, edit }, setFilters] = useFilters();
  const mayAll = useVerdict()('POST /v1/admin/admins').allowed;
  const isAnybodys = owner === 'all' && mayAll;
  const list = useList('GET /v1/admin/export-schedules', {
    query: { limit: 100, ...(isAnybodys && { owner: 'all' }) },
  });
  const columns = useColumns(isAnybodys);
  const edited = list.items.find(({ id }) => id === edit);
  return (
    <>
      <DataTable
        key={isAnybodys ? 'all' : 'mine'}
        name="export-schedules"
        label={t('tabs.schedules')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        onOpen={({ id }) => setFilters({ edit: id })}
        height="calc(100dvh - 290px)"
        tools={
          mayAll && (
            <Checkbox
              label={t('schedule.anybodys')}
              checked={isAnybodys}
              onChange={(event) => setFilters({ owner: event.currentTarget.checked ? 'all' : undefined })}
            />
          )
        }
        empty={<Empty kind="none" title={t('schedule.none')} hint={t('schedule.noneHint')} />}
      />
      <Suspense fallback={null}>
        {edited && <EditSchedule key={edited.id} schedule={edited} onClose={() => setFilters({ edit: undefined })} />}
      </Suspense>
    </>
  );
}
