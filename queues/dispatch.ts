import type { Context } from '../domain/context.ts';
import { consumeAuditOutbox } from './audit-outbox.ts';
import { consumeDeadLetter } from './dead-letters.ts';
import { consumeExport } from './exports.ts';
import { auditOutboxMessage, exportMessage } from './messages.ts';
import { backoff, type Outcome, retry } from './outcome.ts';

const DEAD_LETTERS = '-dlq';

/** `audit-outbox-staging` → `audit-outbox`: environments have queues of their own. */
const roleOf = (queue: string) => queue.replace(/-(staging|production)(?=$|-dlq$)/, '');

/** Gives each message of a batch to its consumer and carries out what it returns. The only place that touches messages. */
export async function dispatch(batch: MessageBatch<unknown>, ctx: Context): Promise<void> {
  const role = roleOf(batch.queue);
  if (role.endsWith(DEAD_LETTERS)) {
    const queue = role.slice(0, -DEAD_LETTERS.length);
    for (const message of batch.messages) {
      const letter = { id: message.id, queue, body: message.body, attempts: message.attempts };
      settle(message, await guarded(ctx, message, () => consumeDeadLetter(ctx, letter)));
    }
    return;
  }
  if (role === 'audit-outbox') return dispatchNudges(batch, ctx);
  for (const message of batch.messages) {
    const parsed = exportMessage.safeParse(message.body);
    const outcome: Outcome = parsed.success
      ? await guarded(ctx, message, () => consumeExport(ctx, parsed.data, message.attempts))
      : { kind: 'dead', reason: `not a message of ${batch.queue}` };
    settle(message, outcome.kind === 'dead' ? await bury(ctx, role, message, outcome.reason) : outcome);
  }
}

async function dispatchNudges(batch: MessageBatch<unknown>, ctx: Context): Promise<void> {
  const nudges = batch.messages.filter(({ body }) => auditOutboxMessage.safeParse(body).success);
  for (const message of batch.messages)
    if (!nudges.includes(message))
      settle(message, await bury(ctx, 'audit-outbox', message, 'not a message of this queue'));
  const [first] = nudges;
  if (!first) return;
  const outcome = await guarded(ctx, first, () => consumeAuditOutbox(ctx, first.attempts));
  for (const message of nudges) settle(message, outcome);
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

/** A message no delivery can help goes to the dead letters at once instead of through ten retries. */
async function bury(ctx: Context, queue: string, message: Message<unknown>, reason: string): Promise<Outcome> {
  const { id, body, attempts } = message;
  ctx.log.error('message is beyond help', { queue, id, reason });
  return guarded(ctx, message, () => consumeDeadLetter(ctx, { id, queue, body, attempts }));
}

function settle(message: Message<unknown>, outcome: Outcome): void {
  if (outcome.kind === 'retry') message.retry({ delaySeconds: outcome.delaySeconds });
  else message.ack();
}
