import { createHash } from 'node:crypto';
import { patternBytes } from './pattern.ts';
import { cpuMicros, memory, watchPeak } from './process.ts';
import { type ServeOptions, serveSmall } from './runtime.ts';
import type { PutRequest } from './workers/put-objects.ts';

export interface Ceiling {
  /** MB/s with the hash R2 checks, as the export stores its chunks. */
  rate: number;
  /** Without; of a tenth of the objects. */
  plainRate: number;
  /** workerd's peak above its idle, MB: what the simulator itself takes. */
  above: number;
  /** CPU seconds of workerd for all the objects. */
  cpu: number;
}

/** What Miniflare's R2 takes from a loop that only puts objects of these sizes, one after the other. */
export async function r2Ceiling(sizes: readonly number[], where: ServeOptions): Promise<Ceiling> {
  const worker = await serveSmall('put-objects.ts', { r2Buckets: { BUCKET: 'bench' } }, where);
  try {
    const source = patternBytes(Math.max(...sizes));
    const objects = sizes.map((bytes) => ({
      bytes,
      sha256: createHash('sha256').update(source.subarray(0, bytes)).digest('hex'),
    }));
    await put(worker.url, { prefix: 'warm-up', objects: [{ bytes: 0, sha256: EMPTY }], hashed: true });
    const idle = memory(worker.pid).rss;
    const peakOf = watchPeak(worker.pid);
    const cpuBefore = cpuMicros(worker.pid);
    const rate = await put(worker.url, { prefix: 'hashed', objects, hashed: true });
    const cpu = (cpuMicros(worker.pid) - cpuBefore) / 1e6;
    const above = peakOf().rss - idle;
    const some = objects.slice(0, Math.ceil(objects.length / 10));
    return { rate, above, cpu, plainRate: await put(worker.url, { prefix: 'plain', objects: some, hashed: false }) };
  } finally {
    await worker.stop();
  }
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
