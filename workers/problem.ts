import type { Context as HttpContext } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { DomainError, ERROR_CODES, Unauthenticated } from '../domain/errors.ts';
import type { HttpEnv } from './http.ts';
import { createLog } from './log.ts';

/** Null for a fault of our own. */
function asDomainError(error: unknown): DomainError | null {
  if (error instanceof DomainError) return error;
  if (error instanceof HTTPException && error.status === 400)
    return new DomainError('malformed_request', 'The body cannot be read.');
  // What the drivers throw when a server is away or too slow; anything they say themselves stays out of the answer.
  if (isOutage(error))
    return new DomainError(
      'dependency_unavailable',
      'The database does not answer. If this was a change, read the resource before you repeat it.',
      {
        retryAfter: 5,
        cause: error,
      },
    );
  return null;
}

/** 08: connection, 53: resources, 57014: statement time-out, 57P: shutdown, 55P03: lock time-out. */
const OUTAGE_CODES = /^(08|53|57014|57P|55P03)/;

function isOutage(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'NeonDbError') return false;
  const { code } = error as { code?: unknown };
  return typeof code !== 'string' || code === '' || OUTAGE_CODES.test(code);
}

/** What to say of an error. What we did not foresee is logged whole, in the request's line, and answered blandly. */
export function explain(error: unknown, c: HttpContext<HttpEnv>): DomainError {
  const known = asDomainError(error);
  const problem =
    known ?? new DomainError('internal', 'Something went wrong here; it was recorded under the request id.');
  c.set('errorCode', problem.code);
  if (problem instanceof Unauthenticated && problem.reason) c.set('refusal', problem.reason);
  if (problem.status >= 500) c.set('failure', known?.cause ?? error);
  // Without a request context its own middleware failed: nobody else writes a line, and there are no ids.
  if (problem.status >= 500 && !c.get('log'))
    createLog({ requestId: '', traceId: '' }).error('request failed', { error });
  return problem;
}

/** What an error's answer says beside its body. */
export function headersOf({ status, retryAfter }: DomainError): Record<string, string> {
  return {
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    ...(status === 401 ? { 'WWW-Authenticate': `Bearer realm="steward", error="invalid_token"` } : {}),
  };
}

/** RFC 9457 for every error. */
export function toProblem(error: unknown, c: HttpContext<HttpEnv>): Response {
  const problem = explain(error, c);
  const headers = { ...headersOf(problem), 'Content-Type': 'application/problem+json' };
  const body = {
    type: `urn:steward:problem:${problem.code}`,
    title: ERROR_CODES[problem.code].title,
    status: problem.status,
    detail: problem.message,
    instance: c.req.path,
    code: problem.code,
    requestId: c.get('requestId'),
    ...(problem.errors ? { errors: problem.errors } : {}),
  };
  return c.body(JSON.stringify(body), problem.status as 400, headers);
}
