import type { Context } from 'hono';
import { DomainError } from '../domain/errors.ts';
import type { HttpEnv } from './http.ts';

const encoder = new TextEncoder();

/** Why the stream ends, told as its last event. */
function ending(error: unknown): Uint8Array {
  const code = error instanceof DomainError ? error.code : 'internal';
  return encoder.encode(`event: end\ndata: ${JSON.stringify({ code })}\n\n`);
}

/**
 * Answers with server-sent events (HTML standard, section 9.2), read from `events` as fast as the client takes them.
 * @param gone aborted when the client has gone
 */
export function eventStream<Event>(
  c: Context<HttpEnv>,
  events: AsyncGenerator<Event, void, undefined>,
  encode: (event: Event) => Uint8Array,
  gone?: AbortController,
) {
  const { log } = c.get('ctx');
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await events.next();
        if (done) controller.close();
        else controller.enqueue(encode(value));
      } catch (error) {
        if (!(error instanceof DomainError)) log.error('an event stream broke off', { error });
        controller.enqueue(ending(error));
        controller.close();
      }
    },
    async cancel() {
      gone?.abort();
      await events.return();
    },
  });
  return c.body(body, 200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
}
