/** SHA-256, hex. */
export async function hashOf(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex();
}

/** What is kept of an Idempotency-Key: a client may take anything for one, a secret too. */
export const keptKey = async (key: string | null): Promise<string | null> => (key === null ? null : await hashOf(key));
