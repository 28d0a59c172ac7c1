import { Button, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ApiLog } from '../../api/schema.gen.ts';
import { useRead } from '../../api/use-api.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Status } from './call-status.tsx';
import { Instant, ServiceName, serviceTerm } from './cells.tsx';
import { Fact, Facts } from './facts.tsx';
import { Side } from './side.tsx';
import type { Query } from './use-asked.ts';

/** JSON as it is read; what was cut is no JSON any more and stays as it is. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Body({ title, text }: { title: string; text: string | null }) {
  const { t } = useTranslation('audit');
  return (
    <Stack gap={4}>
      <Title order={3}>{title}</Title>
      {text === null ? (
        <Text size="sm" c="dimmed">
          {t('calls.notKept')}. {t('calls.notKeptHint')}
        </Text>
      ) : (
        <Code block className="ltr" mah={360} style={{ overflow: 'auto' }} tabIndex={0}>
          {laidOut(text)}
        </Code>
      )}
    </Stack>
  );
}

function Call({ call, query }: { call: ApiLog; query: Query }) {
  const { t } = useTranslation('audit');
  const { services } = query;
  return (
    <Stack>
      <Facts>
        <Fact label={t('fields.time')} value={call.timestamp}>
          <Instant at={call.timestamp} />
        </Fact>
        <Fact label={t('fields.status')} value={String(call.status)} name="status" query={query}>
          <Status status={call.status} />
        </Fact>
        <Fact label={t('fields.method')} value={call.method} name="method" query={query} />
        <Fact label={t('fields.endpoint')} value={call.endpoint} name="endpoint" query={query} />
        <Fact label={t('fields.duration')} value={String(call.durationMs)}>
          {t('ms', { count: call.durationMs })}
        </Fact>
        <Fact label={t('fields.error')} value={call.errorCode ?? ''} name="error" query={query} />
        <Fact label={t('fields.actor')} value={call.actorEmail} name="actor" query={query}>
          <bdi>{call.actorEmail}</bdi>
        </Fact>
        <Fact label={t('fields.role')} value={call.actorRole}>
          {call.actorRole}
        </Fact>
        {call.serviceId && (
          <Fact label={t('fields.service')} value={serviceTerm(call.serviceId, services)} name="service" query={query}>
            <ServiceName id={call.serviceId} services={services} />
          </Fact>
        )}
        <Fact label={t('fields.session')} value={call.sessionId} name="session" query={query} />
        <Fact label={t('fields.request')} value={call.requestId} name="request" query={query} />
        <Fact label={t('fields.trace')} value={call.traceId} name="trace" query={query} />
        <Fact label={t('fields.address')} value={call.ipAddress} />
        <Fact label={t('fields.userAgent')} value={call.userAgent}>
          {call.userAgent}
        </Fact>
      </Facts>
      <Group>
        <Button
          size="xs"
          variant="default"
          component={Link}
          to="/audit"
          search={{ q: `request:${call.requestId}` } as never}
        >
          {t('calls.records')}
        </Button>
      </Group>
      <Body title={t('fields.requestBody')} text={call.requestBody} />
      <Body title={t('fields.responseBody')} text={call.responseBody} />
    </Stack>
  );
}

/** One call of the admin API, with what was kept of its bodies. */
export function CallDrawer({ id, query, onClose }: { id: string; query: Query; onClose: () => void }) {
  const { t } = useTranslation('audit');
  const call = useRead('GET /v1/audit/api-logs/{id}', { path: { id } });
  return (
    <Side title={t('calls.title')} onClose={onClose}>
      {call.isPending && <Skeleton height={420} />}
      {call.error && <ProblemAlert problem={call.error} onRetry={() => void call.refetch()} />}
      {call.data?.id === id && <Call call={call.data} query={query} />}
    </Side>
  );
}
