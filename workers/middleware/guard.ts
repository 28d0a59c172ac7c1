import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { answerOf, type RateLimitPolicy } from '../../domain/access/rate-limit.ts';
import type { Entry } from '../../domain/context.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';
import { limited } from './rate-limit.ts';

/**
 * One call to the caller's AdminGuard: takes the request off its budget and leaves what the guard knows as `entry`. A guard
 * that cannot be reached lets nobody pass.
 * @param policyOf null: the request is not counted
 */
export function guard(policyOf: (c: Context<HttpEnv>) => RateLimitPolicy | null) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const { subject, sessionId } = c.get('caller');
    const policy = policyOf(c);
    let entry: Entry;
    try {
      entry = await c.get('ctx').guards.enter(subject, sessionId, policy);
    } catch (error) {
      throw new Unavailable('It cannot be checked right now what you may do; try again shortly.', error);
    }
    c.set('entry', entry);
    if (policy && entry.permits) limited(c, policy, answerOf(entry.permits));
    await next();
  });
}
