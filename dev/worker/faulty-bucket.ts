import type { V4WorkerOptions } from 'miniflare';

/** What becomes of one call of the file store. */
export type BucketFault =
  | 'none'
  /** It fails, and nothing was done. */
  | 'refuse'
  /** It is done, and the answer is lost. */
  | 'lose-reply'
  /** It is done a second later, when nobody waits any more; the call fails at once. */
  | 'late'
  /** What is read ends in the middle. */
  | 'cut';

/** Decides for each call, which waits for it; a call is known by its method and key. */
export type DecideBucket = (call: { method: string; key: string }) => BucketFault | Promise<BucketFault>;

const NAME = 'faulty-bucket';

/**
 * The bucket's five methods with a test between them and the store. Calls come by RPC, so what they give back is copied out of
 * the store's own objects.
 */
const SCRIPT = `
import { WorkerEntrypoint } from 'cloudflare:workers';
const plain = (object) => object && {
  key: object.key, size: object.size, etag: object.etag, uploaded: object.uploaded, checksums: { sha256: object.checksums.sha256 },
};
export class Bucket extends WorkerEntrypoint {
  async #decide(method, key) {
    return (await this.env.DECIDE.fetch('http://decide/', { method: 'POST', body: JSON.stringify({ method, key }) })).text();
  }
  async #through(method, key, work) {
    const fault = await this.#decide(method, key);
    if (fault === 'refuse') throw new Error('the store refused');
    if (fault === 'late') {
      this.ctx.waitUntil(scheduler.wait(1000).then(work).catch(() => undefined));
      throw new Error('the store did not answer');
    }
    const answer = await work();
    if (fault === 'lose-reply') throw new Error('the answer was lost');
    return { answer, fault };
  }
  async put(key, bytes, options) {
    return plain((await this.#through('put', key, () => this.env.STORE.put(key, bytes, options))).answer);
  }
  async head(key) {
    return plain((await this.#through('head', key, () => this.env.STORE.head(key))).answer);
  }
  async get(key, options) {
    const { answer, fault } = await this.#through('get', key, () => this.env.STORE.get(key, options));
    if (!answer) return null;
    if (fault !== 'cut') return { ...plain(answer), body: answer.body };
    const whole = new Uint8Array(await answer.arrayBuffer());
    const half = new ReadableStream({ start(controller) {
      controller.enqueue(whole.subarray(0, Math.floor(whole.length / 2)));
      controller.error(new Error('the store broke off'));
    }, type: 'bytes' });
    return { ...plain(answer), body: half };
  }
  async list(options) {
    const { answer } = await this.#through('list', options?.prefix ?? '', () => this.env.STORE.list(options));
    return { objects: answer.objects.map(plain), truncated: answer.truncated, cursor: answer.cursor };
  }
  async delete(keys) {
    await this.#through('delete', String(keys), () => this.env.STORE.delete(keys));
  }
}
export default { fetch: () => new Response(null, { status: 404 }) };
`;

/** Stands between the Worker and its bucket. */
export function faultyBucket(decide: DecideBucket, { compatibilityDate, r2Buckets }: Partial<V4WorkerOptions>) {
  const store = (r2Buckets as Record<string, string | { id: string }>).BUCKET;
  return {
    /** For the Worker, in place of its bucket. */
    binding: { BUCKET: { name: NAME, entrypoint: 'Bucket' } },
    worker: {
      name: NAME,
      compatibilityDate,
      r2Buckets: { STORE: store },
      serviceBindings: {
        DECIDE: async (request: Request) =>
          new Response(await decide((await request.json()) as { method: string; key: string })) as never,
      },
      modules: [{ type: 'ESModule', path: 'index.js', contents: SCRIPT }],
    } as unknown as V4WorkerOptions,
  };
}
