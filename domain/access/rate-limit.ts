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

/** Takes one request off the budget. Exact when called from one place in order, as a Durable Object does. */
export function takeOne(
  state: RateLimitState | undefined,
  policy: RateLimitPolicy,
  nowMs: number,
): { state: RateLimitState; answer: RateLimitAnswer } {
  const open = state !== undefined && nowMs < state.windowEndsAt;
  const current = open ? state : { windowEndsAt: nowMs + policy.windowSeconds * 1000, used: 0 };
  const allowed = current.used < policy.limit;
  const used = allowed ? current.used + 1 : current.used;
  return {
    state: { windowEndsAt: current.windowEndsAt, used },
    answer: {
      allowed,
      remaining: Math.max(0, policy.limit - used),
      resetSeconds: Math.max(1, Math.ceil((current.windowEndsAt - nowMs) / 1000)),
    },
  };
}

/** `RateLimit-Policy` and `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers. */
export function rateLimitHeaders(policy: RateLimitPolicy, answer: RateLimitAnswer): Record<string, string> {
  return {
    'RateLimit-Policy': `"${policy.name}";q=${policy.limit};w=${policy.windowSeconds}`,
    RateLimit: `"${policy.name}";r=${answer.remaining};t=${answer.resetSeconds}`,
  };
}
