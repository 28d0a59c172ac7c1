import type { ApiLogRow, EventsMessage, UiEventRow } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { Unavailable } from '../errors.ts';
import { packRows, type Rows, type SizedMessage } from './pack-rows.ts';

// https://developers.cloudflare.com/queues/platform/limits/: 100 messages and 256 KB (of 1,000 bytes) a sendBatch call, with
// up to 100 bytes of the platform's own for each message.
const MAX_BATCH_MESSAGES = 100;
const MAX_BATCH_BYTES = 256_000;
const PLATFORM_BYTES = 100;
const TRIES = 3;
const PAUSE_MS = 50;

type Accepting = Pick<Context, 'queues' | 'newId' | 'now' | 'log'>;

/**
 * Takes events that are redacted and have their ids: once this resolves the queue holds them for good. A field beyond its bound
 * (pack-rows.ts) is cut.
 * @throws Unavailable when the queue does not take them; some may be in it then
 */
export async function acceptEvents(
  ctx: Accepting,
  events: { uiEvents?: readonly UiEventRow[]; apiLogs?: readonly ApiLogRow[] },
): Promise<void> {
  const acceptedAt = new Date(ctx.now()).toISOString();
  const rows: Rows = { uiEvents: events.uiEvents ?? [], apiLogs: events.apiLogs ?? [] };
  for (const batch of inBatches(packRows(rows, { newId: ctx.newId, acceptedAt }))) await send(ctx, batch);
}

/** Neighbours together, as many as one sendBatch call takes. */
function inBatches(messages: readonly SizedMessage[]): EventsMessage[][] {
  const batches: EventsMessage[][] = [];
  let room = 0;
  for (const { message, bytes } of messages) {
    const needed = bytes + PLATFORM_BYTES;
    const last = batches.at(-1);
    if (last && last.length < MAX_BATCH_MESSAGES && needed <= room) {
      last.push(message);
      room -= needed;
    } else {
      batches.push([message]);
      room = MAX_BATCH_BYTES - needed;
    }
  }
  return batches;
}

/** Sent twice does no harm: a message that is in the queue twice has one pack id. */
async function send(ctx: Accepting, messages: readonly EventsMessage[]): Promise<void> {
  const batch = messages.map((body) => ({ body, contentType: 'json' as const }));
  for (let attempt = 1; ; attempt++) {
    try {
      await ctx.queues.auditEvents.sendBatch(batch);
      return;
    } catch (error) {
      ctx.log.error('the queue took no events', { error, attempt, messages: messages.length });
      if (attempt === TRIES) throw new Unavailable('The events could not be taken; send them again.', error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** attempt));
    }
  }
}
