import { generateRandomCodeVerifier, generateRandomNonce, generateRandomState } from 'oauth4webapi';
import { type SessionEvent, signIn, signOut as signOutRow } from '../../drizzle/repositories/sign-in.ts';
import { DRAIN } from '../../queues/messages.ts';
import type { Action } from '../audit/actions.ts';
import type { Context, Principal } from '../context.ts';
import { DomainError, Malformed } from '../errors.ts';
import { sealSession } from './browser-session.ts';
import { newEvent } from './caller.ts';
import { changeAccess } from './change-access.ts';
import { seal, sealKeyId, unseal } from './seal.ts';

/** A sign-in that is not finished by then has to begin again. */
export const LOGIN_SECONDS = 600;
const MAX_RETURN_TO = 1000;
const MAX_SUBJECT = 200;

export interface Login {
  /** Where to send the browser. */
  location: string;
  /** Names the login's cookie and is the first part of its state: logins in several tabs do not disturb each other. */
  id: string;
  /** The cookie's text. */
  sealed: string;
}

const LOGIN_ID = /^([0-9a-f]{8})\./;

/** The login a callback belongs to, by its state; null when the state is none of ours. */
export const loginIdOf = (state: string | null): string | null => LOGIN_ID.exec(state ?? '')?.[1] ?? null;

/** Printable ASCII without `\`. */
const PLAIN_PATH = /^\/(?!\/)[!-[\]-~]*$/;

/**
 * An address on this site. Browsers read `//host`, `/\host` and either with tabs inside as another site's.
 * @throws Malformed
 */
export function localAddress(returnTo: string, publicUrl: string): string {
  const origin = new URL(publicUrl).origin;
  const plain = PLAIN_PATH.test(returnTo) && returnTo.length <= MAX_RETURN_TO;
  const url = plain ? URL.parse(returnTo, origin) : null;
  if (url?.origin !== origin || /^\/auth(\/|$)/i.test(url.pathname))
    throw new Malformed('returnTo must be a path on this site, such as /services.');
  return url.href;
}

/** Begins a sign-in. `prompt`: OpenID Connect's. @throws Malformed, Unavailable */
export async function beginLogin(
  ctx: Context,
  { returnTo, prompt }: { returnTo: string; prompt: string | undefined },
): Promise<Login> {
  localAddress(returnTo, ctx.settings.publicUrl);
  const id = crypto.getRandomValues(new Uint8Array(4)).toHex();
  const secrets = {
    state: `${id}.${generateRandomState()}`,
    nonce: generateRandomNonce(),
    verifier: generateRandomCodeVerifier(),
  };
  const issuedAt = Math.floor(ctx.now() / 1000);
  return {
    id,
    location: await ctx.openId.authorizationUrl(secrets, prompt),
    sealed: await seal(await ctx.keys.cookies(), {
      kind: 'login',
      claims: { ...secrets, returnTo },
      issuedAt,
      expiresAt: issuedAt + LOGIN_SECONDS,
    }),
  };
}

async function openLogin(ctx: Context, sealed: string | undefined) {
  const { state, nonce, verifier, returnTo } =
    (sealed === undefined
      ? null
      : await unseal(await ctx.keys.cookies(sealKeyId(sealed)), 'login', sealed, ctx.now())) ?? {};
  if (
    typeof state !== 'string' ||
    typeof nonce !== 'string' ||
    typeof verifier !== 'string' ||
    typeof returnTo !== 'string'
  )
    throw new DomainError(
      'sign_in_failed',
      'This browser began no such sign-in, or it was completed before, or it took more than ten minutes.',
    );
  return { secrets: { state, nonce, verifier }, returnTo };
}

const sessionEvent = (ctx: Context, action: Action, who: Pick<Principal, 'subject' | 'sessionId'>): SessionEvent => ({
  ...newEvent(ctx, action),
  reason: '',
  ipAddress: ctx.origin.ipAddress,
  subject: who.subject,
  sessionId: who.sessionId,
});

export interface SignedIn {
  /** The session cookie's text. */
  sealed: string;
  /** Absolute. */
  returnTo: string;
}

/**
 * Finishes a sign-in: redeems the code, lists the session and records it in one statement. A session it takes the place of
 * is signed out.
 * @param callback the query of the callback
 * @param sealed the text of the login's cookie
 * @param previous the session this browser had
 * @throws DomainError sign_in_failed | not_an_admin | admin_locked, Unavailable
 */
export async function finishLogin(
  ctx: Context,
  callback: URLSearchParams,
  sealed: string | undefined,
  previous: Principal | null,
): Promise<SignedIn> {
  const { secrets, returnTo } = await openLogin(ctx, sealed);
  const subject = await ctx.openId.subjectOf(callback, secrets);
  if (subject === '' || subject.length > MAX_SUBJECT || subject.includes('\u0000'))
    throw new DomainError('sign_in_failed', 'The issuer’s answer names nobody.');
  const issuedAt = Math.floor(ctx.now() / 1000);
  const expiresAt = issuedAt + ctx.settings.sessionTtlSeconds;
  const session: Principal = { subject, sessionId: crypto.randomUUID(), issuedAt, expiresAt };
  const [row] = await ctx.db.api.run(signIn, {
    ...sessionEvent(ctx, 'session.sign-in', session),
    userAgent: ctx.origin.userAgent,
    expiresAt: new Date(expiresAt * 1000).toISOString(),
  });
  ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  if (row?.verdict === 'locked')
    throw new DomainError('admin_locked', 'You are locked here. Ask an owner to unlock you.');
  if (row?.verdict !== 'ok')
    throw new DomainError(
      'not_an_admin',
      'The issuer knows you, but you are no admin here. Ask an owner of Steward to add you.',
    );
  if (previous) await signOut(ctx, previous);
  return {
    sealed: await sealSession(await ctx.keys.cookies(), session),
    returnTo: localAddress(returnTo, ctx.settings.publicUrl),
  };
}

/** Ends the caller's session everywhere, from the next request on. Again, it changes nothing. */
export async function signOut(ctx: Context, caller: Principal): Promise<void> {
  const [row] = await changeAccess(ctx, [caller.subject], async () => ({
    result: await ctx.db.api.run(signOutRow, sessionEvent(ctx, 'session.sign-out', caller)),
  }));
  if (row?.ended) ctx.later(ctx.queues.auditOutbox.send(DRAIN));
}

/** Where the browser goes after signing out: to the issuer, if it can end its own session too. */
export async function afterSignOut(ctx: Context): Promise<string> {
  const home = new URL('/', ctx.settings.publicUrl).href;
  try {
    return (await ctx.openId.endSessionUrl()) ?? home;
  } catch (error) {
    ctx.log.error('the issuer’s sign-out cannot be reached', { error });
    return home;
  }
}
