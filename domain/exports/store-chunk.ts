import type { Context } from '../context.ts';
import { crc32 } from './crc32.ts';
import type { Compression } from './file-format.ts';

/** A part of the file as it is stored. */
export interface StoredChunk {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  crc32: number;
}

/** R2 keys are built from our own UUIDs and numbers only. */
export const exportPrefix = (exportId: string) => `exports/${exportId}/`;

/** @param writer who writes, where the same part may come out differently another time; null = its bytes depend on its place alone */
export const chunkKey = (exportId: string, generation: number, seq: number, writer: number | null) =>
  `${exportPrefix(exportId)}${generation}/${String(seq).padStart(6, '0')}${writer === null ? '' : `-${writer}`}`;

/** An object of this name exists and holds other bytes: the same position gave two results, so the file cannot be trusted. */
export class ChunkConflict extends Error {
  override name = 'ChunkConflict';
}

/** The file store did not take or give a part. */
export class StoreFailed extends Error {
  override name = 'StoreFailed';
}

/** One member of a gzip file (RFC 1952): members back to back are the file of all their contents. */
export async function compressed(
  bytes: Uint8Array<ArrayBuffer>,
  compression: Compression,
): Promise<Uint8Array<ArrayBuffer>> {
  if (compression === 'none') return bytes;
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/**
 * Writes a chunk once: create-only, its hash checked by R2 on arrival. A chunk that an earlier attempt left behind is adopted
 * when its hash is the same.
 * @throws ChunkConflict, StoreFailed
 */
export async function storeChunk(
  { bucket }: Pick<Context, 'bucket'>,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<StoredChunk> {
  const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();
  const stored = { bytes: bytes.length, sha256, crc32: crc32(bytes) };
  try {
    if (await bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' }, sha256 })) return stored;
    const present = await bucket.head(key);
    const hash = present?.checksums.sha256 ? new Uint8Array(present.checksums.sha256).toHex() : '';
    if (hash === sha256) return stored;
  } catch (cause) {
    throw new StoreFailed('the file store failed', { cause });
  }
  throw new ChunkConflict(`${key} exists with other content`);
}
