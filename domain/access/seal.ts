import { decodeProtectedHeader, EncryptJWT, type JWTPayload, jwtDecrypt } from 'jose';
import { isCanonical } from './token.ts';

/** AES-256-GCM keys by id. `current` encrypts; every key listed still decrypts what it encrypted. */
export interface SealingKeys {
  current: string;
  keys: ReadonlyMap<string, CryptoKey>;
}

/** What a sealed text is for: one kind never opens as the other. */
export type SealedKind = 'login' | 'session';

export interface Seal {
  kind: SealedKind;
  claims: JWTPayload;
  /** Seconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
}

const typeOf = (kind: SealedKind) => `steward-${kind}`;

/** @returns a JWE in compact form (RFC 7516), `dir` with A256GCM, `kid` and `typ` in its header */
export async function seal(keys: SealingKeys, { kind, claims, issuedAt, expiresAt }: Seal): Promise<string> {
  const key = keys.keys.get(keys.current);
  if (!key) throw new Error(`no cookie key ${keys.current}`);
  return new EncryptJWT(claims)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keys.current, typ: typeOf(kind) })
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .encrypt(key);
}

/** The key a sealed text names; null: it names none. */
export function sealKeyId(text: string): string | null {
  try {
    return decodeProtectedHeader(text).kid ?? null;
  } catch {
    return null;
  }
}

/** The claims, or null for what is not ours, is of another kind, has expired or is spelt otherwise than we wrote it. */
export async function unseal(
  keys: SealingKeys,
  kind: SealedKind,
  text: string,
  nowMs: number,
): Promise<JWTPayload | null> {
  const parts = text.split('.');
  // With `dir` there is no encrypted key: the second part is empty.
  if (parts.length !== 5 || !parts.every((part, i) => (i === 1 ? part === '' : isCanonical(part)))) return null;
  try {
    const { payload } = await jwtDecrypt(
      text,
      ({ kid }) => {
        const key = keys.keys.get(kid ?? '');
        if (!key) throw new Error('an unknown key');
        return key;
      },
      {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        typ: typeOf(kind),
        requiredClaims: ['iat', 'exp'],
        currentDate: new Date(nowMs),
      },
    );
    return payload;
  } catch {
    return null;
  }
}
