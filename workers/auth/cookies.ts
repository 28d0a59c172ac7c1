import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { LOGIN_SECONDS } from '../../domain/access/sign-in.ts';

/** All are `__Host-`: Secure, for this host only and for every path (RFC 6265bis section 4.1.3.2). */
const SESSION = 'steward';
const LOGIN = 'steward-login-';
/** So many sign-ins may be under way in one browser; the oldest give way. */
const MAX_LOGINS = 5;

const HARDENED = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const;

export const sessionCookie = (c: Context): string | undefined => getCookie(c, SESSION, 'host');

export const setSessionCookie = (c: Context, text: string, seconds: number): void =>
  setCookie(c, SESSION, text, { ...HARDENED, maxAge: seconds });

export const loginCookie = (c: Context, id: string): string | undefined => getCookie(c, LOGIN + id, 'host');

export const clearLoginCookie = (c: Context, id: string): void => void deleteCookie(c, LOGIN + id, HARDENED);

// Browsers send the cookies of one path oldest first (RFC 6265 section 5.4).
const loginIds = (c: Context): string[] =>
  Object.keys(getCookie(c)).flatMap((name) => /^__Host-steward-login-([0-9a-f]{8})$/.exec(name)?.[1] ?? []);

export function setLoginCookie(c: Context, id: string, text: string): void {
  for (const old of loginIds(c).slice(0, 1 - MAX_LOGINS)) clearLoginCookie(c, old);
  setCookie(c, LOGIN + id, text, { ...HARDENED, maxAge: LOGIN_SECONDS });
}

export function clearAllCookies(c: Context): void {
  deleteCookie(c, SESSION, HARDENED);
  for (const id of loginIds(c)) clearLoginCookie(c, id);
}
