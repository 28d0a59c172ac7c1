import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExportSnapshot, hasEnded, newerOf, progressOf, progressView } from './progress.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 2000 });

const count = fc.oneof(fc.nat({ max: 20 }), fc.maxSafeNat());
const status = fc.constantFrom<ExportSnapshot['status'][]>(
  ...(['queued', 'processing', 'paused', 'ready', 'failed', 'expired', 'cancelled'] as const),
);
const snapshots = fc.record<ExportSnapshot>({
  status,
  phase: fc.constant('rows'),
  rowsDone: count,
  rowsExpected: fc.option(count),
  bytesDone: count,
  activeMs: count,
  failureReason: fc.constant(null),
});

describe('progress of an export', () => {
  it('is finite, says 100 exactly when all rows are done, and never more', () => {
    const seen = { unknown: 0, all: 0, part: 0, eta: 0 };
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const { percent, rowsPerSecond, etaSeconds } = progressOf(snapshot);
        for (const value of [percent, rowsPerSecond, etaSeconds])
          if (value !== null) expect(Number.isFinite(value) && value >= 0).toBe(true);
        if (snapshot.rowsExpected === null) {
          seen.unknown++;
          expect([percent, etaSeconds]).toEqual([null, null]);
          return;
        }
        const all = snapshot.rowsDone >= snapshot.rowsExpected;
        seen[all ? 'all' : 'part']++;
        expect(percent === 100).toBe(all);
        expect(percent).toBeLessThanOrEqual(100);
        if (!all) expect(percent).toBeLessThanOrEqual((snapshot.rowsDone / snapshot.rowsExpected) * 100);
        if (etaSeconds !== null) {
          seen.eta++;
          expect(['processing', 'ready']).toContain(snapshot.status);
          expect(etaSeconds === 0).toBe(all);
        }
        // What is sent keeps its values.
        expect(JSON.parse(JSON.stringify(progressView(snapshot)))).toEqual(progressView(snapshot));
      }),
    );
    console.log(`progress: ${JSON.stringify(seen)}`);
    for (const n of Object.values(seen)) expect(n).toBeGreaterThan(100);
  });

  it('never goes back while rows are added, and the end comes nearer at a steady rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e12 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        (rows, at) => {
          const steps = at.toSorted((a, b) => a - b).map((part) => Math.floor(rows * part));
          const told = steps.map((rowsDone) =>
            progressOf({ rowsDone, rowsExpected: rows, activeMs: rowsDone, status: 'processing' }),
          );
          const percents = told.map(({ percent }) => percent ?? 0);
          expect(percents).toEqual(percents.toSorted((a, b) => a - b));
          const etas = told.map(({ etaSeconds }) => etaSeconds).filter((eta) => eta !== null);
          expect(etas).toEqual(etas.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it.each([
    [{ rowsDone: 0, rowsExpected: 0, activeMs: 0, status: 'processing' }, [100, null, 0]],
    [{ rowsDone: 0, rowsExpected: null, activeMs: 100, status: 'processing' }, [null, 0, null]],
    [{ rowsDone: 0, rowsExpected: 10, activeMs: 100, status: 'processing' }, [0, 0, null]],
    [{ rowsDone: 250, rowsExpected: 1000, activeMs: 500, status: 'processing' }, [25, 500, 2]],
    [{ rowsDone: 250, rowsExpected: 1000, activeMs: 500, status: 'paused' }, [25, 500, null]],
    [{ rowsDone: 250, rowsExpected: 1000, activeMs: 500, status: 'failed' }, [25, 500, null]],
    [{ rowsDone: 9_999_999, rowsExpected: 10_000_000, activeMs: 1000, status: 'processing' }, [99.9, 9_999_999, 1]],
    [{ rowsDone: 1000, rowsExpected: 1000, activeMs: 2000, status: 'ready' }, [100, 500, 0]],
  ] as const)('of %j is %j', (of, [percent, rowsPerSecond, etaSeconds]) => {
    expect(progressOf(of)).toEqual({ percent, rowsPerSecond, etaSeconds });
  });
});

describe('what to believe of an export', () => {
  const at = (rowsDone: number, state: ExportSnapshot['status'] = 'processing'): ExportSnapshot => ({
    ...{ status: state, phase: 'rows', rowsDone, rowsExpected: 100, bytesDone: 0, activeMs: 0, failureReason: null },
  });

  it('is the report while it is fresh, unless the row is further on or has ended', () => {
    const known = { snapshot: at(50), reportedAt: 1000 };
    expect(newerOf(known, at(40), 5999)).toEqual(at(50));
    expect(newerOf(known, at(60), 5999)).toEqual(at(60));
    expect(newerOf(known, at(40), 6000)).toEqual(at(40));
    expect(newerOf(known, at(40, 'cancelled'), 1001)).toEqual(at(40, 'cancelled'));
    expect(newerOf(undefined, at(40), 1001)).toEqual(at(40));
  });

  it('is the row again when a failed export was begun anew', () => {
    const known = { snapshot: at(50, 'failed'), reportedAt: 1000 };
    expect(newerOf(known, at(0, 'queued'), 1001)).toEqual(at(0, 'queued'));
  });

  it('ends with ready, failed, expired and cancelled', () => {
    const states = ['queued', 'processing', 'paused', 'ready', 'failed', 'expired', 'cancelled'] as const;
    expect(states.filter((each) => hasEnded({ status: each }))).toEqual(['ready', 'failed', 'expired', 'cancelled']);
  });
});
