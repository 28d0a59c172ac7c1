import * as z from 'zod';
import { newHold } from '../../audit/holds.ts';
import { operationType } from './declare.ts';

const { resource, resourceId, actorId, serviceId, from, to } = newHold.shape;

/** Records that match outlive their retention, from the moment it is done. */
export const auditHoldApply = operationType({
  summary: 'Put audit records on legal hold',
  risk: 'routine',
  permission: 'audit.hold.manage',
  everywhere: true,
  locks: ['audit_holds'],
  target: z
    .strictObject({ type: z.literal('records'), resource, resourceId, actorId, serviceId, from, to })
    .refine(({ type: _, ...criteria }) => Object.values(criteria).some((value) => value !== null), {
      message: 'must give at least one of resource, resourceId, actorId, serviceId, from, to',
    }),
  parameters: z.strictObject({}),
  draft: () => ({ selection: 'new_hold', targetId: null }),
  patches: (_, { target, reason }) => {
    const { type: _type, ...criteria } = target;
    return { new_hold: { ...criteria, reason, status: 'applying' } };
  },
  undo: { new_hold: 'A hold is ended by audit.hold.release, which another admin agrees to.' },
});

/** What no other hold matches expires when its time has come, which may be at once. */
export const auditHoldRelease = operationType({
  summary: 'Release legal holds',
  risk: 'irreversible',
  permission: 'audit.hold.manage',
  everywhere: true,
  locks: ['audit_holds'],
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('hold'), id: z.guid().toLowerCase() }),
    z.strictObject({ type: z.literal('holds'), ids: z.array(z.guid().toLowerCase()).min(1).max(200) }),
  ]),
  parameters: z.strictObject({}),
  draft: (target) => ({
    selection: 'holds_listed',
    targetId: target.type === 'hold' ? target.id : null,
    list: (target.type === 'hold' ? [target.id] : target.ids).map((holdId) => ({ holdId })),
  }),
  patches: (_, { at, startedBy, reason }) => ({
    audit_hold: { status: 'releasing', releasedBy: startedBy, releasedAt: at, releaseReason: reason },
  }),
  undo: { audit_hold: 'Records past their retention are gone as soon as nothing holds them.' },
});
