import { useSyncExternalStore } from 'react';
import { useFormat } from '../i18n/format.ts';

const EVERY_MS = 10_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all times on the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Now, as of the last ten seconds. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** "3 minutes ago", and on hover or focus the instant, in UTC or local time as preferred. */
export function Time({ at, absolute = false }: { at: string; absolute?: boolean }) {
  const format = useFormat();
  // Drawn anew by the clock, and told by the time it is: what has just happened lies after the clock's last tick.
  useNow();
  const clock = Date.now();
  const exact = format.time(at);
  return (
    // The browser's own tooltip: a table has hundreds of these.
    <time dateTime={at} title={absolute ? format.ago(at, clock) : exact}>
      {absolute ? exact : format.ago(at, clock)}
    </time>
  );
}
