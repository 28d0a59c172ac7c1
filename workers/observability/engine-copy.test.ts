import { describe, expect, it } from 'vitest';
import type { Point } from '../../domain/observability/metrics.ts';
import { engineCopy } from './engine-copy.ts';

const dead = (n: number): Point[] =>
  Array.from({ length: n }, (_, i) => ['steward_http_requests_total', [`/v1/${i}`, 'GET', '200'], [1]]);

describe('the copy for Analytics Engine', () => {
  it('writes at most 25 points an invocation, and every series in the end, with all that was added meanwhile', () => {
    const written: AnalyticsEngineDataPoint[] = [];
    const dataset = { writeDataPoint: (point?: AnalyticsEngineDataPoint) => void written.push(point ?? {}) };
    const copy = engineCopy(dataset as AnalyticsEngineDataset);
    for (const points of [dead(60), dead(60), [], [], []]) {
      const before = written.length;
      copy(points);
      expect(written.length - before).toBeLessThanOrEqual(25);
    }
    const total = new Map<string, number>();
    for (const { blobs = [], doubles = [] } of written)
      total.set(String(blobs[1]), (total.get(String(blobs[1])) ?? 0) + Number(doubles[0]));
    expect([...total.values()]).toEqual(Array(60).fill(2));
    expect(written[0]).toEqual({
      indexes: ['steward_http_requests_total'],
      blobs: ['steward_http_requests_total', '/v1/0', 'GET', '200'],
      doubles: [1],
    });
  });

  it('writes nothing where no dataset is bound', () => {
    expect(() => engineCopy(undefined)(dead(3))).not.toThrow();
  });
});
