import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type RateLimitPolicy, rateLimitHeaders } from '../../domain/access/rate-limit.ts';
import { DomainError } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';

/** Takes one request off the key's budget; sets RateLimit-Policy and RateLimit. 429 with Retry-After when it is used up. */
export function rateLimit(policyOf: (c: Context<HttpEnv>) => RateLimitPolicy, keyOf: (c: Context<HttpEnv>) => string) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const policy = policyOf(c);
    const answer = await c.get('ctx').limits.take(keyOf(c), policy);
    for (const [name, value] of Object.entries(rateLimitHeaders(policy, answer))) c.header(name, value);
    if (!answer.allowed)
      throw new DomainError(
        'rate_limited',
        `More than ${policy.limit} requests in ${policy.windowSeconds} s; wait ${answer.resetSeconds} s.`,
        { retryAfter: answer.resetSeconds },
      );
    await next();
  });
}
