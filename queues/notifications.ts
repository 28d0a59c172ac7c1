import type { Context } from '../domain/context.ts';
import { NotDelivered } from '../domain/notifications/channel.ts';
import { deliver } from '../domain/notifications/deliver.ts';
import type { NotificationMessage } from './messages.ts';
import { ack, backoff, dead, type Outcome, retry } from './outcome.ts';

/** With the tries of wrangler.toml, a receiver may be away for about two days. */
const LONGEST_WAIT_SECONDS = 7200;

/** Only what no channel wants any more is given up at once: a wrong address or secret can be mended while it waits. */
export async function consumeNotification(
  ctx: Context,
  message: NotificationMessage,
  attempts: number,
): Promise<Outcome> {
  try {
    await deliver(ctx, message);
    return ack;
  } catch (error) {
    const refusal = error instanceof NotDelivered ? error : new NotDelivered('the channel failed', { cause: error });
    const { message: reason, afterSeconds, isFinal } = refusal;
    const { channel, notification } = message;
    ctx.log.error('notification was not delivered', { reason, attempts, channel, id: notification.id });
    if (isFinal) return dead(reason);
    const wait = Math.max(backoff(attempts, Math.random(), LONGEST_WAIT_SECONDS), afterSeconds);
    return retry(Math.min(wait, LONGEST_WAIT_SECONDS), reason);
  }
}
