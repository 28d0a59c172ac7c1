import { type Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { openSession } from '../../domain/access/browser-session.ts';
import { sealKeyId } from '../../domain/access/seal.ts';
import { afterSignOut, beginLogin, finishLogin, loginIdOf, signOut } from '../../domain/access/sign-in.ts';
import type { Principal } from '../../domain/context.ts';
import { DomainError, Unauthenticated } from '../../domain/errors.ts';
import type { App, HttpEnv } from '../http.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import {
  clearAllCookies,
  clearLoginCookie,
  loginCookie,
  sessionCookie,
  setLoginCookie,
  setSessionCookie,
} from './cookies.ts';
import { problemPage } from './page.ts';

const LOGIN_PARAMETERS = new Set(['returnTo', 'prompt']);

/** @throws DomainError unknown_parameter */
function loginQuery(parameters: URLSearchParams): { returnTo: string; prompt: string | undefined } {
  for (const name of parameters.keys())
    if (!LOGIN_PARAMETERS.has(name) || parameters.getAll(name).length > 1)
      throw new DomainError('unknown_parameter', 'Signing in takes returnTo and prompt=login, each once.');
  const prompt = parameters.get('prompt') ?? undefined;
  if (prompt !== undefined && prompt !== 'login')
    throw new DomainError('unknown_parameter', 'The only prompt is prompt=login.');
  return { returnTo: parameters.get('returnTo') ?? '/', prompt };
}

// The callback's address holds the code: it must not travel on as a Referer.
const privateAddress = createMiddleware<HttpEnv>(async (c, next) => {
  c.header('Referrer-Policy', 'same-origin');
  await next();
});

/** The session this browser has, or null when it has none that is valid. */
async function sessionOf(c: Context<HttpEnv>): Promise<Principal | null> {
  const cookie = sessionCookie(c);
  if (cookie === undefined) return null;
  const { keys, now } = c.get('ctx');
  return openSession(await keys.cookies(sealKeyId(cookie)), cookie, now()).catch((error: unknown) => {
    if (error instanceof Unauthenticated) return null;
    throw error;
  });
}

/** Sign-in of browsers: pages and redirects, so outside /v1 and its contract. */
export function mountSignIn(app: App): void {
  const auth = new Hono<HttpEnv>();
  auth.onError(problemPage);
  auth.use('/auth/*', privateAddress);
  const perNetwork = rateLimit(
    (c) => c.env.runtime.config.AUTH_RATE_LIMIT,
    (c) => c.get('ctx').origin.ipAddress,
  );

  auth.get('/auth/login', perNetwork, async (c) => {
    const login = await beginLogin(c.get('ctx'), loginQuery(new URL(c.req.url).searchParams));
    setLoginCookie(c, login.id, login.sealed);
    return c.redirect(login.location, 303);
  });

  auth.get('/auth/callback', perNetwork, async (c) => {
    const callback = new URL(c.req.url).searchParams;
    const id = loginIdOf(callback.get('state'));
    const sealed = id === null ? undefined : loginCookie(c, id);
    // Whatever comes of it: this login was answered.
    if (id !== null && sealed !== undefined) clearLoginCookie(c, id);
    const { sealed: session, returnTo } = await finishLogin(c.get('ctx'), callback, sealed, await sessionOf(c));
    setSessionCookie(c, session, c.env.runtime.config.SESSION_TTL_SECONDS);
    return c.redirect(returnTo, 303);
  });

  auth.post('/auth/logout', async (c) => {
    requireSameOrigin(c);
    const ctx = c.get('ctx');
    const caller = await sessionOf(c);
    if (caller) await signOut(ctx, caller);
    clearAllCookies(c);
    const location = await afterSignOut(ctx);
    // A page of ours may send forms to ourselves only, and browsers hold redirects to that: it asks where to go, and goes there.
    return c.req.header('accept') === 'application/json' ? c.json({ location }) : c.redirect(location, 303);
  });

  app.route('/', auth);
}
