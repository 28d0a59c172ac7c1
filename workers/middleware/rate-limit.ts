import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type RateLimitAnswer, type RateLimitPolicy, rateLimitHeaders } from '../../domain/access/rate-limit.ts';
import { DomainError } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';

/** Sets RateLimit-Policy and RateLimit. @throws DomainError rate_limited, with Retry-After, when the budget is used up */
export function limited(c: Context<HttpEnv>, policy: RateLimitPolicy, answer: RateLimitAnswer): void {
  for (const [name, value] of Object.entries(rateLimitHeaders(policy, answer))) c.header(name, value);
  if (answer.allowed) return;
  c.get('ctx').meter.count('steward_rate_limit_refusals_total', { policy: policy.name as 'admin' });
  throw new DomainError(
    'rate_limited',
    `More than ${policy.limit} requests in ${policy.windowSeconds} s; wait ${answer.resetSeconds} s.`,
    { retryAfter: answer.resetSeconds },
  );
}

/** Takes one request off the key's budget. */
export function rateLimit(policyOf: (c: Context<HttpEnv>) => RateLimitPolicy, keyOf: (c: Context<HttpEnv>) => string) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const policy = policyOf(c);
    limited(c, policy, await c.get('ctx').limits.take(keyOf(c), policy));
    await next();
  });
}
