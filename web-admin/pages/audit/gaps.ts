import type { TimelineItem } from '../../api/schema.gen.ts';

/** Shorter than this is reading. */
export const GAP_MS = 5 * 60_000;

export type Moment = { gap: number; key: string } | { item: TimelineItem; key: string };

/** The entries in order, with a gap wherever nothing happened for a while. */
export function withGaps(items: readonly TimelineItem[], shortest = GAP_MS): Moment[] {
  return items.flatMap((item, index): Moment[] => {
    const key = `${item.kind} ${item.entry.id}`;
    const before = items[index - 1];
    const gap = before ? Date.parse(item.entry.timestamp) - Date.parse(before.entry.timestamp) : 0;
    return gap >= shortest
      ? [
          { gap, key: `gap ${key}` },
          { item, key },
        ]
      : [{ item, key }];
  });
}

/** A length of time in its two largest units. */
export function durationParts(ms: number): { unit: 'day' | 'hour' | 'minute' | 'second'; count: number }[] {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  let rest = ms;
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [{ unit, count }] : [];
  });
  return parts.length === 0 ? [{ unit: 'second', count: 0 }] : parts.slice(0, 2);
}
