import { progressOfCount } from '../progress/counted.ts';
import { believed, type Known, type RunKind } from '../progress/run-kind.ts';
import type { ExportView } from './schema.ts';

/** How far an export is, as its run says or as its row does. */
export interface ExportSnapshot {
  status: ExportView['status'] | 'paused' | 'cancelled';
  /** What is being done. */
  phase: string;
  rowsDone: number;
  /** null until they are counted. */
  rowsExpected: number | null;
  bytesDone: number;
  /** Milliseconds at work, without waiting and pauses. */
  activeMs: number;
  failureReason: string | null;
}

export interface Progress {
  /** 0 to 100 with one decimal; 100 means that all rows are done. null until they are counted. */
  percent: number | null;
  /** Of the time at work; null before any of it. */
  rowsPerSecond: number | null;
  /** Until the last row, at that rate; null when that is unknown or nothing is being done. */
  etaSeconds: number | null;
}

const ENDED = new Set<ExportSnapshot['status']>(['ready', 'failed', 'expired', 'cancelled']);

export const hasEnded = ({ status }: Pick<ExportSnapshot, 'status'>) => ENDED.has(status);

export function progressOf({
  rowsDone,
  rowsExpected,
  activeMs,
  status,
}: Pick<ExportSnapshot, 'rowsDone' | 'rowsExpected' | 'activeMs' | 'status'>): Progress {
  const activity = status === 'processing' ? 'working' : status === 'ready' ? 'finished' : 'resting';
  const { percent, perSecond, etaSeconds } = progressOfCount(
    { done: rowsDone, expected: rowsExpected, activeMs },
    activity,
  );
  return { percent, rowsPerSecond: perSecond, etaSeconds };
}

/** What followers of an export are told. */
export function progressView(snapshot: ExportSnapshot) {
  const { activeMs: _, ...told } = snapshot;
  return { ...told, ...progressOf(snapshot) };
}

export const EXPORTS: RunKind<ExportSnapshot> = {
  hasEnded,
  isHeld: ({ status }) => status === 'paused',
  doneOf: ({ rowsDone }) => rowsDone,
  view: progressView,
  ending: ({ status }) => ({ status }),
};

/** What to believe when an export's row was read. */
export const newerOf = (known: Known<ExportSnapshot> | undefined, read: ExportSnapshot, now: number): ExportSnapshot =>
  believed(EXPORTS, known, read, now);
