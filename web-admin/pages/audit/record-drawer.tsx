import {
  ActionIcon,
  Button,
  Code,
  Group,
  CopyButton as MantineCopy,
  Skeleton,
  Stack,
  Tabs,
  Text,
  Tooltip,
} from '@mantine/core';
import { IconCheck, IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AuditLog } from '../../api/schema.gen.ts';
import { useRead } from '../../api/use-api.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Instant, OutcomeMark, ServiceName, serviceTerm } from './cells.tsx';
import { Changes } from './changes.tsx';
import { Fact, Facts } from './facts.tsx';
import { Related } from './related.tsx';
import { Side } from './side.tsx';
import type { Query } from './use-asked.ts';

/** Where this record, and nothing else, is shown. */
const linkTo = (id: string) => `${window.location.origin}/audit?record=${id}`;

function Copies({ record }: { record: AuditLog }) {
  const { t } = useTranslation('audit');
  const copies = [
    ['copyLink', linkTo(record.id)],
    ['copyId', record.id],
    ['copyJson', JSON.stringify(record, null, 2)],
  ] as const;
  return copies.map(([name, value]) => (
    <MantineCopy key={name} value={value}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          onClick={copy}
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : undefined}
        >
          {t(`record.${name}`)}
        </Button>
      )}
    </MantineCopy>
  ));
}

function What({ record, query }: { record: AuditLog; query: Query }) {
  const { t } = useTranslation('audit');
  const { services } = query;
  return (
    <Facts>
      <Fact label={t('fields.time')} value={record.timestamp}>
        <Instant at={record.timestamp} />
      </Fact>
      <Fact label={t('fields.actor')} value={record.actorEmail} name="actor" query={query}>
        <bdi>{record.actorEmail}</bdi>
      </Fact>
      <Fact label={t('fields.role')} value={record.actorRole}>
        {record.actorRole}
      </Fact>
      <Fact label={t('fields.action')} value={record.action} name="action" query={query} />
      <Fact label={t('fields.outcome')} value={record.outcome} name="outcome" query={query}>
        <OutcomeMark outcome={record.outcome} />
      </Fact>
      <Fact label={t('fields.resource')} value={record.resource} name="resource" query={query} />
      <Fact label={t('fields.resourceId')} value={record.resourceId} name="resource-id" query={query} />
      <Fact label={t('fields.service')} value={serviceTerm(record.serviceId, services)} name="service" query={query}>
        <ServiceName id={record.serviceId} services={services} />
      </Fact>
      <Fact label={t('fields.reason')} value={record.reason}>
        <bdi>{record.reason}</bdi>
      </Fact>
      <Fact label={t('fields.request')} value={record.requestId} name="request" query={query} />
      <Fact label={t('fields.trace')} value={record.traceId} name="trace" query={query} />
      <Fact label={t('fields.session')} value={record.sessionId} name="session" query={query} />
      <Fact label={t('fields.actorId')} value={record.actorId} name="actor" query={query} />
      <Fact label={t('fields.address')} value={record.ipAddress} />
      <Fact label={t('fields.id')} value={record.id} />
    </Facts>
  );
}

function Detail({ record, query }: { record: AuditLog; query: Query }) {
  const { t } = useTranslation('audit');
  return (
    <Stack>
      <Group gap="xs">
        <Copies record={record} />
      </Group>
      <What record={record} query={query} />
      <Tabs defaultValue="changes" keepMounted={false}>
        <Tabs.List mb="sm">
          {(['changes', 'related', 'json'] as const).map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`record.tabs.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="changes">
          <Changes record={record} />
        </Tabs.Panel>
        <Tabs.Panel value="related">
          <Related record={record} />
        </Tabs.Panel>
        <Tabs.Panel value="json">
          <Code block className="ltr">
            {JSON.stringify(record, null, 2)}
          </Code>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

interface RecordDrawerProps {
  id: string;
  query: Query;
  onMove: (by: 1 | -1) => void;
  onClose: () => void;
}

/** One record with everything that is known of it; j and k go on to its neighbours. */
export default function RecordDrawer({ id, query, onMove, onClose }: RecordDrawerProps) {
  const { t } = useTranslation('audit');
  const { data, error, isPending, isPlaceholderData, refetch } = useRead('GET /v1/audit/logs/{id}', { path: { id } });
  const record = data?.id === id ? data : undefined;
  const moves = [
    [-1, 'previous', IconChevronUp],
    [1, 'next', IconChevronDown],
  ] as const;
  return (
    <Side title={t('record.title')} onClose={onClose} onMove={onMove}>
      <Group gap={4} mb="sm">
        {moves.map(([by, name, Icon]) => (
          <Tooltip key={name} label={t(`record.${name}`)}>
            <ActionIcon variant="default" size={28} aria-label={t(`record.${name}`)} onClick={() => onMove(by)}>
              <Icon size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        ))}
        <Text size="xs" c="dimmed">
          {t('record.moves')}
        </Text>
      </Group>
      {(isPending || isPlaceholderData) && !record && <Skeleton height={420} />}
      {error && !record && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      {record && <Detail key={id} record={record} query={query} />}
    </Side>
  );
}
