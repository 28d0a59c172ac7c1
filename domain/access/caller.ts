import type { CallerInput } from '../../drizzle/repositories/access.ts';
import { ACTIONS, type Action } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import type { Permission } from './permissions.ts';

/**
 * The part every authorising statement shares: who asks, what the action needs, and the audit record it may write.
 * @param more permissions needed besides the action's own
 */
export function callerInput(
  ctx: CallerContext,
  action: Action,
  reason = '',
  more: readonly Permission[] = [],
): CallerInput {
  return {
    subject: ctx.caller.subject,
    sessionId: ctx.caller.sessionId,
    issuedAt: ctx.caller.issuedAt,
    permissions: [...ACTIONS[action].permissions, ...more],
    ...newEvent(ctx, action),
    reason: ctx.redact.text(reason),
    ipAddress: ctx.origin.ipAddress,
    userAgent: ctx.origin.userAgent,
  };
}

/** Id and time of a new audit record: the time is exactly the id's milliseconds, by which ClickHouse finds it again. */
export function newEvent(ctx: Pick<CallerContext, 'newId' | 'origin'>, action: Action) {
  const eventId = ctx.newId();
  return {
    eventId,
    eventTime: timeOfId(eventId).toISOString(),
    action,
    requestId: ctx.origin.requestId,
    traceId: ctx.origin.traceId,
  };
}

/** The instant in a UUIDv7 (RFC 9562 section 5.7). */
export function timeOfId(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
