import { Button, Loader, Stack, Text, Title } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { Empty } from '../../components/empty.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { printTerm } from './query/terms.ts';
import { isGuid } from './query/to-filter.ts';
import type { Query } from './use-asked.ts';

const ALL = '2019-01-01T00:00:00Z';
const ONE = { limit: 1, from: ALL };

/** Everything the id may be, asked at the same time. */
function useCandidates(id: string, query: Query) {
  const { t } = useTranslation('audit');
  const guid = isGuid(id);
  const asGuid = { enabled: guid };
  const asTrace = { enabled: !guid };
  const record = useRead('GET /v1/audit/logs/{id}', { path: { id } }, asGuid);
  const timeline = useRead('GET /v1/audit/sessions/{id}/timeline', { path: { id }, query: { limit: 1 } }, asGuid);
  const session = useRead('GET /v1/audit/logs', { query: { ...ONE, sessionId: id } }, asGuid);
  const request = useRead('GET /v1/audit/logs', { query: { ...ONE, requestId: id } }, asGuid);
  const actor = useRead('GET /v1/audit/logs', { query: { ...ONE, actorId: id } }, asGuid);
  const resource = useRead('GET /v1/audit/logs', { query: { ...ONE, resourceId: id } }, asGuid);
  const requestCalls = useRead('GET /v1/audit/api-logs', { query: { ...ONE, requestId: id } }, asGuid);
  const trace = useRead('GET /v1/audit/logs', { query: { ...ONE, traceId: id } }, asTrace);
  const traceCalls = useRead('GET /v1/audit/api-logs', { query: { ...ONE, traceId: id } }, asTrace);
  const some = (page: { data?: { items: unknown[] } | undefined; isPlaceholderData: boolean }) =>
    !page.isPlaceholderData && (page.data?.items.length ?? 0) > 0;
  const since = `created:>=${ALL.slice(0, 10)}`;
  const to = (name: string) => ({ q: `${printTerm({ name, value: id, negated: false })} ${since}` });
  const name = query.services.nameOf(id);
  const asked = [record, timeline, session, request, actor, resource, requestCalls, trace, traceCalls];
  return {
    searching: asked.some(({ isFetching, data, error }) => isFetching && (!data || error !== null)),
    // What is not there is an answer too.
    broken: asked.find(({ error }) => error !== null && error.status !== 404),
    found: [
      { key: 'record', there: record.data?.id === id, label: t('lookup.record'), search: { record: id } },
      { key: 'timeline', there: timeline.data?.session.id === id, label: t('lookup.session'), search: null },
      { key: 'session', there: some(session), label: t('lookup.sessionRecords'), search: to('session') },
      { key: 'request', there: some(request), label: t('lookup.request'), search: to('request') },
      {
        key: 'requestCalls',
        there: some(requestCalls),
        label: t('lookup.requestCalls'),
        search: { ...to('request'), view: 'api-logs' },
      },
      { key: 'trace', there: some(trace), label: t('lookup.trace'), search: to('trace') },
      {
        key: 'traceCalls',
        there: some(traceCalls),
        label: t('lookup.traceCalls'),
        search: { ...to('trace'), view: 'api-logs' },
      },
      { key: 'actor', there: some(actor), label: t('lookup.actor'), search: to('actor') },
      { key: 'resource', there: some(resource), label: t('lookup.resource'), search: to('resource-id') },
      { key: 'service', there: name !== undefined, label: t('lookup.service', { name }), search: to('service') },
    ].filter(({ there }) => there),
  };
}

/** An id alone, as it is pasted out of a log: leads to what it belongs to, or asks which of several is meant. */
export function IdLookup({ id, query }: { id: string; query: Query }) {
  const { t } = useTranslation('audit');
  const navigate = useNavigate();
  const [, setFilters] = useFilters();
  const { searching, broken, found } = useCandidates(id, query);
  const [only, another] = found;
  const go = (search: Record<string, string> | null, replace: boolean) => {
    if (search === null) void navigate({ to: '/audit/sessions/$sessionId', params: { sessionId: id }, replace });
    else setFilters({ q: undefined, ...search }, { replace });
  };
  const settled = !searching && !broken && only && !another ? only : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is known what the id is
  useEffect(() => {
    if (settled) go(settled.search, true);
  }, [settled?.key]);
  if (broken) return <ProblemAlert problem={broken.error} onRetry={() => void broken.refetch()} />;
  if (searching || settled)
    return (
      <Stack align="center" py="xl" role="status">
        <Loader />
        <Text size="sm">{t('lookup.searching', { id })}</Text>
      </Stack>
    );
  const asWords = (
    <Button
      variant="default"
      size="xs"
      onClick={() => query.setText(printTerm({ name: null, negated: false, value: id, quoted: true }))}
    >
      {t('lookup.words')}
    </Button>
  );
  if (!only)
    return <Empty kind="noMatch" title={t('lookup.nothing')} hint={t('lookup.nothingHint')} action={asWords} />;
  return (
    <Stack align="flex-start" gap="xs" data-lookup>
      <Title order={2}>{t('lookup.title', { id })}</Title>
      {found.map(({ key, label, search }) => (
        <Button
          key={key}
          variant="light"
          rightSection={<IconArrowRight size={16} aria-hidden />}
          onClick={() => go(search as Record<string, string> | null, false)}
        >
          {label}
        </Button>
      ))}
      {asWords}
    </Stack>
  );
}
