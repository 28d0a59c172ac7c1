import { drainOutbox } from '../domain/audit/drain-outbox.ts';
import type { Context } from '../domain/context.ts';
import { DRAIN } from './messages.ts';
import { ack, backoff, type Outcome, retry } from './outcome.ts';

/** However many nudges a batch holds, one drain answers them all. */
export async function consumeAuditOutbox(ctx: Context, attempts: number): Promise<Outcome> {
  try {
    const { more } = await drainOutbox(ctx);
    if (more) await ctx.queues.auditOutbox.send(DRAIN);
    return ack;
  } catch (error) {
    ctx.log.error('audit records wait in the outbox', { error, attempts });
    return retry(backoff(attempts, Math.random()), 'the audit store did not take the records');
  }
}
