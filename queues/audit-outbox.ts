import { applyHolds } from '../domain/audit/apply-holds.ts';
import { drainOutbox } from '../domain/audit/drain-outbox.ts';
import type { Context } from '../domain/context.ts';
import { recordRead } from '../domain/observability/observed-reads.ts';
import { type AuditOutboxMessage, DRAIN, type ReadMessage } from './messages.ts';
import { ack, backoff, type Outcome, retry } from './outcome.ts';

const HOLD_TRIES = 6;

export type Nudge = Exclude<AuditOutboxMessage['kind'], ReadMessage['kind']>;

/** However many nudges of a kind a batch holds, one run answers them all. */
export const consumeNudge = (ctx: Context, kind: Nudge, attempts: number): Promise<Outcome> =>
  kind === 'audit.drain' ? drain(ctx, attempts) : hold(ctx, attempts);

/** One that fails is tried again: it is all there is of a record. */
export async function consumeRead(ctx: Context, message: ReadMessage): Promise<Outcome> {
  await recordRead(ctx, message);
  return ack;
}

async function drain(ctx: Context, attempts: number): Promise<Outcome> {
  try {
    const { more } = await drainOutbox(ctx);
    if (more) await ctx.queues.auditOutbox.send(DRAIN);
    return ack;
  } catch (error) {
    ctx.log.error('audit records wait in the outbox', { error, attempts });
    return retry(backoff(attempts, Math.random()), 'the audit store did not take the records');
  }
}

/** What has to wait is tried again a few times; after that the cron sweep's next nudge takes its place. */
async function hold(ctx: Context, attempts: number): Promise<Outcome> {
  const later = (reason: string) => (attempts < HOLD_TRIES ? retry(backoff(attempts, Math.random()), reason) : ack);
  try {
    return (await applyHolds(ctx)) === 'done' ? ack : later('records are on their way, or another run is at work');
  } catch (error) {
    ctx.log.error('legal holds wait to be applied', { error, attempts });
    return later('the audit store did not take the holds');
  }
}
