/** How much of some work is done, counted in whatever it is made of: rows, items. */
export interface Counted {
  done: number;
  /** null until they are counted. */
  expected: number | null;
  /** Milliseconds at work, without waiting and pauses. */
  activeMs: number;
}

/** `finished`: as it was meant to. Whatever else is not being worked on is `resting`. */
export type Activity = 'working' | 'finished' | 'resting';

export interface CountedProgress {
  /** 0 to 100 with one decimal; 100 means that all is done. null until it is counted. */
  percent: number | null;
  /** Of the time at work; null before any of it. */
  perSecond: number | null;
  /** Until the last one, at that rate; null when that is unknown or nothing is being done. */
  etaSeconds: number | null;
}

/** Percent, rate and remaining time. All finite whatever the counts are. */
export function progressOfCount(
  counted: Counted & { expected: number },
  activity: Activity,
): CountedProgress & { percent: number };
export function progressOfCount(counted: Counted, activity: Activity): CountedProgress;
export function progressOfCount({ done, expected, activeMs }: Counted, activity: Activity): CountedProgress {
  const percent = expected === null ? null : percentOf(done, expected);
  const perSecond = activeMs > 0 ? Math.round((done / activeMs) * 1000) : null;
  const left = expected === null ? null : Math.max(0, expected - done);
  let etaSeconds: number | null = null;
  if (left === 0 && activity !== 'resting') etaSeconds = 0;
  else if (left !== null && activity === 'working' && done > 0 && activeMs > 0)
    etaSeconds = Math.min(Number.MAX_SAFE_INTEGER, Math.ceil((left / done) * (activeMs / 1000)));
  return { percent, perSecond, etaSeconds };
}

function percentOf(done: number, expected: number): number {
  if (done >= expected) return 100;
  // Rounded up it would say that all is done while one is missing.
  return Math.min(99.9, Math.floor((done / expected) * 1000) / 10);
}
