import { useEffect, useState } from 'react';
import { useDuration } from '../i18n/duration.ts';
import { useFormat } from '../i18n/format.ts';

const SECOND_MS = 1000;

/** How long it is until then, second by second; null once it has passed. */
export function useTimeLeft(until: string): number | null {
  const [now, setNow] = useState(Date.now);
  const left = Math.ceil((Date.parse(until) - now) / SECOND_MS);
  const isOver = left <= 0;
  useEffect(() => {
    if (isOver) return;
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [isOver]);
  return isOver ? null : left;
}

/** "2 hr 5 min", going down; `over` once there is nothing left. */
export function Countdown({ until, over }: { until: string; over: string }) {
  const left = useTimeLeft(until);
  const duration = useDuration();
  const { time } = useFormat();
  return (
    <time dateTime={until} title={time(until)} role="timer">
      {left === null ? over : duration(left)}
    </time>
  );
}
