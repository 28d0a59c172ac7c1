import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { openSession } from '../../domain/access/browser-session.ts';
import { sealKeyId } from '../../domain/access/seal.ts';
import { verifyToken } from '../../domain/access/token.ts';
import type { Principal } from '../../domain/context.ts';
import { Unauthenticated } from '../../domain/errors.ts';
import { sessionCookie } from '../auth/cookies.ts';
import type { Runtime } from '../context.ts';
import type { HttpEnv } from '../http.ts';
import { requireSameOrigin } from './same-origin.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The verified holder of a Bearer token (RFC 6750). @throws Unauthenticated, Unavailable */
export function principalOf(runtime: Runtime, authorization: string | undefined): Promise<Principal> {
  const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  if (!token)
    throw new Unauthenticated(
      'Send an access token (Authorization: Bearer <token>), or sign in at /auth/login.',
      'token_missing',
    );
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = runtime.config;
  return runtime.recentTokens.principal(token, (fresh) => verifyToken(fresh, { issuer, audience }, runtime.keys));
}

/** Whose session the cookie holds. @throws Unauthenticated, Unavailable, DomainError foreign_origin */
async function browserPrincipal(c: Context<HttpEnv>, cookie: string): Promise<Principal> {
  if (!SAFE.has(c.req.method)) requireSameOrigin(c);
  const { keys, now } = c.get('ctx');
  // A cookie that was opened a moment ago is known for as long as the same keys count.
  const { revision } = await keys.cookies();
  // The space keeps it apart from tokens, which have none: a cookie's text sent as a token is no token.
  return c.env.runtime.recentTokens.principal(`cookie ${revision} ${cookie}`, async () =>
    openSession(await keys.cookies(sealKeyId(cookie)), cookie, now()),
  );
}

/** Leaves `caller`, by the Bearer token or else by the session cookie. Whether the session lives is decided afterwards. */
export const authenticate = createMiddleware<HttpEnv>(async (c, next) => {
  const authorization = c.req.header('authorization');
  const cookie = authorization === undefined ? sessionCookie(c) : undefined;
  const caller = cookie === undefined ? principalOf(c.env.runtime, authorization) : browserPrincipal(c, cookie);
  c.set('caller', await caller);
  await next();
});
