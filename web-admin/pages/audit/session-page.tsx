import { Button, Group, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditSession } from '../../api/schema.gen.ts';
import { useList, useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { Copyable } from '../../components/copyable.tsx';
import { Empty, NoPermission } from '../../components/empty.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat } from '../../i18n/format.ts';
import classes from './audit.module.css';
import { Instant } from './cells.tsx';
import { Fact, Facts } from './facts.tsx';
import { withGaps } from './gaps.ts';
import { SessionEnd } from './session-end.tsx';
import { Gap, TimelineEntry } from './timeline-entry.tsx';

const ROUTE = 'GET /v1/audit/sessions/{id}/timeline';
const KINDS = ['all', 'ui-event', 'api-call', 'audit'] as const;

function About({ session }: { session: AuditSession }) {
  const { t } = useTranslation('audit');
  const format = useFormat();
  const { counts } = session;
  const counted = [
    ['records', counts.auditRecords],
    ['changes', counts.changes],
    ['denials', counts.denials],
    ['calls', counts.apiCalls],
    ['errors', counts.apiErrors],
    ['events', counts.uiEvents],
  ] as const;
  return (
    <Stack gap="xs">
      <Facts>
        <Fact label={t('fields.started')} value={session.startedAt}>
          <Instant at={session.startedAt} />
        </Fact>
        <Fact label={t('fields.lastSeen')} value={session.lastSeenAt}>
          <Instant at={session.lastSeenAt} />
        </Fact>
        {session.endedAt && (
          <Fact label={t('fields.ended')} value={session.endedAt}>
            <Instant at={session.endedAt} />
          </Fact>
        )}
        <Fact label={t('fields.role')} value={session.actorRole}>
          {session.actorRole}
        </Fact>
        <Fact label={t('fields.kind')} value={session.kind ?? ''}>
          {t(`sessions.${session.kind ?? 'unknown'}`)}
        </Fact>
        <Fact label={t('fields.address')} value={session.ipAddress} />
        <Fact label={t('fields.userAgent')} value={session.userAgent}>
          {session.userAgent}
        </Fact>
      </Facts>
      <Group gap="lg" component="section" aria-label={t('session.counts')}>
        {counted.map(([name, count]) => (
          <Text key={name} size="sm">
            <strong>{format.number(count)}</strong> {t(`fields.${name}`)}
          </Text>
        ))}
      </Group>
    </Stack>
  );
}

function Timeline({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation('audit');
  const [{ kind }, setFilters] = useFilters();
  const chosen = KINDS.find((each) => each === kind) ?? 'all';
  const { items, query } = useList(ROUTE, {
    path: { id: sessionId },
    query: { limit: 200, ...(chosen === 'all' ? {} : { kind: chosen }) },
  });
  const moments = useMemo(() => withGaps(items), [items]);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>{t('session.timeline')}</Title>
        <SegmentedControl
          aria-label={t('session.kinds')}
          data={KINDS.map((value) => ({ value, label: t(`session.${value}`) }))}
          value={chosen}
          onChange={(value) => setFilters({ kind: value === 'all' ? undefined : value })}
        />
      </Group>
      {query.isPending && <Skeleton height={320} />}
      {query.error && <ProblemAlert problem={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <Empty kind="noMatch" title={t('session.none')} />}
      <ol className={classes.timeline}>
        {moments.map((moment) =>
          'gap' in moment ? (
            <Gap key={moment.key} ms={moment.gap} />
          ) : (
            <TimelineEntry key={moment.key} item={moment.item} />
          ),
        )}
      </ol>
      <Group>
        {query.hasNextPage && (
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('session.more')}
          </Button>
        )}
        {items.length > 0 && (
          <Text size="sm" c="dimmed" role="status">
            {t('session.loaded', { count: items.length })}
          </Text>
        )}
      </Group>
    </Stack>
  );
}

/** What happened in one session, in order: what the browser said, and what Steward saw. */
export function SessionPage() {
  const { t } = useTranslation('audit');
  const { sessionId } = useParams({ from: '/shell/audit/sessions/$sessionId' });
  const { data, error, refetch } = useRead(ROUTE, { path: { id: sessionId }, query: { limit: 1 } });
  const session = data?.session.id === sessionId ? data.session : undefined;
  const records = (
    <Button variant="default" component={Link} to="/audit" search={{ q: `session:${sessionId}` } as never}>
      {t('session.records')}
    </Button>
  );
  return (
    <Page
      title={session ? t('session.titleOf', { email: session.actorEmail }) : t('session.title')}
      hint={
        <Group gap="xs">
          <Copyable value={sessionId} />
          {session && <SessionEnd session={session} />}
        </Group>
      }
      actions={
        <>
          <Button variant="default" component={Link} to="/audit" search={{ view: 'sessions' } as never}>
            {t('session.back')}
          </Button>
          {records}
        </>
      }
    >
      {error?.status === 403 && <NoPermission problem={error} />}
      {error?.status === 404 && <Empty kind="beyondRetention" hint={t('session.expired')} />}
      {error && error.status !== 403 && error.status !== 404 && (
        <ProblemAlert problem={error} onRetry={() => void refetch()} />
      )}
      {!session && !error && <Skeleton height={420} />}
      {session && (
        <>
          <About session={session} />
          <Timeline sessionId={sessionId} />
        </>
      )}
    </Page>
  );
}
