import type { Context } from '../domain/context.ts';
import { OutcomeUnknown, StoreBusy, storeEvents, storeLeaseMs } from '../domain/telemetry/store-events.ts';
import type { EventsMessage } from './messages.ts';
import { ack, backoff, dead, type Outcome, retry } from './outcome.ts';

export interface EventsDelivery {
  message: EventsMessage;
  attempts: number;
}

const BUSY_SECONDS = 5;

/** Stores all of a batch's events together. @returns what becomes of each delivery, in their order */
export async function consumeAuditEvents(ctx: Context, deliveries: readonly EventsDelivery[]): Promise<Outcome[]> {
  try {
    const refused = await storeEvents(
      ctx,
      deliveries.map(({ message }) => message),
    );
    return deliveries.map(({ message }) => {
      const reason = refused.get(message.packId);
      return reason === undefined ? ack : dead(reason);
    });
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown';
    ctx.log.error('events wait in the queue', { error, messages: deliveries.length });
    return deliveries.map(({ attempts }) => retry(delayAfter(ctx, error, attempts), reason));
  }
}

function delayAfter(ctx: Context, error: unknown, attempts: number): number {
  const delay = backoff(attempts, Math.random());
  if (error instanceof StoreBusy) return Math.max(delay, BUSY_SECONDS);
  // Nobody gets the lease before it has run out.
  if (error instanceof OutcomeUnknown) return Math.max(delay, Math.ceil(storeLeaseMs(ctx) / 1000));
  return delay;
}
