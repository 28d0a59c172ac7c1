import { Button, Group, Skeleton, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { AuditLog } from '../../api/schema.gen.ts';
import { useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Instant, OutcomeMark } from './cells.tsx';
import { printTerms } from './query/terms.ts';

const SHOWN = 6;
const AROUND_MS = 30 * 86_400_000;

interface Same {
  title: string;
  filter: Record<string, string>;
  /** The same as a query. */
  terms: [name: string, value: string][];
}

function SameList({ record, same }: { record: AuditLog; same: Same }) {
  const { t } = useTranslation('audit');
  const [, setFilters] = useFilters();
  const at = Date.parse(record.timestamp);
  const [from, to] = [-AROUND_MS, AROUND_MS].map((by) => new Date(at + by).toISOString()) as [string, string];
  const page = useRead('GET /v1/audit/logs', { query: { ...same.filter, from, to, limit: SHOWN + 1 } });
  const others = page.data?.items.filter(({ id }) => id !== record.id).slice(0, SHOWN) ?? [];
  const q = printTerms([
    ...same.terms.map(([name, value]) => ({ name, value, negated: false })),
    { name: 'created', value: `${from.slice(0, 10)}..${to.slice(0, 10)}`, negated: false },
  ]);
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Title order={3}>{same.title}</Title>
        {others.length > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={() => setFilters({ q, record: undefined })}>
            {t('record.all')}
          </Button>
        )}
      </Group>
      {page.isPending && <Skeleton height={80} />}
      {page.error && <ProblemAlert problem={page.error} onRetry={() => void page.refetch()} />}
      {page.data && others.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('record.noOther')}
        </Text>
      )}
      {others.map(({ id, timestamp, action, actorEmail, outcome }) => (
        <UnstyledButton key={id} mih={28} onClick={() => setFilters({ record: id })}>
          <Group gap="xs">
            <Text size="sm" span>
              <Instant at={timestamp} />
            </Text>
            <code>{action}</code>
            <Text size="sm" span c="dimmed">
              <bdi>{actorEmail}</bdi>
            </Text>
            <OutcomeMark outcome={outcome} />
          </Group>
        </UnstyledButton>
      ))}
    </Stack>
  );
}

/** What belongs to a record: of its trace, its session, its resource. */
export function Related({ record }: { record: AuditLog }) {
  const { t } = useTranslation('audit');
  const { traceId, sessionId, resource, resourceId } = record;
  const lists: Same[] = [
    ...(traceId
      ? [{ title: t('record.sameTrace'), filter: { traceId }, terms: [['trace', traceId]] as Same['terms'] }]
      : []),
    ...(sessionId
      ? [{ title: t('record.sameSession'), filter: { sessionId }, terms: [['session', sessionId]] as Same['terms'] }]
      : []),
    ...(resourceId
      ? [
          {
            title: t('record.sameResource'),
            filter: { resource, resourceId },
            terms: [
              ['resource', resource],
              ['resource-id', resourceId],
            ] as Same['terms'],
          },
        ]
      : []),
  ];
  return (
    <Stack>
      {lists.map((same) => (
        <SameList key={same.title} record={record} same={same} />
      ))}
      {sessionId && (
        <Group>
          <Button
            variant="default"
            size="xs"
            component={Link}
            to="/audit/sessions/$sessionId"
            params={{ sessionId } as never}
          >
            {t('record.timeline')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
