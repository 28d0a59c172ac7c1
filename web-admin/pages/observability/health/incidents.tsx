import { Badge, Stack, Table, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SystemStatus } from '../../../api/schema.gen.ts';
import { Time } from '../../../components/time.tsx';
import { StatusBadge } from '../status-badge.tsx';

type Incident = SystemStatus['incidents'][number];
type ComponentName = SystemStatus['components'][number]['name'];

interface IncidentsProps {
  title: string;
  incidents: Incident[];
  none: string;
}

/** What an incident is about: a component, a queue, or everything. */
function useSubject(known: ReadonlySet<string>): (subject: string) => string {
  const { t } = useTranslation('observability');
  return (subject) => {
    if (subject === '') return t('steward');
    return known.has(subject) ? t(`componentName.${subject as ComponentName}`) : t('queueNamed', { queue: subject });
  };
}

const COMPONENTS: ReadonlySet<string> = new Set<ComponentName>([
  ...(['postgres', 'clickhouse', 'cache', 'files', 'queues', 'durable_objects', 'issuer', 'notifications'] as const),
]);

export function Incidents({ title, incidents, none }: IncidentsProps) {
  const { t } = useTranslation('observability');
  const subject = useSubject(COMPONENTS);
  return (
    <Stack gap="xs" component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      {incidents.length === 0 ? (
        <Text c="dimmed">{none}</Text>
      ) : (
        <Table.ScrollContainer minWidth={640}>
          <Table aria-label={title}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('incident.subject')}</Table.Th>
                <Table.Th scope="col">{t('incident.says')}</Table.Th>
                <Table.Th scope="col">{t('incident.severity')}</Table.Th>
                <Table.Th scope="col">{t('incident.opened')}</Table.Th>
                <Table.Th scope="col">{t('incident.closed')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {incidents.map((incident) => (
                <Table.Tr key={incident.id} data-incident={incident.id}>
                  <Table.Th scope="row">{subject(incident.subject)}</Table.Th>
                  <Table.Td>{t(`rule.${incident.rule}`)}</Table.Td>
                  <Table.Td>
                    {incident.closedAt === null ? (
                      <StatusBadge
                        status={incident.severity === 'critical' ? 'down' : 'degraded'}
                        label={t(`severity.${incident.severity}`)}
                      />
                    ) : (
                      <Badge variant="default" tt="none" fw={500}>
                        {t(`severity.${incident.severity}`)}
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Time at={incident.openedAt} absolute />
                  </Table.Td>
                  <Table.Td>
                    {incident.closedAt ? <Time at={incident.closedAt} absolute /> : t('incident.open')}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}
