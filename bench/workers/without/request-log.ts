import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../../../workers/http.ts';

/** In the place of the line and the figures of each request. */
export const requestLog: MiddlewareHandler<HttpEnv> = (_, next) => next();
