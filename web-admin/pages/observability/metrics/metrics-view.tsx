import { Button, Group, Select, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDocumentVisibility } from '@mantine/hooks';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useFilters } from '../../../api/use-filters.ts';
import { useVerdict } from '../../../api/use-me.ts';
import { NoPermission } from '../../../components/empty.tsx';
import { useNow } from '../../../components/time.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { useFormat } from '../../../i18n/format.ts';
import { CHARTS, type ChartName, type ChartTerms, GROUPS } from './charts.ts';
import { MetricChart } from './metric-chart.tsx';
import { nameOf, RANGE_NAMES, rangeOf, stepsFor, type TimeRange, widened } from './time-range.ts';

const ALL = 'all';
const AUTO = 'auto';
const OWN = 'own';
const text = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Now to the minute; it stands still while nobody looks. */
function useMinute(): number {
  const now = Math.ceil(useNow() / 60_000) * 60;
  const visible = useDocumentVisibility() === 'visible';
  const last = useRef(now);
  if (visible) last.current = now;
  return last.current;
}

function useStepText() {
  const { t } = useTranslation('observability');
  return (seconds: number) => {
    if (seconds < 3600) return t('step.minutes', { count: seconds / 60 });
    if (seconds < 86_400) return t('step.hours', { count: seconds / 3600 });
    return t('step.days', { count: seconds / 86_400 });
  };
}

export function MetricsView() {
  const { t } = useTranslation('observability');
  const format = useFormat();
  const stepText = useStepText();
  const { trackButtonClick } = useAuditEvent();
  const [filters, setFilters] = useFilters();
  const verdict = useVerdict()('GET /v1/observability/metrics/query');
  const minute = useMinute();
  const name = nameOf(filters);
  const range = rangeOf(filters, minute);
  const steps = stepsFor(range, minute);
  const step = steps.find((each) => String(each) === filters.step);
  const group = GROUPS.find((each) => each === filters.group);
  if (!verdict.allowed) return <NoPermission missing={verdict.missing} />;
  const zoom = (to: TimeRange) => {
    const wide = widened(to);
    setFilters({ from: text(wide.from), to: text(wide.to), range: undefined });
  };
  return (
    <Stack>
      <Group gap="xs" align="flex-end">
        <Select
          label={t('range.label')}
          data={[
            ...(name === null ? [{ value: OWN, label: t('range.own') }] : []),
            ...RANGE_NAMES.map((value) => ({ value, label: t(`range.${value}`) })),
          ]}
          value={name ?? OWN}
          onChange={(value) =>
            value !== OWN && setFilters({ range: value ?? undefined, from: undefined, to: undefined })
          }
          allowDeselect={false}
          w={170}
        />
        <Select
          label={t('step.label')}
          data={[
            { value: AUTO, label: t('step.auto') },
            ...steps.map((each) => ({ value: String(each), label: stepText(each) })),
          ]}
          value={step ? String(step) : AUTO}
          onChange={(value) => setFilters({ step: value === AUTO ? undefined : (value ?? undefined) })}
          allowDeselect={false}
          w={150}
        />
        <Select
          label={t('group.label')}
          data={[
            { value: ALL, label: t('group.all') },
            ...GROUPS.map((value) => ({ value, label: t(`group.${value}`) })),
          ]}
          value={group ?? ALL}
          onChange={(value) => setFilters({ group: value === ALL ? undefined : (value ?? undefined) })}
          allowDeselect={false}
          w={220}
        />
        {name === null && (
          <Button
            variant="default"
            onClick={() => {
              trackButtonClick('metrics-zoom-out');
              setFilters({ from: undefined, to: undefined });
            }}
          >
            {t('range.reset')}
          </Button>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {name === null
          ? t('range.fixed', { from: format.time(range.from * 1000), to: format.time(range.to * 1000) })
          : t('range.live')}
      </Text>
      {GROUPS.filter((each) => !group || each === group).map((each) => (
        <Stack key={each} gap="sm" component="section" aria-label={t(`group.${each}`)}>
          <Title order={2}>{t(`group.${each}`)}</Title>
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
            {(Object.entries(CHARTS[each]) as [ChartName, ChartTerms][]).map(([chart, terms]) => (
              <MetricChart key={chart} name={chart} terms={terms} range={range} step={step} onZoom={zoom} />
            ))}
          </SimpleGrid>
        </Stack>
      ))}
    </Stack>
  );
}
