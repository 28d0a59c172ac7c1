import { unwrapSecret, type WrapUse, wrappingKey, wrapSecret } from '../access/key-wrap.ts';

/** What a secret of a channel belongs to: moved to another row or use it does not open. */
export interface SecretOf {
  channelId: string;
  use: 'target' | 'signing';
  /** Of the secret. */
  id: string;
}

export interface Wrapped {
  wrapped: string;
  wrappedBy: string;
}

/** Wraps what channels must not show: under a key of the environment, so that the database alone gives nothing away. */
export interface ChannelSecrets {
  wrap(of: SecretOf, text: string): Promise<Wrapped>;
  /** null: no key of the environment opens it. */
  unwrap(of: SecretOf, wrapped: Wrapped): Promise<string | null>;
}

const USE: WrapUse = 'notifications';

const boundTo = ({ channelId, use, id }: SecretOf) => `${channelId}/${use}/${id}`;

/** @param secrets base64 by id, as the environment has them: the first one wraps, all of them unwrap */
export async function channelSecrets(secrets: Readonly<Record<string, string>>): Promise<ChannelSecrets> {
  const keys = new Map<string, CryptoKey>();
  for (const [id, text] of Object.entries(secrets)) keys.set(id, await wrappingKey(USE, Uint8Array.fromBase64(text)));
  const [first] = keys;
  if (!first) throw new Error('the environment has no key for notifications');
  const [wrappedBy, wrapping] = first;
  return {
    wrap: async (of, text) => ({
      wrapped: await wrapSecret(wrapping, USE, boundTo(of), new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>),
      wrappedBy,
    }),
    unwrap: async (of, wrapped) => {
      const key = keys.get(wrapped.wrappedBy);
      const bytes = key ? await unwrapSecret(key, USE, boundTo(of), wrapped.wrapped) : null;
      return bytes && new TextDecoder().decode(bytes);
    },
  };
}
