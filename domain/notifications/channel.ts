import type { Notification } from '../../queues/messages.ts';

/**
 * A way to tell somebody outside. A new one is a file beside this one and a line in workers/context.ts; retries and dead letters
 * come with it.
 */
export interface Channel {
  /** Stands in queue messages: another name leaves those under way behind. */
  name: string;
  /** The same notification may come again. @throws NotDelivered */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}

/** A channel did not take a notification. The message holds nothing of the channel's settings. */
export class NotDelivered extends Error {
  override name = 'NotDelivered';
  /** How long the channel asks to be left alone, seconds. */
  readonly afterSeconds: number;
  /** No further try is wanted. */
  readonly isFinal: boolean;

  constructor(reason: string, { afterSeconds = 0, isFinal = false, cause }: NotDeliveredOptions = {}) {
    super(reason, { cause });
    this.afterSeconds = afterSeconds;
    this.isFinal = isFinal;
  }
}

interface NotDeliveredOptions extends ErrorOptions {
  afterSeconds?: number;
  isFinal?: boolean;
}
