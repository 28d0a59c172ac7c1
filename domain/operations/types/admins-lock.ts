import * as z from 'zod';
import { DomainError } from '../../errors.ts';
import { type Counts, counted, type Draft, operationType } from './declare.ts';

const target = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('admin'), id: z.guid().toLowerCase() }),
  z.strictObject({ type: z.literal('admins'), ids: z.array(z.guid().toLowerCase()).min(1).max(1000) }),
]);

const draft = (of: z.infer<typeof target>): Draft => ({
  selection: 'admins_listed',
  targetId: of.type === 'admin' ? of.id : null,
  list: (of.type === 'admin' ? [of.id] : of.ids).map((adminId) => ({ adminId })),
});

const warnings = ({ flags }: Counts): string[] =>
  flags?.unchanged ? [`${counted(flags.unchanged, 'admin')} of these are so already and stay as they are.`] : [];

const common = {
  permission: 'admins.manage',
  everywhere: true,
  locks: ['admins'],
  target,
  parameters: z.strictObject({}),
  csv: {
    row: z.strictObject({ adminId: z.guid().toLowerCase() }),
    keyOf: ({ adminId }: Record<string, unknown>) => String(adminId),
    target: 'admins',
    selection: 'admins_listed',
  },
  draft,
  warnings,
  undo: { admin: true },
} as const;

/** A locked admin is refused everywhere from its next request on. The last active owner is left as it is. */
export const adminsLock = operationType({
  ...common,
  summary: 'Lock admins: refused from their next request on',
  risk: 'destructive',
  patches: () => ({ admin: { status: 'locked' } }),
  forbids: { self: () => new DomainError('would_lock_out', 'You are among these admins; leave yourself out.') },
});

export const adminsUnlock = operationType({
  ...common,
  summary: 'Unlock admins',
  risk: 'destructive',
  patches: () => ({ admin: { status: 'active' } }),
});
