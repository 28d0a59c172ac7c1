import { useCallback, useEffect, useRef, useState } from 'react';
import { addressOf } from '../../api/call.ts';
import type { AuditLogSummary } from '../../api/schema.gen.ts';
import type { Asked } from './query/to-filter.ts';

/** `lost`: the stream ended and does not come back by itself; `over`: the right to it has ended. */
export type LiveState = 'off' | 'connecting' | 'on' | 'again' | 'lost' | 'over';

export interface LiveTail {
  state: LiveState;
  /** Newest first. */
  rows: AuditLogSummary[];
  /** How many have come while it was paused. */
  waiting: number;
  /** Some of them had to go: a page is no archive. */
  dropped: boolean;
  restart(): void;
}

const MOST_ROWS = 5000;
const BATCH_MS = 150;

interface Came {
  rows: AuditLogSummary[];
  waiting: AuditLogSummary[];
  dropped: boolean;
}
const NOTHING: Came = { rows: [], waiting: [], dropped: false };

const newestFirst = (fresh: readonly AuditLogSummary[], was: readonly AuditLogSummary[]) => {
  const known = new Set(was.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)).reverse(), ...was];
};

function take({ rows, waiting, dropped }: Came, fresh: readonly AuditLogSummary[], paused: boolean): Came {
  const all = newestFirst(fresh, paused ? waiting : [...waiting, ...rows]);
  const kept = all.slice(0, MOST_ROWS);
  return {
    ...(paused ? { rows, waiting: kept } : { rows: kept, waiting: [] }),
    dropped: dropped || all.length > kept.length,
  };
}

/**
 * Records as they are accepted. The browser connects again by itself and says what it had last, so that none is left out.
 * @param paused what comes is kept aside meanwhile
 */
export function useLiveTail(filter: Asked['filter'], enabled: boolean, paused: boolean): LiveTail {
  const address = addressOf('GET /v1/audit/live', { query: filter });
  const [state, setState] = useState<LiveState>('off');
  const [came, setCame] = useState<Came>(NOTHING);
  const [attempt, setAttempt] = useState(0);
  const isPaused = useRef(paused);
  isPaused.current = paused;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt opens another stream
  useEffect(() => {
    setCame(NOTHING);
    if (!enabled) {
      setState('off');
      return;
    }
    setState('connecting');
    const source = new EventSource(address);
    let batch: AuditLogSummary[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deliver = () => {
      timer = undefined;
      const fresh = batch;
      batch = [];
      setCame((was) => take(was, fresh, isPaused.current));
    };
    source.onopen = () => setState('on');
    source.onerror = () => setState(source.readyState === EventSource.CLOSED ? 'lost' : 'again');
    source.addEventListener('record', ({ data }: MessageEvent<string>) => {
      batch.push(JSON.parse(data) as AuditLogSummary);
      timer ??= setTimeout(deliver, BATCH_MS);
    });
    source.addEventListener('end', () => {
      source.close();
      setState('over');
    });
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [address, enabled, attempt]);

  useEffect(() => {
    if (!paused) setCame((was) => (was.waiting.length > 0 ? take(was, [], false) : was));
  }, [paused]);

  const restart = useCallback(() => setAttempt((was) => was + 1), []);
  return { state, rows: came.rows, waiting: came.waiting.length, dropped: came.dropped, restart };
}
