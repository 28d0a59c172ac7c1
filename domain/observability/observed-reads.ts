import { closeReads, noteRead } from '../../drizzle/repositories/observed-reads.ts';
import { DRAIN, type ReadMessage } from '../../queues/messages.ts';
import { newEvent, timeOfId } from '../access/caller.ts';
import type { Standing } from '../access/standing.ts';
import { ACTIONS, type Action } from '../audit/actions.ts';
import type { CallerContext, Context } from '../context.ts';
import { Unavailable } from '../errors.ts';
import { inTime } from '../gate/patience.ts';

export type ObservingAction = ReadMessage['action'];

/** A queue takes a message in milliseconds; whoever looks at what is wrong must not wait for it for long. */
const TAKING_MS = 3000;
const MOST_CLOSED = 100;

/**
 * Records that somebody looks, before they see anything. By way of a queue, not of Postgres: this is what is read while Postgres is away.
 * @throws Unavailable: what cannot be recorded is not shown
 */
export async function observe(ctx: CallerContext, standing: Standing, action: ObservingAction): Promise<void> {
  const id = ctx.newId();
  const { ipAddress, requestId, traceId } = ctx.origin;
  const message: ReadMessage = {
    v: 1,
    kind: 'audit.read',
    id,
    readAt: timeOfId(id).toISOString(),
    adminId: standing.adminId ?? '',
    actorEmail: standing.email,
    actorRole: roleFor(standing, action),
    action,
    ...{ ipAddress, requestId, traceId, sessionId: ctx.caller.sessionId },
  };
  try {
    await inTime(ctx.queues.auditOutbox.send(message), TAKING_MS);
  } catch (error) {
    throw new Unavailable('That you look at this cannot be recorded right now; try again shortly.', error);
  }
}

/** The role that lets them: only what holds everywhere does. */
function roleFor({ grants }: Standing, action: Action): string {
  const needed = ACTIONS[action].permissions;
  const lets = grants.find(
    ({ serviceId, permissions }) => serviceId === null && needed.every((one) => permissions.includes(one)),
  );
  return lets?.role ?? 'none';
}

/** Writes down what a message says; said twice, it is one. */
export async function recordRead(ctx: Pick<Context, 'db' | 'queues' | 'later'>, message: ReadMessage): Promise<void> {
  const { v: _, kind: __, replayOf: ___, ...read } = message;
  const { resource } = ACTIONS[read.action];
  const [row] = await ctx.db.api.run(noteRead, { ...read, resource });
  if (row?.recorded) ctx.later(ctx.queues.auditOutbox.send(DRAIN));
}

/** Ends the hours that are over, each with the record of its looks. @returns how many */
export async function closeObservedHours(ctx: Pick<Context, 'db' | 'queues' | 'newId' | 'origin'>): Promise<number> {
  let closed = 0;
  while (closed < MOST_CLOSED) {
    const { eventId, eventTime, requestId, traceId } = newEvent(ctx, 'system.health.read');
    const [row] = await ctx.db.api.run(closeReads, { eventId, eventTime, requestId, traceId });
    if (!row) break;
    closed++;
  }
  if (closed > 0) await ctx.queues.auditOutbox.send(DRAIN);
  return closed;
}
