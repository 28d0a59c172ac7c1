/** `limit` requests in any window of `windowSeconds` that starts with the first of them. */
export interface RateLimitPolicy {
  name: string;
  limit: number;
  windowSeconds: number;
}

/** What a window has seen. Two numbers a key, whatever the limit: the cost is fixed. */
export interface RateLimitState {
  /** Milliseconds since the epoch. */
  windowEndsAt: number;
  used: number;
}

export interface RateLimitAnswer {
  allowed: boolean;
  remaining: number;
  /** Seconds until the window ends, at least 1. */
  resetSeconds: number;
}

/** What a call that asks for several permits at once is given. */
export interface Permits {
  granted: number;
  remaining: number;
  /** Until the window ends, by the clock of whoever counts. */
  endsInMs: number;
}

/**
 * Takes up to `n` requests off the budget. Exact when called from one place in order, as a Durable Object does.
 * A window never lasts longer than the policy says now, whatever it said when the window began.
 */
export function take(
  state: RateLimitState | undefined,
  policy: RateLimitPolicy,
  nowMs: number,
  n = 1,
): { state: RateLimitState; permits: Permits } {
  const latestEnd = nowMs + policy.windowSeconds * 1000;
  const open = state !== undefined && nowMs < state.windowEndsAt;
  const windowEndsAt = open ? Math.min(state.windowEndsAt, latestEnd) : latestEnd;
  const before = open ? state.used : 0;
  const granted = Math.max(0, Math.min(n, policy.limit - before));
  const used = before + granted;
  return {
    state: { windowEndsAt, used },
    permits: { granted, remaining: Math.max(0, policy.limit - used), endsInMs: windowEndsAt - nowMs },
  };
}

/** What one request is told. */
export const answerOf = ({ granted, remaining, endsInMs }: Permits): RateLimitAnswer => ({
  allowed: granted > 0,
  remaining,
  resetSeconds: Math.max(1, Math.ceil(endsInMs / 1000)),
});

/** `RateLimit-Policy` and `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers. */
export function rateLimitHeaders(policy: RateLimitPolicy, answer: RateLimitAnswer): Record<string, string> {
  return {
    'RateLimit-Policy': `"${policy.name}";q=${policy.limit};w=${policy.windowSeconds}`,
    RateLimit: `"${policy.name}";r=${answer.remaining};t=${answer.resetSeconds}`,
  };
}
