import { createMiddleware } from 'hono/factory';
import { anonymiseAddress } from '../../domain/audit/anonymise-address.ts';
import type { Origin } from '../../domain/context.ts';
import { continueTrace } from '../../domain/trace-context.ts';
import type { HttpEnv } from '../http.ts';

const REQUEST_ID = /^[\w.:-]{1,100}$/;
const MAX_USER_AGENT = 300;
/** More than any browser sends: what is cut off before it is looked at could leave half a secret. */
const MAX_READ = 4000;

/**
 * First of all: request id (X-Request-Id echoed or made), trace id (W3C traceparent continued or begun), anonymised address
 * and the Context. Only Cloudflare's own header is believed about the address.
 */
export const requestContext = createMiddleware<HttpEnv>(async (c, next) => {
  const offered = c.req.header('x-request-id');
  const { redact, config } = c.env.runtime;
  // An id goes into every record and log: one that reads like a secret is not taken.
  const isPlain = offered && REQUEST_ID.test(offered) && redact.text(offered) === offered;
  const requestId = isPlain ? offered : crypto.randomUUID();
  const origin: Origin = {
    requestId,
    ...continueTrace(c.req.header('traceparent'), config.LOG_DEBUG_PERCENT),
    ipAddress: anonymiseAddress(c.req.header('cf-connecting-ip')),
    userAgent: redact.text((c.req.header('user-agent') ?? '').slice(0, MAX_READ)).slice(0, MAX_USER_AGENT),
  };
  const ctx = c.env.runtime.context(origin, (work) => c.executionCtx.waitUntil(work));
  c.set('requestId', requestId);
  c.set('ctx', ctx);
  c.set('log', ctx.log);
  c.header('X-Request-Id', requestId);
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Cache-Control', 'private, no-store');
  await next();
});
