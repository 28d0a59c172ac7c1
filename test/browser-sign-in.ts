import { EncryptJWT, type JWTPayload } from 'jose';
import { expect } from 'vitest';
import type { App } from './app.ts';
import { Browser } from './browser.ts';

/** What a browser believes to be Steward's address; the issuer lets any port of this machine be called back. */
export const SITE = 'http://127.0.0.1:45999';
export const OWNER = 'dev|owner';
export const SESSION = '__Host-steward';
export const LOGIN = '__Host-steward-login-';
export const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36';

export const newBrowser = (app: App) => new Browser(new Map([[SITE, app.worker().url]]));
export const configPath = (service: string) => `/v1/admin/services/${service}/config`;
const now = () => Math.floor(Date.now() / 1000);

/** A cookie's text as Steward would write it: `left` seconds from its end, under the first of `keys`. */
export function sealed(
  app: App,
  kind: 'login' | 'session',
  claims: JWTPayload,
  left: number,
  keys = app.engines.cookieKeys,
) {
  const [[kid, secret] = ['', '']] = Object.entries(JSON.parse(keys) as Record<string, string>);
  return new EncryptJWT(claims)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, typ: `steward-${kind}` })
    .setIssuedAt(now())
    .setExpirationTime(now() + left)
    .encrypt(Buffer.from(secret, 'base64'));
}

/** Begins a sign-in and chooses an account at the issuer: the address of the callback. */
export async function toCallback(app: App, browser: Browser, subject: string, returnTo = '/'): Promise<string> {
  const begun = await browser.go(`${SITE}/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
  expect(begun.status).toBe(303);
  const choice = await browser.follow(begun.headers.get('location') ?? '', app.engines.issuer.url);
  if (choice.page === undefined) return choice.url;
  return (await browser.follow(choice.url, app.engines.issuer.url, { account: subject })).url;
}

export async function signIn(app: App, subject = OWNER, browser = newBrowser(app)): Promise<Browser> {
  const answer = await browser.go(await toCallback(app, browser, subject), undefined, { 'user-agent': AGENT });
  expect(answer.status).toBe(303);
  return browser;
}

export const withCookie = (cookie: string, headers: Record<string, string> = {}) => ({
  headers: { Cookie: `${SESSION}=${cookie}`, ...headers },
});

/** The status of a read of the service’s settings with a cookie. */
export const read = async (app: App, service: string, cookie: string) =>
  (await app.call('GET', configPath(service), withCookie(cookie))).status;

/** The audit records of an admin’s sign-ins and sign-outs, the last first. */
export const auditOf = async (app: App, subject: string) => {
  const { rows } = await app.db.query(
    `SELECT action, outcome, actor_email, actor_role, ip_address, before_state, after_state, session_id FROM audit_outbox o
     WHERE action LIKE 'session.%' AND (actor_id = (SELECT id FROM admins WHERE subject = $1) OR after_state->>'subject' = $1)
     ORDER BY accepted_at DESC`,
    [subject],
  );
  return rows;
};
