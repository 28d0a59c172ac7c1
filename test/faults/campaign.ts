import { generator } from '../random.ts';

/** What a model is tried with, times that: one in `npm test`, more in `npm run faults -- models --runs N`. */
export const volume = Number(process.env.FAULT_RUNS ?? 1);

/** A seeded series of bad days. `npm test` runs a few with a fixed seed; `npm run faults -- NAME` many, with a new one. */
export interface Campaign {
  seed: number;
  runs: number;
  /** In [0, 1): the same series for the same seed. */
  random(): number;
  pick<T>(choices: readonly T[]): T;
}

export function campaign(usualRuns: number): Campaign {
  const seed = Number(process.env.FAULT_SEED ?? 20261121);
  const random = generator(seed);
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)] as T;
  return { seed, runs: Number(process.env.FAULT_RUNS ?? usualRuns), random, pick };
}
