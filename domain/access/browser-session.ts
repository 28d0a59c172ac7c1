import type { Principal } from '../context.ts';
import { Unauthenticated } from '../errors.ts';
import { type SealingKeys, seal, unseal } from './seal.ts';

/** The text of the session cookie: who and which session, nothing about what they may do. */
export function sealSession(
  keys: SealingKeys,
  { subject, sessionId, issuedAt, expiresAt }: Principal,
): Promise<string> {
  return seal(keys, { kind: 'session', claims: { sub: subject, sid: sessionId }, issuedAt, expiresAt });
}

/** Reads a session cookie back. Whether the session still lives is asked elsewhere. @throws Unauthenticated */
export async function openSession(keys: SealingKeys, text: string, nowMs: number): Promise<Principal> {
  const claims = await unseal(keys, 'session', text, nowMs);
  const { sub, sid, iat, exp } = claims ?? {};
  if (typeof sub !== 'string' || typeof sid !== 'string' || iat === undefined || exp === undefined)
    throw new Unauthenticated(
      'This browser’s session is not valid or has expired; sign in again at /auth/login.',
      'cookie_invalid',
    );
  return { subject: sub, sessionId: sid, issuedAt: iat, expiresAt: exp };
}
