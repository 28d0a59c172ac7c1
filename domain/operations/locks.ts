import type { Context } from '../context.ts';
import type { Lease } from './lease.ts';

/** Every lock of an operation, in the order of their names, so that no two operations wait for each other. */
export interface HeldLocks {
  /** In the order of the names. */
  tokens: number[];
  /** Renews when half of the time is over. @throws Error when one was lost */
  holdOn(): Promise<void>;
  release(): Promise<void>;
}

const nameOf = (lock: string) => `operation:${lock}`;

/** A lock is lost: what comes next would be refused. */
export class LockLost extends Error {
  override name = 'LockLost';
}

/** All of them or none. null: another operation, or another run of this one, holds one. */
export async function takeLocks(
  ctx: Context,
  operationId: string,
  locks: readonly string[],
): Promise<HeldLocks | null> {
  const leaseMs = ctx.settings.operationLeaseMs;
  const taken: { name: string; lease: Lease }[] = [];
  const release = async () => {
    await Promise.allSettled(taken.map(({ name, lease }) => ctx.locks.release(name, lease.token)));
  };
  for (const lock of [...locks].sort()) {
    const name = nameOf(lock);
    const lease = await ctx.locks
      .acquire(name, `${operationId} ${ctx.origin.requestId}`, leaseMs)
      .catch(async (error) => {
        await release();
        throw error;
      });
    if (!lease) {
      await release();
      return null;
    }
    taken.push({ name, lease });
  }
  let heldUntil = Math.min(...taken.map(({ lease }) => lease.expiresAt));
  return {
    tokens: locks.map((lock) => taken.find(({ name }) => name === nameOf(lock))?.lease.token ?? 0),
    release,
    holdOn: async () => {
      if (ctx.now() < heldUntil - leaseMs / 2) return;
      const renewed = await Promise.all(taken.map(({ name, lease }) => ctx.locks.renew(name, lease.token, leaseMs)));
      if (!renewed.every(Boolean)) throw new LockLost('the lock went to another run');
      heldUntil = ctx.now() + leaseMs;
    },
  };
}
