/** A key that there is: of the environment, or stored and opened. */
export interface KnownKey {
  id: string;
  /** Milliseconds since the epoch: from then on it verifies nothing. null: until further notice. */
  retireAt: number | null;
}

/** What is known of one use. */
export interface KnownKeys {
  /** In the order of the environment. */
  environment: readonly KnownKey[];
  /** Those made by rotations, the newest first. */
  stored: readonly KnownKey[];
}

export interface Choice {
  /** What signs; null: nothing may. */
  current: string | null;
  verifying: readonly string[];
  /** When the next of them ends; Infinity: none does. */
  until: number;
}

/**
 * Which keys count at an instant. What was rotated last signs; while nothing was, the environment's first. A key that is on its way
 * out never signs: what it signed then could not live as long as it says.
 */
export function chooseKeys({ environment, stored }: KnownKeys, now: number): Choice {
  const all = [...stored, ...environment];
  const alive = all.filter(({ retireAt }) => retireAt === null || retireAt > now);
  return {
    current: all.find(({ retireAt }) => retireAt === null)?.id ?? null,
    verifying: alive.map(({ id }) => id),
    until: Math.min(Number.POSITIVE_INFINITY, ...alive.flatMap(({ retireAt }) => retireAt ?? [])),
  };
}
