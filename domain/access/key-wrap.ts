/** What a key is for: links are signed with HMAC-SHA-256, cookies sealed with A256GCM. */
export const KEY_USES = ['links', 'cookies'] as const;
export type KeyUse = (typeof KEY_USES)[number];
/** What else is kept wrapped, under keys of its own; see domain/notifications/secrets.ts. */
export type WrapUse = KeyUse | 'notifications';

type Bytes = Uint8Array<ArrayBuffer>;

const SECRET_BYTES = 32;
/** Of AES-GCM (NIST SP 800-38D section 8.2.2): random ones suffice for as many keys as there will ever be. */
const NONCE_BYTES = 12;

const bytesOf = (text: string) => new TextEncoder().encode(text) as Bytes;

export const newSecret = (): Bytes => crypto.getRandomValues(new Uint8Array(SECRET_BYTES));

/** The secret as a key that does what its use needs and cannot be read back. */
export const importKey = (use: KeyUse, secret: Bytes): Promise<CryptoKey> =>
  use === 'links'
    ? crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
    : crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']);

/** What wraps stored keys of this use: derived by HKDF-SHA-256 (RFC 5869) from a secret of the environment, so that it is not that secret. */
export async function wrappingKey(use: WrapUse, secret: Bytes): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const info = bytesOf(`steward signing_keys ${use}`);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** A wrapped secret belongs to one id and one use: moved to another row it does not open. */
const boundTo = (use: WrapUse, id: string) => bytesOf(JSON.stringify([use, id]));

/** @returns base64 of nonce and ciphertext (AES-256-GCM) */
export async function wrapSecret(wrapping: CryptoKey, use: WrapUse, id: string, secret: Bytes): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: boundTo(use, id) },
    wrapping,
    secret,
  );
  return new Uint8Array([...iv, ...new Uint8Array(sealed)]).toBase64();
}

/** The secret, or null for what was wrapped with another key, for another id or use, or was changed since. */
export async function unwrapSecret(
  wrapping: CryptoKey,
  use: WrapUse,
  id: string,
  wrapped: string,
): Promise<Bytes | null> {
  try {
    const bytes = Uint8Array.fromBase64(wrapped);
    const opening = { name: 'AES-GCM', iv: bytes.slice(0, NONCE_BYTES), additionalData: boundTo(use, id) };
    return new Uint8Array(await crypto.subtle.decrypt(opening, wrapping, bytes.slice(NONCE_BYTES)));
  } catch {
    return null;
  }
}
