import type { SigningKeyRow } from '../../drizzle/repositories/signing-keys.ts';
import type { KnownKeys } from './key-choice.ts';
import { importKey, type KeyUse, unwrapSecret, wrappingKey } from './key-wrap.ts';

/** A key of the environment: for its use, and to wrap stored ones. */
export interface EnvironmentKey {
  id: string;
  key: CryptoKey;
  wrapping: CryptoKey;
}

/** @param secrets base64 by id, in the environment's order */
export const environmentKeys = (use: KeyUse, secrets: Readonly<Record<string, string>>): Promise<EnvironmentKey[]> =>
  Promise.all(
    Object.entries(secrets).map(async ([id, text]) => {
      const secret = Uint8Array.fromBase64(text);
      return { id, key: await importKey(use, secret), wrapping: await wrappingKey(use, secret) };
    }),
  );

/** A stored key's id, from a UUIDv7, whose first digit is 0 until the year 4200: at most 32 characters, and no number. */
export const storedKeyId = (uuid: string): string => `k${uuid.replaceAll('-', '').slice(1)}`;

/** Whether a stored key could have this id: what cannot be there need not be looked for. */
export const isStoredKeyId = (id: string): boolean => /^k[0-9a-f]{31}$/.test(id);

/** All keys of one use, those that have ended among them. */
export interface OpenedKeys {
  known: KnownKeys;
  keys: ReadonlyMap<string, CryptoKey>;
  /** Stored keys that no key of the environment opens: it was taken out, or the row is not ours. */
  unopened: readonly string[];
}

async function openOne(environment: readonly EnvironmentKey[], row: SigningKeyRow): Promise<CryptoKey | null> {
  const by = environment.find(({ id }) => id === row.wrapped_by);
  const secret = by && row.wrapped !== null ? await unwrapSecret(by.wrapping, row.use, row.id, row.wrapped) : null;
  return secret && importKey(row.use, secret);
}

/** @param rows of any use, the newest first */
export async function openKeys(
  use: KeyUse,
  environment: readonly EnvironmentKey[],
  rows: readonly SigningKeyRow[],
): Promise<OpenedKeys> {
  const ofUse = rows.filter((row) => row.use === use);
  const ends = new Map(ofUse.map(({ id, retire_at }) => [id, retire_at?.getTime() ?? null]));
  const keys = new Map(environment.map(({ id, key }) => [id, key]));
  const stored = [];
  const unopened = [];
  for (const row of ofUse.filter(({ wrapped }) => wrapped !== null)) {
    const key = await openOne(environment, row);
    if (!key) unopened.push(row.id);
    else stored.push({ id: row.id, retireAt: ends.get(row.id) ?? null });
    if (key) keys.set(row.id, key);
  }
  const listed = environment.map(({ id }) => ({ id, retireAt: ends.get(id) ?? null }));
  return { known: { environment: listed, stored }, keys, unopened };
}
