import type { ManifestRow } from '../../drizzle/repositories/export-runs.ts';
import type { Context } from '../context.ts';
import { combineCrc32 } from './crc32.ts';
import { ChunkConflict, StoreFailed } from './store-chunk.ts';

export interface FileSeal {
  /** Of all parts back to back, lower-case hexadecimal. */
  sha256: string;
  crc32: number;
}

/**
 * Hashes the whole file in one pass over its finished parts, as they lie in the store.
 * @param afterPart called after each; may throw to give up
 * @throws ChunkConflict when a part is not what was written, StoreFailed
 */
export async function sealFile(
  { bucket }: Pick<Context, 'bucket'>,
  parts: readonly ManifestRow[],
  afterPart: () => Promise<void>,
): Promise<FileSeal> {
  const [first] = parts;
  if (!first) throw new ChunkConflict('the export has no parts');
  const crc32 = parts.slice(1).reduce((crc, part) => combineCrc32(crc, part.crc32, part.bytes), first.crc32);
  // Its hash was checked by the store when it arrived.
  if (parts.length === 1) return { sha256: first.sha256, crc32 };
  const digest = new crypto.DigestStream('SHA-256');
  // A digest that is given up rejects, and nobody waits for it then.
  digest.digest.catch(() => undefined);
  const writer = digest.getWriter();
  let buffer = new ArrayBuffer(READ_BYTES);
  for (const { key, bytes } of parts) {
    try {
      const object = await bucket.get(key);
      if (object?.size !== bytes) throw new ChunkConflict(`${key} is ${object ? 'of another size' : 'missing'}`);
      buffer = await digested(object.body, writer, buffer);
    } catch (cause) {
      throw cause instanceof ChunkConflict ? cause : new StoreFailed('the file store failed', { cause });
    }
    await afterPart();
  }
  await writer.close();
  return { sha256: new Uint8Array(await digest.digest).toHex(), crc32 };
}

const READ_BYTES = 1024 * 1024;

/**
 * Through one buffer that goes round: piping the body would take five times the CPU, and a hundred megabytes of buffers that wait for
 * the collector.
 */
async function digested(
  body: ReadableStream<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  buffer: ArrayBuffer,
): Promise<ArrayBuffer> {
  const reader = body.getReader({ mode: 'byob' });
  let room = buffer;
  for (;;) {
    const { value, done } = await reader.readAtLeast(room.byteLength, new Uint8Array(room));
    if (value) room = value.buffer as ArrayBuffer;
    if (value && value.length > 0) await writer.write(value);
    if (done || !value || value.length === 0) return room;
  }
}
