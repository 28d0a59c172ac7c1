import * as z from 'zod';
import type { Context } from '../domain/context.ts';
import { failExportFor } from '../domain/exports/sweep-exports.ts';
import type { QueueName } from '../domain/observability/metrics.ts';
import { failOperationFor } from '../domain/operations/end-operation.ts';
import { keepDeadLetter } from '../drizzle/repositories/dead-letters.ts';
import {
  auditOutboxMessage,
  eventsMessage,
  exportMessage,
  forwardMessage,
  notificationMessage,
  operationMessage,
} from './messages.ts';
import { ack, type Outcome } from './outcome.ts';

export interface DeadLetter {
  id: string;
  /** The queue it died in, without the suffix -dlq. */
  queue: string;
  body: unknown;
  attempts: number;
  /** Why no delivery helped, in our own words. */
  reason: string;
}

const replayed = z.object({ replayOf: z.string() });

/** What we send holds nothing that may not be kept; nobody knows what else does. */
const ours = z.union([
  auditOutboxMessage,
  exportMessage,
  eventsMessage,
  forwardMessage,
  notificationMessage,
  operationMessage,
]);

/** Keeps the letter; an export or operation behind it ends as failed, with a reason its requester can act on. */
export async function consumeDeadLetter(ctx: Context, letter: DeadLetter): Promise<Outcome> {
  const { body, ...kept } = letter;
  const replayOf = replayed.safeParse(body).data?.replayOf ?? null;
  const known = ours.safeParse(body);
  const written = JSON.stringify(known.success ? known.data : ctx.redact.value(body ?? null));
  await ctx.db.api.run(keepDeadLetter, { ...kept, body: written, replayOf });
  ctx.meter.count('steward_queue_dead_letters_total', { queue: letter.queue as QueueName });
  ctx.log.error('dead letter', { id: letter.id, queue: letter.queue, reason: letter.reason, replayOf });
  const message = exportMessage.safeParse(letter.body);
  if (message.success)
    await failExportFor(
      ctx,
      message.data.exportId,
      'Every try broke off, the last one because %s. What is written is kept for a day: retry the export to go on from there.',
    );
  const operation = operationMessage.safeParse(letter.body);
  if (operation.success)
    await failOperationFor(
      ctx,
      operation.data.operationId,
      'Every try broke off, the last one because %s. What was done stays done: retry what failed to go on from there.',
    );
  return ack;
}
