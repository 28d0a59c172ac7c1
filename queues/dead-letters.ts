import * as z from 'zod';
import type { Context } from '../domain/context.ts';
import { failExportFor } from '../domain/exports/sweep-exports.ts';
import { notify } from '../domain/notifications/notify.ts';
import type { QueueName } from '../domain/observability/metrics.ts';
import { failOperationFor } from '../domain/operations/end-operation.ts';
import { hashOf } from '../domain/resources/idempotency.ts';
import { keepDeadLetter } from '../drizzle/repositories/dead-letters.ts';
import {
  auditOutboxMessage,
  eventsMessage,
  exportMessage,
  forwardMessage,
  notificationMessage,
  operationMessage,
  readMessage,
} from './messages.ts';
import { isKnownNotification } from './notifications.ts';
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
  readMessage,
  exportMessage,
  eventsMessage,
  forwardMessage,
  notificationMessage.refine(isKnownNotification),
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
  await tellOfLetter(ctx, letter);
  return ack;
}

/** One of the notifications' own queue is told of by nobody: what tells of it would go the same way. */
async function tellOfLetter(ctx: Context, { id: letterId, queue, attempts, reason }: DeadLetter): Promise<void> {
  if (queue === 'notifications') return;
  // Told again under the same id when the letter itself is delivered again.
  await notify(ctx, 'dead_letter.kept', { letterId, queue, reason, attempts }, await letterNoteId(letterId));
}

/** A UUIDv8 (RFC 9562 section 5.8) of the letter's id, which is any text. */
async function letterNoteId(letterId: string): Promise<string> {
  const hash = await hashOf(`dead letter ${letterId}`);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(12, 15)}-8${hash.slice(15, 18)}-${hash.slice(18, 30)}`;
}
