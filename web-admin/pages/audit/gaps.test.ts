import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimelineItem } from '../../api/schema.gen.ts';
import { durationParts, GAP_MS, withGaps } from './gaps.ts';

const itemAt = (ms: number, index: number) =>
  ({
    kind: 'audit',
    attestedBy: 'server',
    entry: { id: String(index), timestamp: new Date(ms).toISOString() },
  }) as TimelineItem;

describe('gaps of a timeline', () => {
  it('stand wherever nothing happened for a while, and lose no entry', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 * GAP_MS }), { maxLength: 20 }), (steps) => {
        let at = 0;
        const items = [0, ...steps].map((step, index) => {
          at += step;
          return itemAt(at, index);
        });
        const moments = withGaps(items);
        expect(moments.flatMap((moment) => ('item' in moment ? [moment.item] : []))).toEqual(items);
        expect(moments.flatMap((moment) => ('gap' in moment ? [moment.gap] : []))).toEqual(
          steps.filter((step) => step >= GAP_MS),
        );
        expect(new Set(moments.map(({ key }) => key)).size).toBe(moments.length);
      }),
    );
  });

  it('are told in two units', () => {
    expect(durationParts(3 * 3_600_000 + 5 * 60_000 + 9000)).toEqual([
      { unit: 'hour', count: 3 },
      { unit: 'minute', count: 5 },
    ]);
    expect(durationParts(0)).toEqual([{ unit: 'second', count: 0 }]);
  });
});
