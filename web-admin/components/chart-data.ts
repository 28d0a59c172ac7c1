export const COLOURS = ['main', 'second', 'third', 'fourth', 'warn', 'danger'] as const;

export interface ChartSeries {
  label: string;
  /** One for each time; null where there is nothing to show. */
  values: (number | null)[];
  colour: (typeof COLOURS)[number];
  /** Lines that could be taken for one another by their colour differ by this too. */
  dashed?: boolean;
}

/** Each series on top of those before it; what is nowhere stays null. */
export function stacked(series: readonly (number | null)[][]): (number | null)[][] {
  const below: number[] = [];
  return series.map((values) =>
    values.map((value, at) => {
      below[at] = (below[at] ?? 0) + (value ?? 0);
      return value === null ? null : below[at];
    }),
  );
}

export interface Summary {
  least: number;
  most: number;
  /** The index of `most`. */
  peak: number;
  last: number;
}

/** What a person who does not see the curve is told of it; null when there is nothing. */
export function summaryOf(values: readonly (number | null)[]): Summary | null {
  let summary: Summary | null = null;
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    if (!summary) summary = { least: value, most: value, peak: at, last: value };
    else
      summary = {
        least: Math.min(summary.least, value),
        ...(value > summary.most ? { most: value, peak: at } : { most: summary.most, peak: summary.peak }),
        last: value,
      };
  }
  return summary;
}
