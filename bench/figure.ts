/** One line of a bench's output. */
export interface Figure {
  figure: string;
  /** Median of `runs` runs. */
  value: number;
  unit: string;
  /** What the value is held against, from the same run. */
  limit: number;
  limitIs: string;
  runs: number;
  note?: string;
}

export interface Report {
  /** One JSON line on standard output. */
  figure(figure: Figure): void;
  /** For the person who waits; goes to standard error. */
  progress(line: string): void;
}

const rounded = (value: number) => Number(value.toPrecision(4));

/** The only writer of standard output. */
export function reportFor(bench: string): Report {
  return {
    figure: ({ figure, value, unit, limit, limitIs, runs, note = '' }) => {
      const ratio = rounded(value / limit);
      const line = { bench, figure, value: rounded(value), unit, limit: rounded(limit), limitIs, ratio, runs, note };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    },
    progress: (line) => void process.stderr.write(`${line}\n`),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('no run, no median');
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Median of one number of each run. */
export const medianOf = <T>(runs: readonly T[], pick: (run: T) => number): number => median(runs.map(pick));
