import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import classes from './audit.module.css';
import { OUTCOMES } from './query/vocabulary.ts';
import { type Bucket, bucketAt, type Chart, type Selection, selectionOf } from './volume-range.ts';

const HEIGHT = 100;

/** Each outcome on top of the one before; what is there at all can be seen. */
function Bar({ bucket, index, most }: { bucket: Bucket; index: number; most: number }) {
  let top = HEIGHT;
  return OUTCOMES.map((outcome) => {
    const count = bucket.outcomes[outcome];
    if (count === 0) return null;
    const height = Math.max(2, (count / most) * (HEIGHT - 4));
    top -= height;
    return <rect key={outcome} className={classes[outcome]} x={index + 0.08} y={top} width={0.84} height={height} />;
  });
}

/** Where a key moves a handle to. */
function moved(key: string, at: number, most: number): number | null {
  const leap = Math.max(1, Math.round(most / 10));
  const steps: Record<string, number> = {
    ...{ ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1 },
    ...{ PageUp: at + leap, PageDown: at - leap, Home: 0, End: most },
  };
  const next = steps[key];
  return next === undefined ? null : Math.max(0, Math.min(most, next));
}

interface VolumeChartProps {
  chart: Chart;
  summary: string;
  /** What is under the pointer, in words. */
  onUnder: (text: string | null) => void;
  onZoom: (selection: Selection) => void;
}

/** Bars, and two handles that choose a part of them: dragged over, or moved by keys and taken with Enter. */
export function VolumeChart({ chart, summary, onUnder, onZoom }: VolumeChartProps) {
  const { t } = useTranslation('audit');
  const format = useFormat();
  const { buckets } = chart;
  const area = useRef<HTMLDivElement>(null);
  const begun = useRef<number | null>(null);
  const [selection, setSelection] = useState<Selection | null>(null);
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const whole = { first: 0, last: buckets.length - 1 };
  const shown = selection ?? whole;
  const percent = (index: number) => `${(index / buckets.length) * 100}%`;

  const textOf = (index: number) => {
    const bucket = buckets[index];
    if (!bucket) return '';
    const { success, denied, failure } = bucket.outcomes;
    return t('volume.bucket', {
      time: format.time(bucket.start),
      ...{ count: bucket.count, success, denied, failure },
    });
  };
  const under = ({ clientX }: PointerEvent) => {
    const { left = 0, width = 1 } = area.current?.getBoundingClientRect() ?? {};
    return bucketAt((clientX - left) / width, buckets.length);
  };
  const follow = (event: PointerEvent) => {
    const index = under(event);
    onUnder(textOf(index));
    if (begun.current !== null) setSelection(selectionOf(begun.current, index));
  };
  const release = (event: PointerEvent) => {
    if (begun.current === null) return;
    const chosen = selectionOf(begun.current, under(event));
    begun.current = null;
    setSelection(null);
    onZoom(chosen);
  };
  const onKeys = (event: KeyboardEvent, side: keyof Selection) => {
    if (event.key === 'Enter' && selection) onZoom(selection);
    else if (event.key === 'Escape' && selection) setSelection(null);
    else {
      const next = moved(event.key, shown[side], whole.last);
      if (next === null) return;
      // The handles do not pass each other.
      const bound = side === 'first' ? Math.min(next, shown.last) : Math.max(next, shown.first);
      setSelection({ ...shown, [side]: bound });
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={area}
      className={classes.chart}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        begun.current = under(event);
        follow(event);
      }}
      onPointerMove={follow}
      onPointerUp={release}
      onPointerCancel={() => {
        begun.current = null;
        setSelection(null);
      }}
      onPointerLeave={() => onUnder(null)}
      data-volume
    >
      <svg
        className={classes.bars}
        viewBox={`0 0 ${buckets.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary}
      >
        {buckets.map((bucket, index) => (
          <Bar key={bucket.start} bucket={bucket} index={index} most={most} />
        ))}
      </svg>
      {selection && (
        <div
          className={classes.selection}
          style={{ left: percent(shown.first), width: percent(shown.last + 1 - shown.first) }}
        />
      )}
      {(['first', 'last'] as const).map((side) => (
        <div
          key={side}
          role="slider"
          tabIndex={0}
          className={classes.thumb}
          style={{ left: percent(shown[side] + (side === 'last' ? 1 : 0)) }}
          aria-label={t(side === 'first' ? 'volume.from' : 'volume.to')}
          aria-valuemin={0}
          aria-valuemax={whole.last}
          aria-valuenow={shown[side]}
          aria-valuetext={textOf(shown[side])}
          onFocus={() => onUnder(textOf(shown[side]))}
          onKeyDown={(event) => onKeys(event, side)}
        />
      ))}
    </div>
  );
}
