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

/** What an export's run says counts for so long more than what was read of its row: it comes later. */
const LIVE_MS = 5_000;

const ENDED = new Set<ExportSnapshot['status']>(['ready', 'failed', 'expired', 'cancelled']);

export const hasEnded = ({ status }: Pick<ExportSnapshot, 'status'>) => ENDED.has(status);

/** Percent, rate and remaining time. All finite whatever the counts are. */
export function progressOf({
  rowsDone,
  rowsExpected,
  activeMs,
  status,
}: Pick<ExportSnapshot, 'rowsDone' | 'rowsExpected' | 'activeMs' | 'status'>): Progress {
  const percent = rowsExpected === null ? null : percentOf(rowsDone, rowsExpected);
  const rowsPerSecond = activeMs > 0 ? Math.round((rowsDone / activeMs) * 1000) : null;
  const left = rowsExpected === null ? null : Math.max(0, rowsExpected - rowsDone);
  let etaSeconds: number | null = null;
  if (left === 0 && (status === 'ready' || status === 'processing')) etaSeconds = 0;
  else if (left !== null && status === 'processing' && rowsDone > 0 && activeMs > 0)
    etaSeconds = Math.min(Number.MAX_SAFE_INTEGER, Math.ceil((left / rowsDone) * (activeMs / 1000)));
  return { percent, rowsPerSecond, etaSeconds };
}

function percentOf(done: number, expected: number): number {
  if (done >= expected) return 100;
  // Rounded up it would say that all is done while a row is missing.
  return Math.min(99.9, Math.floor((done / expected) * 1000) / 10);
}

/** What followers of an export are told. */
export function progressView(snapshot: ExportSnapshot) {
  const { activeMs: _, ...told } = snapshot;
  return { ...told, ...progressOf(snapshot) };
}

/** What is believed of an export. */
export interface Known {
  snapshot: ExportSnapshot;
  /** When its run said so, milliseconds since the epoch; 0: it was read. */
  reportedAt: number;
}

/** What to believe when an export's row was read: reports of its run may be ahead of it, or may have been lost. */
export function newerOf(known: Known | undefined, read: ExportSnapshot, now: number): ExportSnapshot {
  if (!known || now - known.reportedAt >= LIVE_MS || hasEnded(read)) return read;
  // Begun anew, more likely than read before the end: that would be put right by the next look.
  if (hasEnded(known.snapshot)) return read;
  return read.rowsDone > known.snapshot.rowsDone ? read : known.snapshot;
}
