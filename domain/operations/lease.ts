/** A lock held for a time. `token` grows with every holder: a write that carries an older one must change nothing. */
export interface Lease {
  token: number;
  holder: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Grants the lock when nobody holds it or the holder's time is up; null while it is held. */
export function grantLease(
  current: Lease | undefined,
  holder: string,
  leaseMs: number,
  nowMs: number,
): { lease: Lease; granted: boolean } {
  if (current && nowMs < current.expiresAt) return { lease: current, granted: false };
  return { lease: { token: (current?.token ?? 0) + 1, holder, expiresAt: nowMs + leaseMs }, granted: true };
}

/** Prolongs the lease of the holder of `token`, also one that ran out unless somebody took it since. */
export function renewLease(current: Lease | undefined, token: number, leaseMs: number, nowMs: number): Lease | null {
  if (current?.token !== token || current.expiresAt === 0) return null;
  return { ...current, expiresAt: nowMs + leaseMs };
}

/** Ends the lease but keeps its token, so that the next holder's is greater. */
export function releaseLease(current: Lease | undefined, token: number): Lease | null {
  return current?.token === token ? { ...current, expiresAt: 0 } : null;
}
