import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { believed } from '../progress/run-kind.ts';
import { PHASES, type Phase, STATUS_OF } from './phases.ts';
import { OPERATIONS, type OperationSnapshot, progressOf } from './progress.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 2000 });

const at = (itemsDone: number, phase: Phase = 'running', more: Partial<OperationSnapshot> = {}): OperationSnapshot => ({
  ...{ phase, status: STATUS_OF[phase], itemsDone, itemsTotal: 1000, itemsFailed: 0, itemsSkipped: 0 },
  ...{ activeMs: 0, failureReason: null, ...more },
});

const count = fc.oneof(fc.nat({ max: 20 }), fc.maxSafeNat());
const snapshots = fc
  .record({ phase: fc.constantFrom(...PHASES), itemsDone: count, itemsTotal: count, activeMs: count })
  .map(({ phase, itemsDone, ...more }) => at(itemsDone, phase, more));

const WORKING: readonly Phase[] = ['running', 'undoing'];
const FINISHED: readonly Phase[] = ['completed', 'incomplete', 'undone'];

describe('progress of an operation', () => {
  it('is finite, says 100 exactly when every item had its turn, and an end only where one is coming', () => {
    const seen = { all: 0, part: 0, eta: 0, resting: 0 };
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const { percent, itemsPerSecond, etaSeconds } = progressOf(snapshot);
        for (const value of [percent, itemsPerSecond, etaSeconds])
          if (value !== null) expect(Number.isFinite(value) && value >= 0).toBe(true);
        const all = snapshot.itemsDone >= snapshot.itemsTotal;
        seen[all ? 'all' : 'part']++;
        expect(percent === 100).toBe(all);
        expect(percent).toBeLessThanOrEqual(100);
        if (etaSeconds !== null) {
          seen.eta++;
          expect([...WORKING, ...(all ? FINISHED : [])]).toContain(snapshot.phase);
          expect(etaSeconds === 0).toBe(all);
        }
        if (!WORKING.includes(snapshot.phase) && !FINISHED.includes(snapshot.phase)) {
          seen.resting++;
          expect(etaSeconds).toBe(null);
        }
        // What is sent keeps its values.
        const view = OPERATIONS.view(snapshot);
        expect(JSON.parse(JSON.stringify(view))).toEqual(view);
      }),
    );
    console.log(`operation progress: ${JSON.stringify(seen)}`);
    for (const n of Object.values(seen)) expect(n).toBeGreaterThan(100);
  });

  it.each([
    [at(0), [0, null, null]],
    [at(0, 'running', { activeMs: 100 }), [0, 0, null]],
    [at(250, 'running', { activeMs: 500 }), [25, 500, 2]],
    [at(250, 'running', { activeMs: 500, itemsFailed: 100, itemsSkipped: 150 }), [25, 500, 2]],
    [at(250, 'undoing', { activeMs: 500 }), [25, 500, 2]],
    [at(250, 'paused', { activeMs: 500 }), [25, 500, null]],
    [at(250, 'cancelling', { activeMs: 500 }), [25, 500, null]],
    [at(250, 'failed', { activeMs: 500 }), [25, 500, null]],
    [at(99_999, 'running', { activeMs: 1000, itemsTotal: 100_000 }), [99.9, 99_999, 1]],
    [at(1000, 'completed', { activeMs: 2000 }), [100, 500, 0]],
    [at(1000, 'incomplete', { activeMs: 2000, itemsFailed: 1 }), [100, 500, 0]],
    [at(0, 'completed', { itemsTotal: 0 }), [100, null, 0]],
  ] as const)('of %j is %j', (of, [percent, itemsPerSecond, etaSeconds]) => {
    expect(OPERATIONS.view(of)).toEqual({ ...of, percent, itemsPerSecond, etaSeconds });
  });
});

describe('what to believe of an operation', () => {
  it('is the report while it is fresh, unless the row is further on or has ended', () => {
    const known = { snapshot: at(50), reportedAt: 1000 };
    const told = (read: OperationSnapshot, now: number) => believed(OPERATIONS, known, read, now);
    expect(told(at(40), 5999)).toEqual(at(50));
    expect(told(at(60), 5999)).toEqual(at(60));
    expect(told(at(50, 'paused'), 5999)).toEqual(at(50));
    expect(told(at(50, 'paused'), 6000)).toEqual(at(50, 'paused'));
    expect(told(at(40, 'cancelled'), 1001)).toEqual(at(40, 'cancelled'));
  });

  it('is the row again when what had ended is undone or retried', () => {
    const known = { snapshot: at(1000, 'incomplete'), reportedAt: 1000 };
    for (const phase of ['undoing', 'running'] as const)
      expect(believed(OPERATIONS, known, at(0, phase), 1001)).toEqual(at(0, phase));
  });

  it('ends where nothing more happens by itself', () => {
    expect(PHASES.filter((phase) => OPERATIONS.hasEnded(at(0, phase)))).toEqual([
      ...['completed', 'incomplete', 'failed', 'cancelled', 'rejected', 'expired', 'undone'],
    ]);
  });
});
