import type { Context } from '../domain/context.ts';
import { failExportFor } from '../domain/exports/sweep-exports.ts';
import { keepDeadLetter } from '../drizzle/repositories/dead-letters.ts';
import { exportMessage } from './messages.ts';
import { ack, type Outcome } from './outcome.ts';

export interface DeadLetter {
  id: string;
  /** The queue it died in, without the suffix -dlq. */
  queue: string;
  body: unknown;
  attempts: number;
}

/** Keeps the letter; an export behind it ends as failed, with a reason its requester can act on. */
export async function consumeDeadLetter(ctx: Context, letter: DeadLetter): Promise<Outcome> {
  await ctx.db.api.run(keepDeadLetter, {
    ...letter,
    body: JSON.stringify(letter.body ?? null).replaceAll('\\u0000', '\\ufffd'),
  });
  ctx.log.error('dead letter', { id: letter.id, queue: letter.queue });
  const message = exportMessage.safeParse(letter.body);
  if (message.success)
    await failExportFor(
      ctx,
      message.data.exportId,
      'The file could not be produced after repeated tries; request it again.',
    );
  return ack;
}
