import { Alert, Code, Stack, Title } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { UiEvent } from '../../api/schema.gen.ts';
import { Instant, ServiceName, serviceTerm } from './cells.tsx';
import { Fact, Facts } from './facts.tsx';
import { Side } from './side.tsx';
import type { Query } from './use-asked.ts';

/** One event, as the browser told it. */
export function EventDrawer({ event, query, onClose }: { event: UiEvent; query: Query; onClose: () => void }) {
  const { t } = useTranslation('audit');
  const { services } = query;
  return (
    <Side title={`${t('events.title')}: ${event.eventType}`} onClose={onClose}>
      <Stack>
        <Alert variant="light" color="gray" icon={<IconInfoCircle aria-hidden />}>
          {t('events.word')}
        </Alert>
        <Facts>
          <Fact label={t('fields.time')} value={event.timestamp}>
            <Instant at={event.timestamp} />
          </Fact>
          <Fact label={t('fields.actor')} value={event.actorEmail} name="actor" query={query}>
            <bdi>{event.actorEmail}</bdi>
          </Fact>
          <Fact label={t('fields.type')} value={event.eventType} name="type" query={query} />
          <Fact label={t('fields.component')} value={event.componentName} name="component" query={query} />
          <Fact label={t('fields.page')} value={event.pagePath} name="page" query={query} />
          {event.serviceId && (
            <Fact
              label={t('fields.service')}
              value={serviceTerm(event.serviceId, services)}
              name="service"
              query={query}
            >
              <ServiceName id={event.serviceId} services={services} />
            </Fact>
          )}
          <Fact label={t('fields.session')} value={event.sessionId} name="session" query={query} />
          <Fact label={t('fields.trace')} value={event.traceId} name="trace" query={query} />
          <Fact label={t('fields.address')} value={event.ipAddress} />
          <Fact label={t('fields.userAgent')} value={event.userAgent}>
            {event.userAgent}
          </Fact>
        </Facts>
        <Title order={3}>{t('fields.properties')}</Title>
        <Code block className="ltr">
          {JSON.stringify(event.properties, null, 2)}
        </Code>
      </Stack>
    </Side>
  );
}
