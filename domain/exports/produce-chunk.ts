import {
  AUDIT_LOG_HEADER,
  type AuditKey,
  type AuditSelection,
  type ChunkPlan,
  openChunk,
  planChunk,
} from '../../clickhouse/queries/export-audit-logs.ts';
import type { Context } from '../context.ts';

/** A finished part of the file: small enough to hold, hashed, and known to be whole. */
export interface Chunk {
  rows: number;
  bytes: Uint8Array;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** The chunk's last row; the next one begins after it. */
  last: AuditKey | null;
}

/** What arrived is not what the engine said it sent. Worth another try; never committed. */
export class BrokenChunk extends Error {
  override name = 'BrokenChunk';
}

/** Where a chunk begins: after this row, at the very start (null), or nowhere because nothing is left. */
export type Start = AuditKey | null | 'end';

/** A chunk under way. Both promises may be left alone: a run that breaks off does not wait for what it had begun. */
export interface ComingChunk {
  /** Null when nothing is left. @throws BrokenChunk */
  chunk: Promise<Chunk | null>;
  /** Where the one after it begins, known long before the chunk itself is here. */
  next: Promise<Start>;
}

/**
 * Plans a chunk and fetches it. The same position always gives the same bytes.
 * @param first the file's first chunk carries the header line and exists even when there is no row
 */
export function produceChunk(
  ctx: Pick<Context, 'clickhouse' | 'settings'>,
  selection: AuditSelection,
  start: Promise<Start>,
  first: boolean,
): ComingChunk {
  const planned = start.then(async (after) => ({
    after: after === 'end' ? null : after,
    plan: after === 'end' ? null : await planChunk(ctx.clickhouse.reader, selection, after, ctx.settings.chunkBytes),
  }));
  const header = first ? AUDIT_LOG_HEADER : '';
  const chunk = planned.then(({ after, plan }) => {
    if (plan) return fetchChunk(ctx, selection, after, plan, header);
    return first ? headerAlone() : null;
  });
  const next = planned.then(({ plan }) => plan?.last ?? 'end');
  for (const promise of [chunk, next]) promise.catch(() => undefined);
  return { chunk, next };
}

async function headerAlone(): Promise<Chunk> {
  const bytes = new TextEncoder().encode(AUDIT_LOG_HEADER);
  return { rows: 0, bytes, sha256: await sha256(bytes), last: null };
}

async function fetchChunk(
  ctx: Pick<Context, 'clickhouse'>,
  selection: AuditSelection,
  after: AuditKey | null,
  plan: ChunkPlan,
  header: string,
): Promise<Chunk> {
  const seal = `#seal ${crypto.randomUUID()} `;
  const stream = await openChunk(ctx.clickhouse.reader, selection, after, plan.last, seal, header);
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  const bytes = unseal(body, seal, plan.rows);
  return { rows: plan.rows, bytes, sha256: await sha256(bytes), last: plan.last };
}

/** Gives a chunk's memory back at once; the collector would let several pile up before it looks. */
export function releaseChunk(chunk: Chunk): void {
  if (chunk.bytes.buffer instanceof ArrayBuffer) chunk.bytes.buffer.transfer(0);
}

/** Checks the seal and cuts it off. @throws BrokenChunk */
function unseal(body: Uint8Array, seal: string, rows: number): Uint8Array {
  const expected = new TextEncoder().encode(`${seal}${rows}`);
  const end = body.length - expected.length;
  if (end >= 0 && expected.every((byte, i) => body[end + i] === byte)) return body.subarray(0, end);
  const tail = new TextDecoder().decode(body.subarray(-120));
  const written = tail.includes(seal.trim()) ? `${tail.split(' ').at(-1)} rows` : 'an incomplete answer';
  throw new BrokenChunk(`ClickHouse was asked for ${rows} rows and gave ${written} (${body.length} bytes)`);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return digest.toHex();
}
