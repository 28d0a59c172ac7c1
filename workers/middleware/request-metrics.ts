import type { Context } from 'hono';
import type { ErrorCode } from '../../domain/errors.ts';
import { AUTH_FAILURES } from '../../domain/observability/metrics.ts';
import type { HttpEnv } from '../http.ts';

interface Answered {
  /** Never what the path itself holds. */
  route: string;
  status: number;
  seconds: number;
}

const REFUSALS: ReadonlySet<string> = new Set(AUTH_FAILURES);
const isRefusal = (code: string): code is (typeof AUTH_FAILURES)[number] => REFUSALS.has(code);

/** Counts an answered request; nothing waits for it. */
export function measure(c: Context<HttpEnv>, { route, status, seconds }: Answered): void {
  const ctx = c.get('ctx');
  const { meter } = c.env.runtime;
  const method = c.req.method as 'GET';
  meter.count('steward_http_requests_total', { route, method, status: String(status) as '200' });
  meter.observe('steward_http_request_duration_seconds', { route, method }, seconds);
  const code = c.get('errorCode');
  if (code) countProblem(c, code);
  meter.sendSoon(ctx);
}

function countProblem(c: Context<HttpEnv>, code: ErrorCode): void {
  const { meter } = c.env.runtime;
  meter.count('steward_problems_total', { code });
  const reason = c.get('refusal') ?? code;
  if (isRefusal(reason)) meter.count('steward_auth_failures_total', { reason });
}
