/** So long after the claim an interrupted download may be resumed. */
export const RESUME_MS = 10 * 60_000;

/** What is kept of a claimed link. Times are milliseconds since the epoch. */
export interface Claim {
  /** Anonymised. */
  network: string;
  claimedAt: number;
  /** From then on nothing can come of the link, and this may be forgotten. */
  endsAt: number;
}

export interface ClaimRequest {
  /** Of the caller, anonymised. */
  network: string;
  /** The first byte asked for is not the file's first. */
  ranged: boolean;
  now: number;
  /** Of the link. */
  expiresAt: number;
}

export type Claimed = 'first' | 'resumed' | 'used';

/**
 * One use of a one-time link: the first request has it. After that the rest of the file can be fetched for ten minutes from the
 * same network; a link that expires meanwhile is for the caller to refuse.
 * @param current what was kept of an earlier claim
 * @returns `claim`: what to keep; undefined when there is nothing to keep
 */
export function claimOnce(current: Claim | undefined, request: ClaimRequest): { claim?: Claim; answer: Claimed } {
  const { network, ranged, now, expiresAt } = request;
  if (!current) {
    // What was kept of an expired link is gone: it must not look like a new one.
    if (now >= expiresAt) return { answer: 'used' };
    return { claim: { network, claimedAt: now, endsAt: Math.max(expiresAt, now + RESUME_MS) }, answer: 'first' };
  }
  const resumes = ranged && network === current.network && now - current.claimedAt < RESUME_MS;
  return { claim: current, answer: resumes ? 'resumed' : 'used' };
}
