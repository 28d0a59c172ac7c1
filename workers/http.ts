import type { OpenAPIHono } from '@hono/zod-openapi';
import type { CallerContext, Context, Log, Principal } from '../domain/context.ts';
import type { Runtime } from './context.ts';

/** What the middleware leaves for handlers. */
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
export const callerContext = (vars: HttpEnv['Variables']): CallerContext => ({ ...vars.ctx, caller: vars.caller });
