import type { Context } from '../domain/context.ts';
import { forwardTelemetry } from '../domain/telemetry/forward.ts';
import type { ForwardMessage } from './messages.ts';
import { ack, backoff, dead, type Outcome, retry } from './outcome.ts';

const LONGEST_WAIT_SECONDS = 3600;

/** Sends accepted telemetry on to the deployment's own Collector; one that is away holds up nothing but this queue. */
export async function consumeTelemetryForward(
  ctx: Context,
  message: ForwardMessage,
  attempts: number,
): Promise<Outcome> {
  const forwarded = await forwardTelemetry(ctx, message);
  if (forwarded.kind === 'delivered') return ack;
  const { reason } = forwarded;
  ctx.log.error('telemetry was not forwarded', { reason, attempts });
  if (forwarded.kind === 'refused') return dead(reason);
  const wait = Math.max(backoff(attempts, Math.random()), forwarded.afterSeconds);
  return retry(Math.min(wait, LONGEST_WAIT_SECONDS), reason);
}
