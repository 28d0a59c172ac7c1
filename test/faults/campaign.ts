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
  let state = seed >>> 0;
  // mulberry32: small, and good enough to choose faults with.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)] as T;
  return { seed, runs: Number(process.env.FAULT_RUNS ?? usualRuns), random, pick };
}
