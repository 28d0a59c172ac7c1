import type { R2Bucket } from '@cloudflare/workers-types';

export interface ReadRequest {
  keys: string[];
  /** Of all of them together. */
  bytes: number;
}

type Sink = Parameters<NonNullable<Awaited<ReturnType<R2Bucket['get']>>>['body']['pipeTo']>[0];

/** workerd's own; the types of Node, which the bench is compiled with, do not know it. */
declare const FixedLengthStream: new (bytes: number) => { readable: ReadableStream<Uint8Array>; writable: Sink };

/** Sends objects back to back, one after the other, and does nothing else. */
export default {
  async fetch(request: Request, env: { BUCKET: R2Bucket }, ctx: { waitUntil(work: Promise<unknown>): void }) {
    const { keys, bytes } = (await request.json()) as ReadRequest;
    const { readable, writable } = new FixedLengthStream(bytes);
    const send = async () => {
      for (const key of keys) await (await env.BUCKET.get(key))?.body.pipeTo(writable, { preventClose: true });
      await writable.close();
    };
    ctx.waitUntil(send());
    return new Response(readable);
  },
};
