import { hashOf } from '../resources/idempotency.ts';

/**
 * A UUIDv7 (RFC 9562 section 5.7) for what an operation makes: its instant is the operation's, the rest a hash of both, so
 * that a run that says it again means the same thing.
 */
export async function derivedId(operationId: string, name: string): Promise<string> {
  const hash = await hashOf(`${operationId}\n${name}`);
  const variant = (0b1000 | (Number.parseInt(hash.slice(0, 1), 16) & 0b0011)).toString(16);
  return `${operationId.slice(0, 13)}-7${hash.slice(1, 4)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}
