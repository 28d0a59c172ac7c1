import type { CallerContext } from '../context.ts';
import { acceptEvents } from './accept-events.ts';
import { admit, type Refused } from './admit.ts';
import { queueForForwarding } from './forward.ts';
import type { Telemetry } from './otlp-model.ts';
import { recordIds } from './record-ids.ts';
import { redactTelemetry } from './redact-telemetry.ts';
import { type Sender, toEvents } from './to-events.ts';

/**
 * Takes what a request brought: once this resolves the queues hold it, redacted.
 * @returns the records that were not taken
 * @throws Unavailable when a queue does not take it; the sender comes again
 */
export async function collect(ctx: CallerContext, sender: Sender, decoded: Telemetry): Promise<Refused> {
  const { telemetry, refused } = admit(decoded);
  if (telemetry.groups.length === 0) return refused;
  const clean = redactTelemetry(ctx.redact, telemetry);
  // First, so that a sender who comes again because of it does not find its events here already.
  await queueForForwarding(ctx, clean);
  const ids = await recordIds(ctx.caller.sessionId, clean);
  await acceptEvents(ctx, { uiEvents: toEvents(ctx, sender, clean, ids) });
  return refused;
}
