import type { CallerContext, Entry } from '../context.ts';
import { QUIET } from '../log-testing.ts';
import { grantLease, type Lease, releaseLease, renewLease } from '../operations/lease.ts';

/** A signed-in caller with what following a run needs of a Context; `more` is the test's. */
export function followerContext(permissions: string[], more: Partial<CallerContext> = {}) {
  const leases = new Map<string, Lease>();
  const keep = (name: string, lease: Lease | null) => lease && leases.set(name, lease);
  const said: string[] = [];
  const grants = [{ serviceId: null, role: 'test', permissions }];
  const standing = { adminId: 'a', email: '', name: '', status: 'active' as const, notBefore: null, grants };
  const entry = (): Entry => ({ known: { standing, ended: false }, stale: null, ticket: 't', permits: null });
  const ctx: Partial<CallerContext> = {
    caller: { subject: 'test|a', sessionId: 's', issuedAt: 0, expiresAt: 0 },
    origin: { requestId: crypto.randomUUID(), traceId: '', traceparent: '', ipAddress: '', userAgent: '' },
    locks: {
      acquire: async (name, holder, ms) => {
        const { granted, lease } = grantLease(leases.get(name), holder, ms, Date.now());
        leases.set(name, lease);
        return granted ? lease : null;
      },
      renew: async (name, token, ms) => Boolean(keep(name, renewLease(leases.get(name), token, ms, Date.now()))),
      release: async (name, token) => void keep(name, releaseLease(leases.get(name), token)),
      isHeld: async (name) => (leases.get(name)?.expiresAt ?? 0) > Date.now(),
    },
    guards: { enter: async () => entry() } as unknown as CallerContext['guards'],
    now: Date.now,
    log: { ...QUIET, error: (message) => void said.push(message) },
    ...more,
  };
  return {
    ctx: ctx as CallerContext,
    /** Messages for the log. */
    said,
    /** Names of the streams that are open. */
    open: () => [...leases].filter(([, { expiresAt }]) => expiresAt > Date.now()).map(([name]) => name),
    /** As if another stream had taken them. */
    takeAll: () => leases.clear(),
  };
}
