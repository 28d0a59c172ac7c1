import { call } from '../../drizzle/client.ts';
import { type RotatedRow, readRotation, rotateSigningKey } from '../../drizzle/repositories/signing-keys.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { FRESH_MS } from './key-ring.ts';
import type { KeyUse } from './key-wrap.ts';
import { LOGIN_SECONDS } from './sign-in.ts';
import { LONGEST_LINK_SECONDS } from './signed-link.ts';

export const RETIREMENTS = ['when-unused', 'now'] as const;

export interface RotationAsked {
  operationId: string;
  use: KeyUse;
  /** Of the new key. */
  keyId: string;
  /** `when-unused`: the keys of before verify until nothing they signed can be alive; `now`: they verify nothing any more. */
  retire: (typeof RETIREMENTS)[number];
}

export interface Rotated {
  keyId: string;
  wrappedBy: string;
  retired: readonly { keyId: string; retireAt: string }[];
}

/** Other isolates sign with the key of before until they read the store; twice that, for clocks that differ. */
const SPREAD_SECONDS = (2 * FRESH_MS) / 1000;

/** How long something that was signed just now can be alive. */
function lifeOf({ settings }: Pick<Context, 'settings'>, use: KeyUse): number {
  // Whoever makes a link may ask for the longest, whatever LINK_TTL_SECONDS says.
  if (use === 'links') return LONGEST_LINK_SECONDS;
  return Math.max(settings.sessionTtlSeconds, LOGIN_SECONDS);
}

/**
 * Makes a new key that signs from now on, and sets the end of those before it. Said again with the same `keyId` it is the same key.
 * @throws DomainError conflict when the operation has ended
 */
export async function rotateKey(ctx: Context, { operationId, use, keyId, retire }: RotationAsked): Promise<Rotated> {
  const rotation = {
    ...{ operationId, use, id: keyId, ...(await ctx.keys.wrapNew(use, keyId)) },
    environment: ctx.keys.environmentIds(use),
    lifeSeconds: retire === 'now' ? 0 : lifeOf(ctx, use) + SPREAD_SECONDS,
  };
  const say = ctx.db.api.batch([call(rotateSigningKey, rotation), call(readRotation, rotation)]);
  // Also when the reply is lost: it may have come about.
  const [, rows] = await say.finally(() => ctx.keys.changed());
  const [row] = rows as RotatedRow[];
  if (!row) throw new DomainError('conflict', 'The operation has ended.');
  return { keyId, wrappedBy: row.wrapped_by, retired: row.retired };
}
