import { findSecret } from '../audit/redact.ts';

const PIECE = 64 * 1024;
/** Longer than any secret that is told by its looks: none is cut in two without standing whole in one of the pieces. */
const OVERLAP = 4 * 1024;

/** The kind of secret found in a text in UTF-8, or null. Read piece by piece: the whole of it would take several times its room. */
export function findSecretIn(bytes: Uint8Array): string | null {
  const decoder = new TextDecoder();
  let before = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    const text = before + decoder.decode(bytes.subarray(at, at + PIECE), { stream: true });
    const secret = findSecret(text);
    if (secret) return secret;
    before = text.slice(-OVERLAP);
  }
  return null;
}
