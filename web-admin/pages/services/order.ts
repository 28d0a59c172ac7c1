interface Bounds {
  least: number;
  most: number;
}

const STEP = 10;

/** A number between the two, neither of them; null when there is none. */
function between(before: number | undefined, after: number | undefined, { least, most }: Bounds): number | null {
  if (before === undefined && after === undefined) return Math.max(least, 0);
  const low = before ?? Math.max(least - 1, (after ?? 0) - 2 * STEP);
  const high = after ?? Math.min(most + 1, (before ?? 0) + 2 * STEP);
  const middle = Math.floor((low + high) / 2);
  return middle > low && middle < high ? middle : null;
}

/**
 * What to write so that a list ordered by numbers comes to be in the order that is wanted: one number where there is room, otherwise all
 * of them anew with room between.
 * @param wanted in the wanted order, each with the number it has now
 * @param moved the index of the one that was moved
 */
export function renumber<Item>(
  wanted: readonly Item[],
  moved: number,
  numberOf: (item: Item) => number,
  bounds: Bounds,
): { item: Item; number: number }[] {
  const item = wanted[moved];
  if (item === undefined) return [];
  const numbers = wanted.map(numberOf);
  const others = numbers.toSpliced(moved, 1);
  // Where two others have the same number, something else decides between them: only new numbers for all are sure.
  const strict = others.every((number, at) => at === 0 || number > (others[at - 1] ?? 0));
  const number = strict ? between(numbers[moved - 1], numbers[moved + 1], bounds) : null;
  if (number !== null) return [{ item, number }];
  const first = Math.max(bounds.least, 0);
  return wanted
    .map((each, at) => ({ item: each, number: first + (at + 1) * STEP }))
    .filter(({ item: each, number: next }) => numberOf(each) !== next);
}
