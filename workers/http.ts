import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { CallerContext, Context, Log, Principal } from '../domain/context.ts';
import type { Runtime } from './context.ts';

/** What the middleware leaves for handlers. Taken by `c.get`: `c.var` makes an object of all of them each time. */
export interface HttpEnv {
  Bindings: { runtime: Runtime };
  Variables: {
    requestId: string;
    log: Log;
    ctx: Context;
    caller: Principal;
  };
}

export type App = OpenAPIHono<HttpEnv>;

/** The Context of a signed-in request. */
export const callerContext = (c: Pick<HonoContext<HttpEnv>, 'get'>): CallerContext => ({
  ...c.get('ctx'),
  caller: c.get('caller'),
});
