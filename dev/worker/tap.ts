import type { V4WorkerOptions } from 'miniflare';

/** A message as it left its producer. */
export interface TappedMessage {
  id: string;
  /** RFC 3339. */
  timestamp: string;
  body: unknown;
}

/** Takes what is sent to a queue out of the runtime's hands: nothing is delivered but by whoever started it. */
export interface Tap {
  queue: string;
  take(messages: TappedMessage[]): void;
}

const SCRIPT = `export default {
  async queue(batch, env) {
    const body = JSON.stringify(batch.messages.map(({ id, timestamp, body }) => ({ id, timestamp, body })));
    const answer = await env.TAKE.fetch('http://take/', { method: 'POST', body });
    if (!answer.ok) throw new Error('not taken');
  },
};`;

/** The Worker that consumes the tapped queue in place of ours. */
export const tapWorker = (tap: Tap, { compatibilityDate }: Partial<V4WorkerOptions>): V4WorkerOptions =>
  ({
    name: `tap-${tap.queue}`,
    compatibilityDate,
    modules: [{ type: 'ESModule', path: 'index.js', contents: SCRIPT }],
    queueConsumers: { [tap.queue]: { maxBatchSize: 100, maxBatchTimeout: 0 } },
    serviceBindings: {
      TAKE: async (request: Request) => {
        tap.take((await request.json()) as TappedMessage[]);
        return new Response();
      },
    },
  }) as unknown as V4WorkerOptions;

/** The Worker's consumers without the tapped one: a queue has one consumer. */
export function withoutTapped<Consumers extends object>(consumers: Consumers, tap: Tap | undefined): Consumers {
  const left = Object.entries(consumers).filter(([queue]) => queue !== tap?.queue);
  return Object.fromEntries(left) as Consumers;
}
