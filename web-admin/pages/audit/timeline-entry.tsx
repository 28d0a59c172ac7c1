import { Badge, Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { TimelineItem } from '../../api/schema.gen.ts';
import { useFormat } from '../../i18n/format.ts';
import { usePreferences } from '../../shell/preferences.ts';
import classes from './audit.module.css';
import { Status } from './call-status.tsx';
import { OutcomeMark } from './cells.tsx';
import { durationParts } from './gaps.ts';

/** What an entry says, by its kind. */
function Entry({ item }: { item: TimelineItem }) {
  const { t } = useTranslation('audit');
  const format = useFormat();
  if (item.kind === 'audit') {
    const { id, action, resource, resourceId, outcome, reason } = item.entry;
    return (
      <>
        <Group gap="xs">
          <Link to="/audit" search={{ record: id } as never}>
            <code>{action}</code>
          </Link>
          <OutcomeMark outcome={outcome} />
          <code>{resource}</code>
          {resourceId && <code>{resourceId}</code>}
        </Group>
        {reason && (
          <Text size="sm" c="dimmed">
            <bdi>{reason}</bdi>
          </Text>
        )}
      </>
    );
  }
  if (item.kind === 'api-call') {
    const { id, method, endpoint, status, durationMs, errorCode } = item.entry;
    return (
      <Group gap="xs">
        <Status status={status} />
        <Link to="/audit" search={{ view: 'api-logs', record: id } as never}>
          <code>
            {method} {endpoint}
          </code>
        </Link>
        <Text span size="sm" c="dimmed">
          {t('ms', { count: durationMs, formatted: format.number(durationMs) })}
        </Text>
        {errorCode && <code>{errorCode}</code>}
      </Group>
    );
  }
  const { eventType, componentName, pagePath } = item.entry;
  return (
    <Group gap="xs">
      <code>{eventType}</code>
      {componentName && <bdi>{componentName}</bdi>}
      <code>{pagePath}</code>
    </Group>
  );
}

/** One moment of a session: its time of day, whose word it is, and what happened. */
export function TimelineEntry({ item }: { item: TimelineItem }) {
  const { t } = useTranslation('audit');
  const format = useFormat();
  const { language, clock } = usePreferences();
  const time = new Date(item.entry.timestamp).toLocaleTimeString(language, {
    timeStyle: 'medium',
    ...(clock === 'utc' ? { timeZone: 'UTC' } : {}),
  });
  const client = item.attestedBy === 'client';
  return (
    <li className={classes.moment} data-kind={item.kind}>
      <time dateTime={item.entry.timestamp} title={format.time(item.entry.timestamp)}>
        {time}
      </time>
      <div className={client ? classes.client : classes.server}>
        <Group gap="xs" mb={2}>
          <Text span size="xs" c="dimmed">
            {t(`session.one.${item.kind}`)}
          </Text>
          {client && (
            <Badge variant="default" size="sm" title={t('session.clientHint')}>
              {t('session.client')}
            </Badge>
          )}
        </Group>
        <Entry item={item} />
      </div>
    </li>
  );
}

/** Where nothing happened for a while. */
export function Gap({ ms }: { ms: number }) {
  const { t } = useTranslation('audit');
  const { language } = usePreferences();
  const duration = durationParts(ms)
    .map(({ unit, count }) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count),
    )
    .join(' ');
  return <li className={classes.gap}>{t('session.gap', { duration })}</li>;
}
