import { describe, expect, it } from 'vitest';
import type { CallerContext, Entry } from '../context.ts';
import { authorise } from './authorise.ts';

const EVERYWHERE = '00000000-0000-0000-0000-000000000000';

/** A caller whom a guard knew more than a minute ago, while Postgres is away. */
function away() {
  const ctx = {
    caller: { subject: 's', sessionId: 'x', issuedAt: 1_800_000_000, expiresAt: 1_900_000_000 },
    origin: { requestId: 'r', traceId: 't', ipAddress: '::', userAgent: '' },
    now: () => 1_800_000_000_000,
    newId: () => '01900000-0000-7000-8000-0000000000a1',
    redact: { text: (text: string) => text },
    db: { api: { run: () => Promise.reject(new Error('away')) } },
    later: (work: Promise<unknown>) => void work.catch(() => undefined),
  } as unknown as CallerContext;
  const permissions = ['gate.check', 'system.health.view', 'observability.view', 'admins.view'];
  const standing = {
    ...{ adminId: 'a', email: 'a@example.com', name: 'A', status: 'active', notBefore: null },
    grants: [{ serviceId: null, role: 'r', permissions }],
  };
  const entry = { permits: null, known: null, stale: { ended: false, standing }, ticket: 't' } as unknown as Entry;
  return { ctx, entry };
}

describe('authorise, while Postgres is away', () => {
  it('goes on with what was known for the gate and for whoever looks what is wrong, and for nothing else', async () => {
    for (const action of [
      'gate.check',
      'system.health.read',
      'observability.metrics.read',
      'observability.status.read',
    ] as const) {
      const { ctx, entry } = away();
      const asked = { action, serviceId: null, resourceId: '' };
      expect((await authorise(ctx, entry, asked)).adminId, action).toBe('a');
    }
    const { ctx, entry } = away();
    const asked = { action: 'admin.list', serviceId: EVERYWHERE, resourceId: '' } as const;
    await expect(authorise(ctx, entry, asked)).rejects.toThrow('away');
  });
});
