import type { R2Bucket } from '@cloudflare/workers-types';
import { patternBytes } from '../pattern.ts';

export interface PutRequest {
  /** The first part of every key. */
  prefix: string;
  objects: { bytes: number; sha256: string }[];
}

/** Puts objects one after the other with the options of domain/exports/store-chunk.ts, and does nothing else. */
export default {
  async fetch(request: Request, env: { BUCKET: R2Bucket }): Promise<Response> {
    const { prefix, objects } = (await request.json()) as PutRequest;
    const source = patternBytes(Math.max(...objects.map(({ bytes }) => bytes)));
    for (const [i, { bytes, sha256 }] of objects.entries()) {
      const written = await env.BUCKET.put(`${prefix}/${i}`, source.subarray(0, bytes), {
        onlyIf: { etagDoesNotMatch: '*' },
        sha256,
      });
      if (!written) return new Response(`object ${i} was there already`, { status: 409 });
    }
    return new Response('stored');
  },
};
