import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ack, backoff, dead, retry } from './outcome.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 1000 });

const attempts = fc.integer({ min: 1, max: 1000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ceilingOf = (n: number) => Math.min(300, 2 ** n);

describe('back-off', () => {
  it('is a whole number of seconds from 1 to 300, between half and all of what this attempt may wait', () => {
    fc.assert(
      fc.property(attempts, random, (n, r) => {
        const seconds = backoff(n, r);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(300);
        expect(seconds).toBeGreaterThanOrEqual(Math.floor(ceilingOf(n) / 2));
        expect(seconds).toBeLessThanOrEqual(ceilingOf(n));
      }),
    );
  });

  it('never gets shorter with another attempt, until it stays', () => {
    fc.assert(
      fc.property(attempts, random, (n, r) => {
        expect(backoff(n + 1, r)).toBeGreaterThanOrEqual(backoff(n, r));
      }),
    );
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => backoff(n, 0))).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 150, 150]);
  });

  it('is spread, so that those who failed together do not come back together', () => {
    const waits = new Set(Array.from({ length: 200 }, (_, i) => backoff(8, i / 200)));
    expect(waits.size).toBeGreaterThan(50);
    expect(backoff(8, 0)).toBe(128);
    expect(backoff(8, 1 - Number.EPSILON)).toBe(256);
  });

  it('may be told to wait longer', () => {
    expect([8, 9, 12, 13, 40].map((n) => backoff(n, 0, 7200))).toEqual([128, 256, 2048, 3600, 3600]);
    expect(backoff(40, 1 - Number.EPSILON, 7200)).toBe(7200);
  });

  it('stays within its bounds for attempts no queue counts', () => {
    for (const n of [0, -1, 1e9, Number.MAX_SAFE_INTEGER]) expect(backoff(n, 0.5)).toBeGreaterThanOrEqual(1);
    for (const n of [0, -1, 1e9, Number.MAX_SAFE_INTEGER]) expect(backoff(n, 0.5)).toBeLessThanOrEqual(300);
  });
});

describe('outcome', () => {
  it('says what becomes of a delivery, as a value', () => {
    expect(ack).toEqual({ kind: 'ack' });
    expect(retry(5, 'why')).toEqual({ kind: 'retry', delaySeconds: 5, reason: 'why' });
    expect(dead('why')).toEqual({ kind: 'dead', reason: 'why' });
  });
});
