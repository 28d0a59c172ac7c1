import { randomUUID } from 'node:crypto';
import type { WorkerHost } from '../dev/worker/host.ts';
import type { Tap, TappedMessage } from '../dev/worker/tap.ts';

export interface Delivered {
  /** Ids of the messages. */
  acked: string[];
  retried: { id: string; delaySeconds: number }[];
  /** The invocation ended without settling anything: the queue delivers all of it again. */
  lost: boolean;
}

/** A queue message around this body. */
export const queued = (body: unknown, id: string = randomUUID()): TappedMessage => ({
  id,
  timestamp: new Date().toISOString(),
  body,
});

/**
 * The queue audit-events in a test's hands: it keeps what was sent, and delivers what it is told to, as often, in whatever order
 * and batches, at the same time.
 */
export function createBroker(worker: () => WorkerHost) {
  const sent: TappedMessage[] = [];
  const tap: Tap = { queue: 'audit-events', take: (messages) => void sent.push(...messages) };
  return {
    tap,
    /** Every message that was ever sent to it, in the order of their arrival. */
    messages: (): readonly TappedMessage[] => sent,
    /** One invocation of the consumer with these messages as its batch. */
    async deliver(
      messages: readonly TappedMessage[],
      { queue = 'audit-events', attempts = 1 }: { queue?: string; attempts?: number } = {},
    ): Promise<Delivered> {
      const batch = messages.map(({ id, timestamp, body }) => ({
        id,
        timestamp: new Date(timestamp),
        attempts,
        body: structuredClone(body),
      }));
      try {
        const consumer = await worker().miniflare.getWorker('steward');
        const { outcome, explicitAcks, retryMessages } = await consumer.queue(queue, batch as never);
        if (outcome !== 'ok') return { acked: [], retried: [], lost: true };
        const retried = retryMessages.map(({ msgId, delaySeconds }) => ({
          id: msgId,
          delaySeconds: delaySeconds ?? 0,
        }));
        return { acked: explicitAcks, retried, lost: false };
      } catch {
        return { acked: [], retried: [], lost: true };
      }
    },
  };
}
