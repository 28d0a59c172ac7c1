import { after, type Happening } from '../../../domain/operations/phases.ts';
import type { Route } from '../../api/call.ts';
import type { Me, Operation } from '../../api/schema.gen.ts';
import { type Verdict, verdictOf } from '../../api/use-me.ts';

/** What people do with an operation, in the order in which it comes up. */
export const VERBS = [
  'approve',
  'reject',
  'start',
  'break_glass',
  'review',
  'pause',
  'resume',
  'cancel',
  'retry_failed',
  'undo',
] as const;
export type Verb = (typeof VERBS)[number];

export const ROUTE_OF = {
  approve: 'POST /v1/admin/operations/{id}/approve',
  reject: 'POST /v1/admin/operations/{id}/reject',
  start: 'POST /v1/admin/operations/{id}/start',
  break_glass: 'POST /v1/admin/operations/{id}/start',
  review: 'POST /v1/admin/operations/{id}/review',
  pause: 'POST /v1/admin/operations/{id}/pause',
  resume: 'POST /v1/admin/operations/{id}/resume',
  cancel: 'POST /v1/admin/operations/{id}/cancel',
  retry_failed: 'POST /v1/admin/operations/{id}/retry-failed',
  undo: 'POST /v1/admin/operations/{id}/undo',
} as const satisfies Record<Verb, Route>;

/** Why something may not be done now; the sentences are in `operations.off`. */
export type Off =
  | { why: 'phase' | 'ownPlan' | 'decided' | 'notOwner' | 'ownStart' | 'undoBegun' | 'nothingLeft' }
  | { why: 'irreversible'; because: string }
  | { why: 'roles'; roles: string[] }
  | { why: 'permission'; missing: string[] };

const isOwner = (me: Pick<Me, 'grants'>) =>
  me.grants.some(({ role, serviceId }) => role === 'owner' && serviceId === null);

/** What the server would refuse whoever asks, as far as it can be known here. */
function refusal(verb: Verb, operation: Operation, me: Me): Off | null {
  const { approval, plan } = operation;
  switch (verb) {
    case 'approve':
    case 'reject':
      if (operation.actorAdminId === me.id) return { why: 'ownPlan' };
      if (approval.decisions.some(({ adminId }) => adminId === me.id)) return { why: 'decided' };
      if (
        verb === 'approve' &&
        approval.roles.length > 0 &&
        !me.grants.some(({ role }) => approval.roles.includes(role))
      )
        return { why: 'roles', roles: approval.roles };
      return null;
    case 'break_glass':
      return isOwner(me) ? null : { why: 'notOwner' };
    case 'review':
      if (!isOwner(me)) return { why: 'notOwner' };
      return operation.actorAdminId === me.id || operation.startedBy === me.id ? { why: 'ownStart' } : null;
    case 'retry_failed':
      return operation.itemsUndone > 0 ? { why: 'undoBegun' } : null;
    case 'undo': {
      const kept = Object.values(plan.undo);
      const because = kept.find((each): each is string => typeof each === 'string');
      if (!kept.includes(true)) return { why: 'irreversible', because: because ?? '' };
      return operation.itemsDone - operation.itemsFailed - operation.itemsSkipped <= 0 && operation.phase !== 'undone'
        ? { why: 'nothingLeft' }
        : null;
    }
    default:
      return null;
  }
}

/** A review is of the flag, not of the phase; all else is in the table of phases. */
const mayHappen = (verb: Verb, { phase, breakGlass }: Operation): boolean =>
  verb === 'review'
    ? breakGlass !== null && breakGlass.reviewedAt === null
    : after((verb === 'approve' ? 'agree' : verb) satisfies Happening, phase) !== null;

/** @returns null when it may be done now by whoever asks */
export function offOf(verb: Verb, operation: Operation, me: Me): Off | null {
  if (!mayHappen(verb, operation)) return { why: 'phase' };
  const verdict: Verdict = verdictOf(me, ROUTE_OF[verb]);
  if (!verdict.allowed) return { why: 'permission', missing: verdict.missing };
  return refusal(verb, operation, me);
}

/** Whether it has a place on the page at all: there is no review of what nobody started alone, and no vote where none is needed. */
export const concerns = (verb: Verb, { approval, breakGlass, risk }: Operation): boolean => {
  if (verb === 'review') return breakGlass !== null;
  if (verb === 'approve' || verb === 'reject') return approval.needed > 0;
  return verb !== 'break_glass' || risk !== 'routine';
};
