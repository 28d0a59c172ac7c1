const DAY_MS = 86_400_000;

export interface EventTime {
  /** Milliseconds since the epoch: the row's time. */
  ms: number;
  /** RFC 3339, what the client said, where the row's time is another one. */
  client: string | null;
}

/**
 * When an event happened. A client's clock is believed within the last 24 hours; what it puts later than now happened now, and what
 * is older or unknown happened when it was accepted.
 * @param nanoseconds since the epoch; 0 = not known
 */
export function timeOf(nanoseconds: bigint, now: number): EventTime {
  if (nanoseconds === 0n) return { ms: now, client: null };
  const ms = Number(nanoseconds / 1_000_000n);
  return ms <= now && ms >= now - DAY_MS ? { ms, client: null } : { ms: now, client: textOf(ms, nanoseconds) };
}

/** Beyond the year 275760 there is no date. */
const textOf = (ms: number, nanoseconds: bigint) => (ms > 8.64e15 ? String(nanoseconds) : new Date(ms).toISOString());

/**
 * A UUIDv7 with another instant in it (RFC 9562 section 5.7), by which ClickHouse finds its row. What makes it unlike every other,
 * also of the same millisecond, stays as it was drawn.
 */
export function idAt(id: string, ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`;
}
