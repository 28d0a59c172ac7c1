import * as z from 'zod';
import {
  countDeadLetters,
  type DeadLetterItem,
  listDeadLetters as listStatement,
  type ReplayRow,
  replayDeadLetter as replayStatement,
} from '../../drizzle/repositories/dead-letters.ts';
import { DRAIN } from '../../queues/messages.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import type { CallerContext, Context } from '../context.ts';
import { DomainError, Unavailable } from '../errors.ts';
import type { Creation } from '../resources/create.ts';
import { keptKey } from '../resources/idempotency.ts';
import { list, type Page, type PageQuery } from '../resources/read.ts';
import { refuse } from '../resources/refusals.ts';

export const DEAD_LETTER_QUEUES = [
  'audit-events',
  'audit-outbox',
  'exports',
  'notifications',
  'operations',
  'telemetry-forward',
] as const;
export type DeadLetterQueue = (typeof DEAD_LETTER_QUEUES)[number];

const MOST_COUNTED = 10_000;

export interface DeadLetterPage extends Page<DeadLetterItem> {
  /** How many there are, at most 10,000. */
  total: number;
  /** There are more. */
  totalCapped: boolean;
}

/** Newest first. */
export async function listDeadLetters(
  ctx: CallerContext,
  query: PageQuery & { queue?: DeadLetterQueue | undefined; replayed?: 'true' | 'false' | undefined },
): Promise<DeadLetterPage> {
  const key = {
    queue: query.queue ?? null,
    replayed: query.replayed === undefined ? null : query.replayed === 'true',
  };
  const [page, [counted]] = await Promise.all([
    list(ctx, listStatement, { action: 'dead-letter.list', key, ...query, order: ['time', 'text'] }),
    ctx.db.api.run(countDeadLetters, key),
  ]);
  const count = counted?.count ?? 0;
  return { ...page, total: Math.min(count, MOST_COUNTED), totalCapped: count > MOST_COUNTED };
}

/**
 * Puts a letter's message back into its queue. It has the ids it always had, so it does no harm when it was stored meanwhile.
 *
 * The mark and its record come first: a message must not go anywhere unrecorded. When the queue then does not take it the
 * caller is told so and asks again; the same Idempotency-Key sends again without a second record.
 * @throws NotFound, DomainError forbidden | conflict | idempotency_key_reused, Unavailable
 */
export async function replayDeadLetter(ctx: CallerContext, letterId: string, o: Creation): Promise<DeadLetterItem> {
  const input = {
    ...callerInput(ctx, 'dead-letter.replay', o.reason),
    letterId,
    route: 'dead-letter.replay',
    idempotencyKey: await keptKey(o.idempotencyKey),
    requestHash: letterId,
  };
  const attempt = async () => assertAllowed(ctx, (await ctx.db.api.run(replayStatement, input))[0]);
  let row = await attempt();
  // A request with the same key committed while this one waited for it: now its answer can be seen.
  if (row.outcome === 'busy') row = await attempt();
  if (row.outcome === 'prior' && row.prior_hash !== letterId)
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another letter; choose a new one.',
    );
  if ((row.outcome !== 'replayed' && row.outcome !== 'prior') || !row.item) return refuse(row.outcome, {});
  if (row.outcome === 'replayed') ctx.later(ctx.queues.auditOutbox.send(DRAIN));
  await sendAgain(ctx, letterId, row);
  return row.item;
}

const anyObject = z.record(z.string(), z.unknown());

/** @throws Unavailable when the queue does not take it */
export async function sendAgain(
  ctx: Context,
  letterId: string,
  { queue, body }: Pick<ReplayRow, 'queue' | 'body'>,
): Promise<void> {
  const senders: Record<string, Queue<never>> = {
    'audit-events': ctx.queues.auditEvents as Queue<never>,
    'audit-outbox': ctx.queues.auditOutbox as Queue<never>,
    exports: ctx.queues.exports as Queue<never>,
    operations: ctx.queues.operations as Queue<never>,
    notifications: ctx.queues.notifications as Queue<never>,
    'telemetry-forward': ctx.queues.telemetryForward as Queue<never>,
  };
  const sender = senders[queue ?? ''];
  if (!sender) throw new Error(`a dead letter of a queue nobody knows: ${queue}`);
  const message: unknown = JSON.parse(body ?? 'null');
  const asObject = anyObject.safeParse(message);
  // Its mark, so that the next letter tells which one it was, if it dies again.
  const marked = asObject.success ? { ...asObject.data, replayOf: letterId } : message;
  try {
    await sender.send(marked as never, { contentType: 'json' });
  } catch (error) {
    throw new Unavailable('The queue did not take the message; replay it again.', error);
  }
}
