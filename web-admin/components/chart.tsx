import { Button, Group, Skeleton, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core';
import { lazy, Suspense, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import classes from './chart.module.css';
import { type ChartSeries, summaryOf } from './chart-data.ts';

export type { ChartSeries } from './chart-data.ts';

const Plot = lazy(() => import('./chart-plot.tsx'));

interface ChartProps {
  title: string;
  /** The level of the title among the headings of the page. */
  order?: 2 | 3;
  /** Seconds since the epoch, ascending. */
  times: number[];
  series: ChartSeries[];
  /** Bars, each series on top of the one before it; lines otherwise. */
  bars?: boolean;
  /** A value as a person reads it. */
  format?: (value: number) => string;
  height?: number;
  /** A stretch of time was chosen by dragging over the chart; in seconds since the epoch. */
  onSelect?: (from: number, to: number) => void;
  /** Charts of the same name point at the same time. */
  sync?: string;
}

/** What the curve says, for whoever does not see it. */
function useSummary(times: number[], format: (value: number) => string) {
  const { t } = useTranslation();
  const { time } = useFormat();
  return ({ label, values }: ChartSeries) => {
    const summary = summaryOf(values);
    if (!summary) return t('chart.nothing', { label });
    const { least, most, peak, last } = summary;
    return t('chart.summary', {
      label,
      least: format(least),
      most: format(most),
      at: time((times[peak] ?? 0) * 1000),
      last: format(last),
    });
  };
}

function Values({ times, series, title, format }: Required<Pick<ChartProps, 'times' | 'series' | 'title' | 'format'>>) {
  const { t } = useTranslation();
  const { time } = useFormat();
  return (
    <Table.ScrollContainer minWidth={320} maxHeight={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table stickyHeader>
        <Table.Caption>{title}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('chart.time')}</Table.Th>
            {series.map(({ label }) => (
              <Table.Th key={label} scope="col" ta="end">
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {times.map((at, index) => (
            <Table.Tr key={at}>
              <Table.Th scope="row" fw={400}>
                {time(at * 1000)}
              </Table.Th>
              {series.map(({ label, values }) => {
                const value = values[index] ?? null;
                return (
                  <Table.Td key={label} ta="end">
                    {value === null ? '–' : format(value)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Figures over time. The curves are drawn once their code is here; what they say is there as words and as a table too. */
export function Chart({
  title,
  order = 2,
  times,
  series,
  bars = false,
  format: given,
  height = 200,
  onSelect,
  sync,
}: ChartProps) {
  const { t } = useTranslation();
  const formats = useFormat();
  const format = given ?? formats.number;
  const [point, setPoint] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const summary = useSummary(times, format);
  const at = point === null ? undefined : times[point];
  return (
    <figure className={classes.figure} aria-labelledby={id}>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Title order={order} size="h3" id={id}>
            {title}
          </Title>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            aria-expanded={asTable}
            onClick={() => setAsTable((was) => !was)}
          >
            {t('chart.table')}
            <VisuallyHidden>: {title}</VisuallyHidden>
          </Button>
        </Group>
        <VisuallyHidden>{series.map(summary).join(' ')}</VisuallyHidden>
        <Group gap="md" aria-hidden mih={20}>
          {series.map(({ label, colour, dashed, values }) => {
            const value = point === null ? null : (values[point] ?? null);
            return (
              <Group key={label} gap={6} wrap="nowrap">
                <span
                  className={classes.swatch}
                  style={{ '--swatch': `var(--chart-${colour})` } as React.CSSProperties}
                  data-dashed={dashed || undefined}
                  data-filled={bars || undefined}
                />
                <Text size="sm">
                  {label}
                  {value !== null && <b> {format(value)}</b>}
                </Text>
              </Group>
            );
          })}
          {at !== undefined && (
            <Text size="sm" c="dimmed" ms="auto">
              {formats.time(at * 1000)}
            </Text>
          )}
        </Group>
        <div aria-hidden>
          <Suspense fallback={<Skeleton height={height} />}>
            <Plot
              {...{ times, series, bars, height, format, onPoint: setPoint }}
              {...(onSelect && { onSelect })}
              {...(sync !== undefined && { sync })}
            />
          </Suspense>
        </div>
        {asTable && <Values {...{ times, series, title, format }} />}
      </Stack>
    </figure>
  );
}
