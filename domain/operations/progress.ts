import { type Activity, progressOfCount } from '../progress/counted.ts';
import type { RunKind } from '../progress/run-kind.ts';
import { hasEnded, type Phase } from './phases.ts';
import type { OperationStatus } from './schema.ts';

/** How far an operation is, as its run says or as its row does. While it is undone, and after that, the counts are of the undo. */
export interface OperationSnapshot {
  phase: Phase;
  status: OperationStatus;
  /** Have had their turn, whatever came of it: those that failed and those that were skipped are among them. */
  itemsDone: number;
  itemsTotal: number;
  itemsFailed: number;
  itemsSkipped: number;
  /** Milliseconds at work on these items, without waiting and pauses. */
  activeMs: number;
  failureReason: string | null;
}

export interface OperationProgress {
  /** 0 to 100 with one decimal; 100 means that every item has had its turn. */
  percent: number;
  /** Of the time at work; null before any of it. */
  itemsPerSecond: number | null;
  /** Until the last item, at that rate; null when that is unknown or nothing is being done. */
  etaSeconds: number | null;
}

/** A run that is being cancelled comes to no last item. */
const ACTIVITY: Readonly<Partial<Record<Phase, Activity>>> = {
  ...{ running: 'working', undoing: 'working' },
  ...{ completed: 'finished', incomplete: 'finished', undone: 'finished' },
};

export function progressOf({
  phase,
  itemsDone,
  itemsTotal,
  activeMs,
}: Pick<OperationSnapshot, 'phase' | 'itemsDone' | 'itemsTotal' | 'activeMs'>): OperationProgress {
  const counted = { done: itemsDone, expected: itemsTotal, activeMs };
  const { percent, perSecond, etaSeconds } = progressOfCount(counted, ACTIVITY[phase] ?? 'resting');
  return { percent, itemsPerSecond: perSecond, etaSeconds };
}

export const OPERATIONS: RunKind<OperationSnapshot> = {
  hasEnded: ({ phase }) => hasEnded(phase),
  isHeld: ({ phase }) => phase === 'paused' || phase === 'cancelling',
  doneOf: ({ itemsDone }) => itemsDone,
  view: (snapshot) => ({ ...snapshot, ...progressOf(snapshot) }),
  ending: ({ phase, status }) => ({ phase, status }),
};
