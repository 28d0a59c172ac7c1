import type { Context } from '../context.ts';
import type { Chunk } from './chunk-source.ts';

/** R2 keys are built from our own UUIDs and numbers only. */
export const chunkKey = (exportId: string, seq: number) => `exports/${exportId}/${String(seq).padStart(6, '0')}.csv`;

/** An object of this name exists and holds other bytes: the same position gave two results, so the file cannot be trusted. */
export class ChunkConflict extends Error {
  override name = 'ChunkConflict';
}

/**
 * Writes a chunk once: create-only under a deterministic key, its hash checked by R2 on arrival. A chunk that an earlier
 * attempt left behind is adopted when its hash is the same.
 */
export async function storeChunk(ctx: Pick<Context, 'bucket'>, key: string, chunk: Chunk): Promise<void> {
  const written = await ctx.bucket.put(key, chunk.bytes, {
    onlyIf: { etagDoesNotMatch: '*' },
    sha256: chunk.sha256,
    httpMetadata: { contentType: 'text/csv; charset=utf-8' },
  });
  if (written) return;
  const present = await ctx.bucket.head(key);
  const hash = present?.checksums.sha256 ? new Uint8Array(present.checksums.sha256).toHex() : '';
  if (hash !== chunk.sha256) throw new ChunkConflict(`${key} exists with other content`);
}
