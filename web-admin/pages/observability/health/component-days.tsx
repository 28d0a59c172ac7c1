import { Box, Button, Group, Paper, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { SystemStatus } from '../../../api/schema.gen.ts';
import { Time } from '../../../components/time.tsx';
import { useFormat } from '../../../i18n/format.ts';
import { STATUS_INK, StatusBadge } from '../status-badge.tsx';
import classes from './component-days.module.css';
import { type Day, lookOf, sharePercent } from './days.ts';

/** "99.98 %", or that nobody has looked. */
function useShare(): (share: number | null) => string {
  const { t } = useTranslation('observability');
  const { language } = useTranslation().i18n;
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 });
  return (share) => (share === null ? t('days.noLooks') : percent.format(sharePercent(share)));
}

/** Noon is the same day in nearly every zone; the days are UTC. */
const noon = (day: string) => `${day}T12:00:00Z`;

function DaysTable({ days, name }: { days: Day[]; name: string }) {
  const { t } = useTranslation('observability');
  const format = useFormat();
  const share = useShare();
  const looked = days.filter(({ uptime }) => uptime !== null).toReversed();
  if (looked.length === 0) return <Text size="sm">{t('days.noLooks')}</Text>;
  return (
    <Table.ScrollContainer minWidth={420} maxHeight={280} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table stickyHeader>
        <Table.Caption>{t('days.caption', { name })}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('days.day')}</Table.Th>
            <Table.Th scope="col">{t('component.status')}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t('days.uptime')}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t('days.degraded')}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t('days.down')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {looked.map((day) => (
            <Table.Tr key={day.day}>
              <Table.Th scope="row" fw={400}>
                {format.day(noon(day.day))}
              </Table.Th>
              <Table.Td>{t(`dayLook.${lookOf(day)}`)}</Table.Td>
              <Table.Td ta="end">{share(day.uptime)}</Table.Td>
              <Table.Td ta="end">{format.number(day.degraded)}</Table.Td>
              <Table.Td ta="end">{format.number(day.down)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Ninety days of a component: bars for the eye, and the same as a table. */
export function ComponentDays({ component }: { component: SystemStatus['components'][number] }) {
  const { t } = useTranslation('observability');
  const format = useFormat();
  const share = useShare();
  const [asTable, table] = useDisclosure();
  const name = t(`componentName.${component.name}`);
  const said = (day: Day) =>
    day.uptime === null
      ? `${format.day(noon(day.day))}: ${t('days.noLooks')}`
      : t('days.bar', { day: format.day(noon(day.day)), uptime: share(day.uptime), down: day.down });
  return (
    <Paper withBorder p="sm" data-component={component.name}>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Title order={3}>{name}</Title>
          <Group gap="xs">
            <StatusBadge status={component.status} />
            <Text size="sm" c="dimmed" component="div">
              {t('component.since')} <Time at={component.since} />
            </Text>
          </Group>
        </Group>
        <div className={classes.bars} aria-hidden>
          {component.days.map((day) => (
            <Box
              key={day.day}
              component="span"
              className={classes.bar}
              title={said(day)}
              data-look={lookOf(day)}
              style={{ background: STATUS_INK[lookOf(day)] }}
            />
          ))}
        </div>
        <Group justify="space-between" gap="xs">
          <Text size="sm">{t('days.share', { uptime: share(component.uptime) })}</Text>
          <Button size="compact-sm" variant="subtle" color="gray" aria-expanded={asTable} onClick={table.toggle}>
            {t('days.table')}
            <VisuallyHidden>: {name}</VisuallyHidden>
          </Button>
        </Group>
        {asTable && <DaysTable days={component.days} name={name} />}
      </Stack>
    </Paper>
  );
}
