import type { CallerContext } from '../context.ts';
import { DomainError } from '../errors.ts';

const MOST_STREAMS = 5;

/** Renewed more often than this; a slot whose Worker went away is soon free again. */
export const SLOT_MS = 30_000;
/** Then the client connects anew: an invocation's subrequests are bounded. */
export const STREAM_MS = 15 * 60_000;

export interface Slot {
  name: string;
  token: number;
}

/** One of the few streams of a kind an admin may have at once. @throws DomainError rate_limited */
export async function takeSlot(ctx: CallerContext, kind: 'live' | 'export-events' | 'operation-events'): Promise<Slot> {
  for (let n = 0; n < MOST_STREAMS; n++) {
    const name = `${kind}:${ctx.caller.subject}:${n}`;
    const lease = await ctx.locks.acquire(name, ctx.origin.requestId, SLOT_MS);
    if (lease) return { name, token: lease.token };
  }
  throw new DomainError('rate_limited', `You have ${MOST_STREAMS} live streams already; close one of them.`, {
    retryAfter: SLOT_MS / 1000,
  });
}
