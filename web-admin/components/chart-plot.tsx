import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { usePreferences } from '../shell/preferences.ts';
import classes from './chart.module.css';
import { type ChartSeries, stacked } from './chart-data.ts';

export interface PlotProps {
  /** Seconds since the epoch, ascending. */
  times: number[];
  series: ChartSeries[];
  /** Bars, each series on top of the one before it; otherwise lines. */
  bars: boolean;
  height: number;
  format: (value: number) => string;
  /** The index of the time the pointer is at. */
  onPoint: (at: number | null) => void;
  /** A stretch was chosen by dragging; in seconds since the epoch. */
  onSelect?: (from: number, to: number) => void;
  /** Charts of the same name point at the same time. */
  sync?: string;
}

const DAY = 86_400;
const MINUTE = 60;
const AXIS_PX = 64;
const DASHES = [6, 4];
/** Bars count things, and there is no half a thing. */
const WHOLE = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat();
const FONT = '12px system-ui, sans-serif';

/** Times beside the axis, as fine as its steps are. */
function timesIn(language: string, utc: boolean) {
  const zone = utc ? { timeZone: 'UTC' } : {};
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', ...zone });
  const minute = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', ...zone });
  const second = new Intl.DateTimeFormat(language, { timeStyle: 'medium', ...zone });
  return (_: uPlot, splits: number[], _axis: number, _space: number, step: number) => {
    let shown = '';
    return splits.map((at) => {
      const date = day.format(at * 1000);
      if (step >= DAY) return date;
      const time = (step < MINUTE ? second : minute).format(at * 1000);
      const text = date === shown ? time : `${time}\n${date}`;
      shown = date;
      return text;
    });
  };
}

const stepOf = (times: ArrayLike<number>) => (times[1] ?? 0) - (times[0] ?? 0) || MINUTE;

/** Values as uPlot draws them: of bars the tallest first, so that the lower ones are painted over it. */
function dataOf(times: number[], series: ChartSeries[], bars: boolean): uPlot.AlignedData {
  const values = series.map((each) => each.values);
  return [times, ...(bars ? stacked(values).reverse() : values)] as uPlot.AlignedData;
}

function optionsOf(
  element: HTMLElement,
  { series, bars, height, format, sync, onSelect }: Omit<PlotProps, 'times' | 'onPoint'>,
  { language, utc, onPoint }: { language: string; utc: boolean; onPoint: (at: number | null) => void },
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const grid = { stroke: colour('--steward-line'), width: 1 };
  const axis = { stroke: colour('--mantine-color-dimmed'), grid, ticks: { ...grid, size: 4 }, font: FONT };
  const drawn = bars ? series.toReversed() : series;
  return {
    width: Math.max(element.clientWidth, 1),
    height,
    // Days begin where the person at the screen has them begin.
    tzDate: (at) => (utc ? uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') : new Date(at * 1000)),
    legend: { show: false },
    cursor: {
      y: false,
      ...(sync === undefined ? {} : { sync: { key: sync } }),
      drag: { x: onSelect !== undefined, y: false, setScale: false },
    },
    // A bar stands behind its time, the last one too.
    scales: {
      x: { time: true, ...(bars ? { range: ({ data }, from, to) => [from, to + stepOf(data[0])] } : {}) },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] },
    },
    axes: [
      { ...axis, values: timesIn(language, utc), space: 72 },
      {
        ...axis,
        values: (_, splits) => splits.map(format),
        size: AXIS_PX,
        space: 36,
        ...(bars ? { incrs: WHOLE } : {}),
      },
    ],
    series: [
      {},
      ...drawn.map((each): uPlot.Series => {
        const ink = colour(`--chart-${each.colour}`);
        const bar = bars ? uPlot.paths.bars?.({ size: [0.8, 40], align: 1 }) : undefined;
        if (bar) return { paths: bar, fill: ink, width: 0, points: { show: false } };
        return { stroke: ink, width: 2, ...(each.dashed ? { dash: DASHES } : {}) };
      }),
    ],
    hooks: {
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          onSelect?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** The canvas of a chart. What it shows is said in words by the figure around it. */
export default function ChartPlot({ times, series, bars, height, format, onPoint, onSelect, sync }: PlotProps) {
  const scheme = useComputedColorScheme();
  const { language, clock } = usePreferences();
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = useMemo(() => dataOf(times, series, bars), [times, series, bars]);
  // What is called later is that of the last drawing, so that a new function alone draws nothing anew.
  const latest = useRef({ data, format, onPoint, onSelect, series });
  latest.current = { data, format, onPoint, onSelect, series };
  const looks = JSON.stringify(series.map(({ label, colour, dashed }) => [label, colour, dashed]));
  const selects = onSelect !== undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, which `scheme` changes; `looks` stands for the series
  useEffect(() => {
    const at = element.current;
    if (!at) return;
    const now = latest.current;
    const options = optionsOf(
      at,
      {
        ...{ series: now.series, bars, height, format: (value) => latest.current.format(value) },
        ...(sync === undefined ? {} : { sync }),
        ...(selects ? { onSelect: (from, to) => latest.current.onSelect?.(from, to) } : {}),
      },
      { language, utc: clock === 'utc', onPoint: (point) => latest.current.onPoint(point) },
    );
    const made = new uPlot(options, now.data, at);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(at.clientWidth, 1), height }));
    observer.observe(at);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme, language, clock, looks, bars, height, sync, selects]);

  useEffect(() => plot.current?.setData(data), [data]);
  return <div ref={element} className={classes.plot} style={{ height }} />;
}
