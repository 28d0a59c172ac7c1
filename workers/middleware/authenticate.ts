import { createMiddleware } from 'hono/factory';
import { verifyToken } from '../../domain/access/token.ts';
import type { Principal } from '../../domain/context.ts';
import { Unauthenticated } from '../../domain/errors.ts';
import type { Runtime } from '../context.ts';
import type { HttpEnv } from '../http.ts';

/** The verified holder of a Bearer token (RFC 6750). @throws Unauthenticated, Unavailable */
export function principalOf(runtime: Runtime, authorization: string | undefined): Promise<Principal> {
  const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  if (!token) throw new Unauthenticated('Send an access token: Authorization: Bearer <token>.');
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = runtime.config;
  return runtime.recentTokens.principal(token, (fresh) => verifyToken(fresh, { issuer, audience }, runtime.keys));
}

/** Leaves `caller`. Whether the session lives and what it may do is decided in the database, by the work itself. */
export const authenticate = createMiddleware<HttpEnv>(async (c, next) => {
  c.set('caller', await principalOf(c.env.runtime, c.req.header('authorization')));
  await next();
});
