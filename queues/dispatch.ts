import type { Context } from '../domain/context.ts';
import { consumeAuditEvents } from './audit-events.ts';
import { consumeNudge } from './audit-outbox.ts';
import { consumeDeadLetter } from './dead-letters.ts';
import { consumeExport } from './exports.ts';
import {
  type AuditOutboxMessage,
  auditOutboxMessage,
  type EventsMessage,
  eventsMessage,
  exportMessage,
  forwardMessage,
  notificationMessage,
  operationMessage,
} from './messages.ts';
import { consumeNotification } from './notifications.ts';
import { consumeOperation } from './operations.ts';
import { backoff, dead, type Outcome, retry } from './outcome.ts';
import { consumeTelemetryForward } from './telemetry-forward.ts';

const DEAD_LETTERS = '-dlq';
const USED_UP = 'every delivery failed';
const UNREADABLE = 'not a message of this queue';

/** `audit-outbox-staging` → `audit-outbox`: environments have queues of their own. */
const roleOf = (queue: string) => queue.replace(/-(staging|production)(?=$|-dlq$)/, '');

/** Gives each message of a batch to its consumer and carries out what it returns. The only place that touches messages. */
export async function dispatch(batch: MessageBatch<unknown>, ctx: Context): Promise<void> {
  const role = roleOf(batch.queue);
  if (role.endsWith(DEAD_LETTERS)) {
    const queue = role.slice(0, -DEAD_LETTERS.length);
    for (const message of batch.messages) {
      const letter = { id: message.id, queue, body: message.body, attempts: message.attempts, reason: USED_UP };
      settle(message, await guarded(ctx, message, () => consumeDeadLetter(ctx, letter)));
    }
    return;
  }
  if (role === 'audit-outbox') return dispatchNudges(batch, ctx);
  if (role === 'audit-events') return dispatchEvents(batch, ctx);
  const consume = TAKERS[role] ?? takeExport;
  for (const message of batch.messages) {
    const outcome = await guarded(ctx, message, () => consume(ctx, message));
    settle(message, await buriedIfDead(ctx, role, message, outcome));
  }
}

async function takeExport(ctx: Context, { body, attempts }: Message<unknown>): Promise<Outcome> {
  const parsed = exportMessage.safeParse(body);
  return parsed.success ? consumeExport(ctx, parsed.data, attempts) : dead(UNREADABLE);
}

async function takeTelemetry(ctx: Context, { body, attempts }: Message<unknown>): Promise<Outcome> {
  const parsed = forwardMessage.safeParse(body);
  return parsed.success ? consumeTelemetryForward(ctx, parsed.data, attempts) : dead(UNREADABLE);
}

async function takeNotification(ctx: Context, { body, attempts }: Message<unknown>): Promise<Outcome> {
  const parsed = notificationMessage.safeParse(body);
  return parsed.success ? consumeNotification(ctx, parsed.data, attempts) : dead(UNREADABLE);
}

async function takeOperation(ctx: Context, { body, attempts }: Message<unknown>): Promise<Outcome> {
  const parsed = operationMessage.safeParse(body);
  return parsed.success ? consumeOperation(ctx, parsed.data, attempts) : dead(UNREADABLE);
}

const TAKERS: Record<string, typeof takeExport> = {
  exports: takeExport,
  operations: takeOperation,
  'telemetry-forward': takeTelemetry,
  notifications: takeNotification,
};

async function dispatchNudges(batch: MessageBatch<unknown>, ctx: Context): Promise<void> {
  const nudges = new Map<AuditOutboxMessage['kind'], Message<unknown>[]>();
  for (const message of batch.messages) {
    const parsed = auditOutboxMessage.safeParse(message.body);
    if (parsed.success) nudges.set(parsed.data.kind, [...(nudges.get(parsed.data.kind) ?? []), message]);
    else settle(message, await buriedIfDead(ctx, 'audit-outbox', message, dead(UNREADABLE)));
  }
  for (const [kind, messages] of nudges) {
    const [first] = messages as [Message<unknown>];
    const outcome = await guarded(ctx, first, () => consumeNudge(ctx, kind, first.attempts));
    for (const message of messages) settle(message, outcome);
  }
}

/** All that can be read are stored together; what cannot is buried and holds up nobody. */
async function dispatchEvents(batch: MessageBatch<unknown>, ctx: Context): Promise<void> {
  const readable: { message: Message<unknown>; events: EventsMessage }[] = [];
  for (const message of batch.messages) {
    const parsed = eventsMessage.safeParse(message.body);
    if (parsed.success) readable.push({ message, events: parsed.data });
    else settle(message, await buriedIfDead(ctx, 'audit-events', message, dead(UNREADABLE)));
  }
  if (readable.length === 0) return;
  const outcomes = await consumeAuditEvents(
    ctx,
    readable.map(({ message, events }) => ({ message: events, attempts: message.attempts })),
  );
  for (const [i, { message }] of readable.entries())
    settle(message, await buriedIfDead(ctx, 'audit-events', message, outcomes[i] as Outcome));
}

/** One message's failure is its own: the others of its batch must not wait for it. */
async function guarded(ctx: Context, message: Message<unknown>, consume: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await consume();
  } catch (error) {
    ctx.log.error('delivery failed', { error, id: message.id, attempts: message.attempts });
    return retry(backoff(message.attempts, Math.random()), error instanceof Error ? error.name : 'unknown');
  }
}

/** A message no delivery can help goes to the dead letters at once instead of through every retry. */
async function buriedIfDead(
  ctx: Context,
  queue: string,
  message: Message<unknown>,
  outcome: Outcome,
): Promise<Outcome> {
  if (outcome.kind !== 'dead') return outcome;
  const { id, body, attempts } = message;
  const { reason } = outcome;
  ctx.log.error('message is beyond help', { queue, id, reason });
  return guarded(ctx, message, () => consumeDeadLetter(ctx, { id, queue, body, attempts, reason }));
}

function settle(message: Message<unknown>, outcome: Outcome): void {
  if (outcome.kind === 'retry') message.retry({ delaySeconds: outcome.delaySeconds });
  else message.ack();
}
