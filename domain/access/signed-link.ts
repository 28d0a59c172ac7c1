/** HMAC-SHA-256 keys by id. Links are made with `current`; every key listed still opens the links it made. */
export interface SigningKeys {
  current: string;
  keys: ReadonlyMap<string, CryptoKey>;
}

/** Nobody may ask for a longer one. */
export const LONGEST_LINK_SECONDS = 604_800;

/** A link to download one file, for a limited time. */
export interface LinkClaims {
  /** Of the file, as the link has it. */
  path: string;
  /** Whose link it is: re-authorised at every download. */
  adminId: string;
  /** Seconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
  /** 32 hexadecimal digits: the link can be used once, which whoever serves it sees to. */
  once: string | null;
  /** The file in a bundle with all that is needed to verify it. */
  bundle: boolean;
}

const METHOD = 'GET';
const DISPOSITION = 'attachment';
const BUNDLE = 'zip';

/** Each field with its length before it: no two different sets of fields give the same bytes. */
function signedBytes(claims: LinkClaims, keyId: string): Uint8Array<ArrayBuffer> {
  const fields = [
    METHOD,
    claims.path,
    claims.adminId,
    String(claims.issuedAt),
    String(claims.expiresAt),
    DISPOSITION,
    ...(claims.once === null ? [] : [`once=${claims.once}`]),
    ...(claims.bundle ? [`bundle=${BUNDLE}`] : []),
    keyId,
  ];
  return new TextEncoder().encode(
    fields.map((field) => `${field.length}:${field}`).join(''),
  ) as Uint8Array<ArrayBuffer>;
}

const query = (claims: LinkClaims, keyId: string, signature: string) =>
  `admin=${claims.adminId}&issued=${claims.issuedAt}&expires=${claims.expiresAt}${claims.once === null ? '' : `&once=${claims.once}`}` +
  `${claims.bundle ? `&bundle=${BUNDLE}` : ''}&kid=${keyId}&sig=${signature}`;

/** @returns path and query of the link */
export async function signLink(keys: SigningKeys, claims: LinkClaims): Promise<string> {
  const key = keys.keys.get(keys.current);
  if (!key) throw new Error(`no link key ${keys.current}`);
  const signature = await crypto.subtle.sign('HMAC', key, signedBytes(claims, keys.current));
  return `${claims.path}?${query(claims, keys.current, new Uint8Array(signature).toHex())}`;
}

const SHAPE =
  /^admin=([0-9a-f-]{36})&issued=(\d{10})&expires=(\d{10})(?:&once=([0-9a-f]{32}))?(&bundle=zip)?&kid=([\w-]{1,32})&sig=([0-9a-f]{64})$/;

/** The key a link names; null: it is none of ours. @param search the raw query string without `?` */
export const linkKeyId = (search: string): string | null => SHAPE.exec(search)?.[6] ?? null;

/**
 * Reads a link back. The query must be letter for letter what signLink writes, so that reordered, doubled or re-encoded
 * parameters are no link.
 * @param search the raw query string without `?`
 * @returns null when it is not one of ours or has expired
 */
export async function verifyLink(
  keys: SigningKeys,
  path: string,
  search: string,
  nowMs: number,
): Promise<LinkClaims | null> {
  const [, adminId, issued, expires, once, bundle, keyId, signature] = SHAPE.exec(search) ?? [];
  const key = keyId === undefined ? undefined : keys.keys.get(keyId);
  if (!adminId || !keyId || !signature || !key) return null;
  const claims = {
    ...{ path, adminId, issuedAt: Number(issued), expiresAt: Number(expires) },
    ...{ once: once ?? null, bundle: bundle !== undefined },
  };
  const genuine = await crypto.subtle.verify('HMAC', key, Uint8Array.fromHex(signature), signedBytes(claims, keyId));
  return genuine && nowMs < claims.expiresAt * 1000 ? claims : null;
}
