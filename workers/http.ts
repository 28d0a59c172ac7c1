import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Standing } from '../domain/access/standing.ts';
import type { CallerContext, Context, Entry, Log, Principal } from '../domain/context.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Level } from '../domain/gate/check.ts';
import type { AuditLevel } from '../domain/gate/service.ts';
import type { Runtime } from './context.ts';

/** What the middleware leaves for handlers. Taken by `c.get`: `c.var` makes an object of all of them each time. */
export interface HttpEnv {
  Bindings: { runtime: Runtime };
  Variables: {
    requestId: string;
    log: Log;
    ctx: Context;
    caller: Principal;
    entry: Entry;
    /** Of a caller whom a route's action was allowed to. */
    standing: Standing;
    /** Of a problem that was answered. */
    errorCode?: ErrorCode;
    /** What lies behind a problem of ours; the request's line in the log tells it. */
    failure?: unknown;
    /** Why nobody was let in, where that says more than the code. */
    refusal?: string;
    /** Of the service in the path, where the handler has it anyway. */
    auditLevel?: AuditLevel;
    /** At what level of that service the call is recorded. */
    level?: Promise<Level>;
  };
}

export type App = OpenAPIHono<HttpEnv>;

/** The Context of a signed-in request. */
export const callerContext = (c: Pick<HonoContext<HttpEnv>, 'get'>): CallerContext => ({
  ...c.get('ctx'),
  caller: c.get('caller'),
});
