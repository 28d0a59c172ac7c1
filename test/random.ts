/** Numbers in [0, 1), the same series for the same seed. mulberry32: small, and good enough to choose test data with. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

let next = generator(0);

/** What a file's data is chosen with: another series each run, or the one of TEST_SEED or of a campaign. */
export const random = (): number => next();

/** Before each file, for files share their processes. @returns the seed */
export function seedRandom(): number {
  const seed = Number(process.env.TEST_SEED ?? process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));
  next = generator(seed);
  return seed;
}
