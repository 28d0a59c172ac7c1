import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restAfter } from './rest.ts';

describe('the rest after a batch', () => {
  it('leaves the part of the time that is wanted, and a quarter of the lease at most', () => {
    const settings = fc.record({
      operationDuty: fc.integer({ min: 1, max: 100 }),
      operationLeaseMs: fc.integer({ min: 1, max: 600 }).map((seconds) => seconds * 1000),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), settings, (workMs, o) => {
        const rest = restAfter(workMs, o);
        expect(rest).toBeGreaterThanOrEqual(0);
        expect(rest).toBeLessThanOrEqual(o.operationLeaseMs / 4);
        if (o.operationDuty === 100) expect(rest).toBe(0);
        if (rest < o.operationLeaseMs / 4)
          expect(Math.abs(workMs * 100 - (workMs + rest) * o.operationDuty)).toBeLessThanOrEqual(o.operationDuty / 2);
      }),
    );
  });

  it.each([
    [100, 100, 0],
    [50, 120, 120],
    [25, 40, 120],
    [1, 3, 297],
    [1, 60_000, 15_000],
  ])('of a run that works %i %% of the time, after %i ms: %i ms', (operationDuty, workMs, rest) => {
    expect(restAfter(workMs, { operationDuty, operationLeaseMs: 60_000 })).toBe(rest);
  });
});
