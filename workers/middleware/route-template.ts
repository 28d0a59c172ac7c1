import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { HttpEnv } from '../http.ts';

/**
 * The route of an answered request as it is declared, `/v1/admin/services/:id`: never what the path itself holds. One that was refused
 * early belongs to the route it would have reached; `(none)`: there is no such route.
 */
export function routeTemplate(c: Context<HttpEnv>): string {
  const reached = matchedRoutes(c).slice(c.req.routeIndex);
  return reached.find(({ path }) => !path.endsWith('*'))?.path ?? '(none)';
}
