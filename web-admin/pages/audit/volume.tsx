import { Button, Group, Skeleton, Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { useAuditEvent } from '../../hooks/index.ts';
import { useFormat } from '../../i18n/format.ts';
import classes from './audit.module.css';
import { OutcomeMark } from './cells.tsx';
import { OUTCOMES, RANGES } from './query/vocabulary.ts';
import type { Query } from './use-asked.ts';
import { VolumeChart } from './volume-chart.tsx';
import { type Chart, createdOf, timeOf, withCreated, withRange } from './volume-range.ts';

const LIVE_MS = 15_000;

/** The ranges that are asked for most. */
function Presets({ query }: { query: Query }) {
  const { t } = useTranslation('audit');
  const { text, setText } = query;
  const chosen = createdOf(text);
  return (
    <Group gap={4} role="group" aria-label={t('volume.presets')}>
      {RANGES.map((each) => (
        <Button
          key={each}
          size="compact-sm"
          variant={chosen === each ? 'light' : 'subtle'}
          color={chosen === each ? 'steward' : 'gray'}
          aria-pressed={chosen === each}
          onClick={() => setText(withCreated(text, chosen === each ? '' : each))}
        >
          {t(`volume.preset.${each}`)}
        </Button>
      ))}
    </Group>
  );
}

function Legend({ chart, query }: { chart: Chart; query: Query }) {
  const { t } = useTranslation('audit');
  const format = useFormat();
  return (
    <Group gap={4}>
      {OUTCOMES.map((outcome) => (
        <UnstyledButton
          key={outcome}
          className={classes.legend}
          onClick={() => query.pick({ name: 'outcome', value: outcome, negated: false })}
        >
          <OutcomeMark outcome={outcome} />{' '}
          {format.number(chart.buckets.reduce((sum, { outcomes }) => sum + outcomes[outcome], 0))}
          <VisuallyHidden>, {t('volume.only', { outcome: t(`outcome.${outcome}`) })}</VisuallyHidden>
        </UnstyledButton>
      ))}
    </Group>
  );
}

/** Beside the list's own error, which says what is wrong: one is enough to be alarmed by. */
function Failed({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation('audit');
  const { t: shell } = useTranslation();
  return (
    <Group gap="xs">
      <Text size="sm">{t('volume.failed')}</Text>
      <Button size="compact-sm" variant="default" onClick={onRetry}>
        {shell('retry')}
      </Button>
    </Group>
  );
}

interface VolumeProps {
  query: Query;
  live: boolean;
  /** When the list below was answered last. */
  listedAt: number;
}

/** How many records a query finds over time; a part of it can be looked at more closely. */
export function Volume({ query, live, listedAt }: VolumeProps) {
  const { t, i18n } = useTranslation('audit');
  const format = useFormat();
  const { trackButtonClick } = useAuditEvent();
  const { filter, range, ready, text, setText } = query;
  const [under, setUnder] = useState<string | null>(null);
  const { data, error, refetch } = useRead(
    'GET /v1/audit/logs/histogram',
    { query: { ...filter, ...range } },
    { enabled: ready, refetchInterval: live ? LIVE_MS : false },
  );
  const failed = error !== null && !data;
  // The server answers the list again: then it has an answer for the chart too.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each answer
  useEffect(() => {
    if (failed && listedAt > 0) void refetch();
  }, [listedAt]);
  // Without the right to read records, the list says so.
  if (error?.status === 403) return null;
  if (failed) return <Failed onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={172} />;
  const { from, to } = data.range;
  const summary = t('volume.summary', { count: data.total, from: format.time(from), to: format.time(to) });
  return (
    <Stack gap={4} component="section" aria-label={t('volume.title')}>
      <Group justify="space-between" gap="xs">
        <Presets query={query} />
        <Legend chart={data} query={query} />
      </Group>
      <VolumeChart
        // Another range has other buckets.
        key={`${from} ${to}`}
        chart={data}
        summary={summary}
        onUnder={setUnder}
        onZoom={(selection) => {
          trackButtonClick('audit-zoom');
          const part = timeOf(data, selection);
          // What goes up to now goes on.
          const open = range.to === undefined && selection.last === data.buckets.length - 1;
          setText(withRange(text, open ? { ...part, to: null } : part));
        }}
      />
      <div className={classes.axis} aria-hidden>
        {/* Time goes from left to right as the bars do, in any language; each text has its own order. */}
        {[format.time(from), under, format.time(to)].map((text, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: three places
          <bdi key={place} dir={i18n.dir()}>
            {text}
          </bdi>
        ))}
      </div>
      <Text size="xs" c="dimmed">
        {t('volume.total', { count: data.total })} {t('volume.hint')}
      </Text>
    </Stack>
  );
}
