import { type Folded, fold } from '../../domain/observability/fold.ts';
import type { Point } from '../../domain/observability/metrics.ts';

/** Of one invocation (https://developers.cloudflare.com/analytics/analytics-engine/limits/). */
const POINTS_AN_INVOCATION = 25;

/**
 * What an isolate measured, for Workers Analytics Engine too: a data point a series, its name as index and first blob, its labels as the
 * blobs after it, its numbers as doubles. What is too much for one invocation is added to what the next one writes.
 */
export function engineCopy(dataset: AnalyticsEngineDataset | undefined): (points: readonly Point[]) => void {
  const waiting: Folded = new Map();
  return (points) => {
    if (!dataset) return;
    fold(waiting, points);
    for (const [key, [name, labels, numbers]] of [...waiting].slice(0, POINTS_AN_INVOCATION)) {
      waiting.delete(key);
      dataset.writeDataPoint({ indexes: [name], blobs: [name, ...labels], doubles: [...numbers] });
    }
  };
}
