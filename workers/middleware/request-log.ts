import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { LogLevel } from '../../domain/context.ts';
import { ERROR_CODES } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';
import { measure } from './request-metrics.ts';
import { routeTemplate } from './route-template.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What other machines ask every few seconds, or for every request of theirs: noise while it goes well. */
const QUIET = /^\/(?:v1\/health\/|v1\/gate\/|steward\.gate\.)/;

/** Who may not or not so often: what an attack looks like, and a forgotten grant. Other mistakes are their caller's. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 429]);

function levelOf(status: number, route: string): LogLevel {
  if (status >= 500) return 'error';
  if (REFUSED.has(status)) return 'warn';
  return status < 400 && QUIET.test(route) ? 'debug' : 'info';
}

const outcomeOf = (status: number) => (status >= 500 ? 'server_error' : status >= 400 ? 'client_error' : 'ok');

/** One line a request, and its figures, when its answer begins: a stream's or a download's time is that of its first byte. */
export const requestLog = createMiddleware<HttpEnv>(async (c, next) => {
  const { now } = c.get('ctx');
  const began = now();
  await next();
  write(c, now() - began);
});

function write(c: Context<HttpEnv>, durationMs: number): void {
  const [route, errorCode, failure] = [routeTemplate(c), c.get('errorCode'), c.get('failure')];
  // gRPC-Web says 200 and the error behind it.
  const status = errorCode ? ERROR_CODES[errorCode].status : c.res.status;
  const level = levelOf(status, route);
  measure(c, { route, status, seconds: durationMs / 1000 });
  const fields = {
    route,
    method: METHODS.has(c.req.method) ? c.req.method : '(other)',
    status,
    outcome: outcomeOf(status),
    durationMs,
    ...(errorCode && { errorCode }),
  };
  if (failure === undefined) c.get('log').brief(level, 'request', fields);
  else c.get('log')[level]('request', { ...fields, error: failure });
}
