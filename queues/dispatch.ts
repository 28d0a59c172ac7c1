import type { Context } from '../domain/context.ts';
import type { QueueName } from '../domain/observability/metrics.ts';
import { consumeAuditEvents } from './audit-events.ts';
import { consumeNudge, consumeRead, type Nudge } from './audit-outbox.ts';
import { consumeDeadLetter } from './dead-letters.ts';
import { consumeExport } from './exports.ts';
import {
  auditOutboxMessage,
  type EventsMessage,
  eventsMessage,
  exportMessage,
  forwardMessage,
  notificationMessage,
  operationMessage,
  readMessage,
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

/** What a message's line in the log says besides its outcome. */
interface Delivery {
  /** In every environment the same name. */
  queue: string;
  began: number;
}

/** A Context that goes on with the trace of a `traceparent`, or begins one. */
export type ContextMaker = (traceparent?: unknown) => Context;

/** Of what a message set going, the trace is that of the request that sent it. */
const traceOf = ({ body }: Message<unknown>) => (body as { traceparent?: unknown } | null | undefined)?.traceparent;

/** Gives each message of a batch to its consumer and carries out what it returns. The only place that touches messages. */
export async function dispatch(batch: MessageBatch<unknown>, contextOf: ContextMaker): Promise<void> {
  const queue = roleOf(batch.queue);
  if (queue.endsWith(DEAD_LETTERS)) return dispatchDeadLetters(batch, contextOf, queue);
  if (queue === 'audit-outbox') return dispatchNudges(batch, contextOf(), queue);
  if (queue === 'audit-events') return dispatchEvents(batch, contextOf(), queue);
  const consume = TAKERS[queue] ?? takeExport;
  const take = async (message: Message<unknown>) => {
    const ctx = contextOf(traceOf(message));
    const delivery = { queue, began: ctx.now() };
    await settle(ctx, delivery, message, await guarded(ctx, message, () => consume(ctx, message)));
  };
  // Each goes somewhere else: a receiver that hangs must not hold up those behind it.
  if (queue === 'notifications') await Promise.all(batch.messages.map(take));
  else for (const message of batch.messages) await take(message);
}

async function dispatchDeadLetters(
  batch: MessageBatch<unknown>,
  contextOf: ContextMaker,
  queue: string,
): Promise<void> {
  for (const message of batch.messages) {
    const ctx = contextOf(traceOf(message));
    const delivery = { queue, began: ctx.now() };
    await settle(ctx, delivery, message, await guarded(ctx, message, () => bury(ctx, queue, message, USED_UP)));
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

async function takeNotification(ctx: Context, { body }: Message<unknown>): Promise<Outcome> {
  const parsed = notificationMessage.safeParse(body);
  return parsed.success ? consumeNotification(ctx, parsed.data) : dead(UNREADABLE);
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

async function dispatchNudges(batch: MessageBatch<unknown>, ctx: Context, queue: string): Promise<void> {
  const delivery = { queue, began: ctx.now() };
  const nudges = new Map<Nudge, Message<unknown>[]>();
  for (const message of batch.messages) {
    const read = readMessage.safeParse(message.body);
    const parsed = auditOutboxMessage.safeParse(message.body);
    if (read.success)
      await settle(ctx, delivery, message, await guarded(ctx, message, () => consumeRead(ctx, read.data)));
    else if (parsed.success) nudges.set(parsed.data.kind, [...(nudges.get(parsed.data.kind) ?? []), message]);
    else await settle(ctx, delivery, message, dead(UNREADABLE));
  }
  for (const [kind, messages] of nudges) {
    const [first] = messages as [Message<unknown>];
    const outcome = await guarded(ctx, first, () => consumeNudge(ctx, kind, first.attempts));
    for (const message of messages) await settle(ctx, delivery, message, outcome);
  }
}

/** All that can be read are stored together; what cannot is buried and holds up nobody. */
async function dispatchEvents(batch: MessageBatch<unknown>, ctx: Context, queue: string): Promise<void> {
  const delivery = { queue, began: ctx.now() };
  const readable: { message: Message<unknown>; events: EventsMessage }[] = [];
  for (const message of batch.messages) {
    const parsed = eventsMessage.safeParse(message.body);
    if (parsed.success) readable.push({ message, events: parsed.data });
    else await settle(ctx, delivery, message, dead(UNREADABLE));
  }
  if (readable.length === 0) return;
  const outcomes = await consumeAuditEvents(
    ctx,
    readable.map(({ message, events }) => ({ message: events, attempts: message.attempts })),
  );
  for (const [i, { message }] of readable.entries()) await settle(ctx, delivery, message, outcomes[i] as Outcome);
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

function bury(ctx: Context, queue: string, { id, body, attempts }: Message<unknown>, reason: string) {
  return consumeDeadLetter(ctx, { id, queue: queue.replace(DEAD_LETTERS, ''), body, attempts, reason });
}

/** A message no delivery can help goes to the dead letters at once instead of through every retry. */
async function settle(ctx: Context, delivery: Delivery, message: Message<unknown>, outcome: Outcome): Promise<void> {
  const done =
    outcome.kind === 'dead'
      ? await guarded(ctx, message, () => bury(ctx, delivery.queue, message, outcome.reason))
      : outcome;
  if (done.kind === 'retry') message.retry({ delaySeconds: done.delaySeconds });
  else message.ack();
  tell(ctx, delivery, message, done.kind === 'retry' ? done : outcome);
}

/** One line a message, and its figures. Dead letters on their way to be kept are `other`. */
function tell(ctx: Context, { queue, began }: Delivery, { id, attempts }: Message<unknown>, outcome: Outcome): void {
  ctx.meter.count('steward_queue_deliveries_total', { queue: queue as QueueName, outcome: outcome.kind });
  const fields = { queue, outcome: outcome.kind, attempts, durationMs: ctx.now() - began, id };
  if (outcome.kind === 'ack') ctx.log.brief('info', 'message', fields);
  else if (outcome.kind === 'dead') ctx.log.error('message', { ...fields, reason: outcome.reason });
  else ctx.log.warn('message', { ...fields, reason: outcome.reason, delaySeconds: outcome.delaySeconds });
}
