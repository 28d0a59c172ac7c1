import { base64url, errors, type JWTPayload, jwtVerify } from 'jose';
import { findSecret } from '../audit/redact.ts';
import type { Principal } from '../context.ts';
import { Unauthenticated, Unavailable } from '../errors.ts';
import { hashOf } from '../resources/idempotency.ts';
import { type KeyCache, KeysUnavailable } from './jwks.ts';

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];
const CLOCK_SKEW_SECONDS = 60;
const MAX_TOKEN_LENGTH = 8192;
const MAX_NAME_LENGTH = 200;

export interface TokenRules {
  issuer: string;
  audience: string;
}

/** jose decodes base64url leniently; a token that is not its own canonical form is a second spelling of a revoked one. */
export function isCanonical(part: string): boolean {
  try {
    return part.length > 0 && base64url.encode(base64url.decode(part)) === part;
  } catch {
    return false;
  }
}

/** Whom a token of a service's own users names. */
export interface Visitor {
  subject: string;
  /** Seconds. */
  expiresAt: number;
}

const isName = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim !== '' && claim.length <= MAX_NAME_LENGTH;

function principalOf({ sub, sid, iat, exp }: JWTPayload): Principal | null {
  if (!isName(sub) || !isName(sid) || typeof iat !== 'number' || typeof exp !== 'number') return null;
  return { subject: sub, sessionId: sid, issuedAt: iat, expiresAt: exp };
}

function visitorOf({ sub, iat, exp }: JWTPayload): Visitor | null {
  if (!isName(sub) || typeof iat !== 'number' || typeof exp !== 'number') return null;
  return { subject: sub, expiresAt: exp };
}

/**
 * Verifies staff's access token (RFC 9068: `typ` at+jwt; `iss`, `aud`, `exp`, `nbf`, `sub`, `sid`, `iat`; 60 s skew).
 * @throws Unauthenticated when it is not valid, Unavailable when the issuer's keys cannot be had
 */
export async function verifyToken(token: string, rules: TokenRules, keys: KeyCache): Promise<Principal> {
  const principal = await verified(token, rules, keys, principalOf);
  // The session's id goes into records, for good: of one that reads like a secret, its hash does as well.
  if (!findSecret(principal.sessionId)) return principal;
  return { ...principal, sessionId: await hashOf(principal.sessionId) };
}

/** The same for a user of a guarded service, whose issuer need not name a session. */
export const verifyVisitor = (token: string, rules: TokenRules, keys: KeyCache): Promise<Visitor> =>
  verified(token, rules, keys, visitorOf);

async function verified<T>(
  token: string,
  rules: TokenRules,
  keys: KeyCache,
  holderOf: (payload: JWTPayload) => T | null,
): Promise<T> {
  const parts = token.split('.');
  if (token.length > MAX_TOKEN_LENGTH || parts.length !== 3 || !parts.every(isCanonical))
    throw new Unauthenticated('The access token is not a signed JWT in its canonical form.', 'token_malformed');
  try {
    const { payload } = await jwtVerify(token, (header, jws) => keys.key(header, jws), {
      ...rules,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_SKEW_SECONDS,
      typ: 'at+jwt',
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    const holder = holderOf(payload);
    if (holder) return holder;
  } catch (error) {
    if (error instanceof KeysUnavailable)
      throw new Unavailable('Sign-in cannot be checked right now; try again shortly.', error);
    if (error instanceof errors.JWTExpired)
      throw new Unauthenticated('The access token has expired; get a new one from the issuer.', 'token_expired');
    if (!(error instanceof errors.JOSEError || error instanceof TypeError)) throw error;
  }
  throw new Unauthenticated('The access token is not valid here.');
}
