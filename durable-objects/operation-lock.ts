import { DurableObject } from 'cloudflare:workers';
import { grantLease, type Lease, releaseLease, renewLease } from '../domain/operations/lease.ts';

const KEY = 'lease';

/** One object a lock. A lease ends by itself; its fencing token is kept for ever, so it never repeats. */
export class OperationLock extends DurableObject {
  async acquire(holder: string, leaseMs: number): Promise<Lease | null> {
    const { lease, granted } = grantLease(this.ctx.storage.kv.get<Lease>(KEY), holder, leaseMs, Date.now());
    if (!granted) return null;
    this.ctx.storage.kv.put(KEY, lease);
    return lease;
  }

  async renew(token: number, leaseMs: number): Promise<boolean> {
    return this.#store(renewLease(this.ctx.storage.kv.get<Lease>(KEY), token, leaseMs, Date.now()));
  }

  async release(token: number): Promise<void> {
    this.#store(releaseLease(this.ctx.storage.kv.get<Lease>(KEY), token));
  }

  /** Who holds it, for people who wait. */
  async holder(): Promise<Lease | null> {
    const lease = this.ctx.storage.kv.get<Lease>(KEY);
    return lease && Date.now() < lease.expiresAt ? lease : null;
  }

  #store(lease: Lease | null): boolean {
    if (lease) this.ctx.storage.kv.put(KEY, lease);
    return lease !== null;
  }
}
