import { createHash } from 'node:crypto';
import { patternBytes } from './pattern.ts';
import { type ServeOptions, serve, smallWorker } from './runtime.ts';
import type { PutRequest } from './workers/put-objects.ts';

/** More says nothing new: the rate does not depend on how many there are. */
const ENOUGH_BYTES = 1e9;

/** @returns what says the MB/s that Miniflare's R2 takes from a loop that only puts objects of these sizes (the first GB), one after the other */
export async function r2Ceiling(where: ServeOptions): Promise<(sizes: readonly number[]) => Promise<number>> {
  const { script, runsOn } = await smallWorker('put-objects.ts', where);
  return async (sizes) => {
    const some = firstOf(sizes);
    const source = patternBytes(Math.max(...some));
    const objects = some.map((bytes) => ({
      bytes,
      sha256: createHash('sha256').update(source.subarray(0, bytes)).digest('hex'),
    }));
    const worker = await serve(script, { ...runsOn, r2Buckets: { BUCKET: 'bench' } }, where);
    try {
      await put(worker.url, { prefix: 'warm-up', objects: [{ bytes: 0, sha256: EMPTY }] });
      return await put(worker.url, { prefix: 'hashed', objects });
    } finally {
      await worker.stop();
    }
  };
}

function firstOf(sizes: readonly number[]): number[] {
  let sum = 0;
  return sizes.filter((bytes) => {
    const isWanted = sum < ENOUGH_BYTES;
    sum += bytes;
    return isWanted;
  });
}

const EMPTY = createHash('sha256').digest('hex');

/** @returns MB/s */
async function put(url: string, request: PutRequest): Promise<number> {
  const began = performance.now();
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(request) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  const seconds = (performance.now() - began) / 1000;
  return request.objects.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6 / seconds;
}
