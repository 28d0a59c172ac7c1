import type { Point } from './metrics.ts';

/** Figures by series, to add others to. */
export type Folded = Map<string, Point>;

const keyOf = ([name, labels]: Point) => `${name}\n${labels.join('\n')}`;

/** Adds points of counters and histograms to what is there. Points of one series have as many numbers, unless it is new. */
export function fold(into: Folded, points: readonly Point[]): Folded {
  for (const point of points) {
    const key = keyOf(point);
    const known = into.get(key);
    into.set(key, known ? sum(known, point) : point);
  }
  return into;
}

function sum([name, labels, a]: Point, [, , b]: Point): Point {
  const longer = a.length >= b.length ? a : b;
  return [name, labels, longer.map((_, i) => (a[i] ?? 0) + (b[i] ?? 0))];
}
