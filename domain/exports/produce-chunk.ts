import {
  AUDIT_LOG_HEADER,
  type AuditKey,
  type AuditSelection,
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

/**
 * Plans and fetches the chunk after `after`. The same position always gives the same bytes.
 * @param first the file's first chunk carries the header line and exists even when there is no row
 * @returns null when nothing is left
 */
export async function produceChunk(
  ctx: Pick<Context, 'clickhouse' | 'settings'>,
  selection: AuditSelection,
  after: AuditKey | null,
  first: boolean,
): Promise<Chunk | null> {
  const header = first ? new TextEncoder().encode(AUDIT_LOG_HEADER) : new Uint8Array();
  const plan = await planChunk(ctx.clickhouse.reader, selection, after, ctx.settings.chunkBytes);
  if (!plan) return first ? { rows: 0, bytes: header, sha256: await sha256(header), last: null } : null;
  const seal = `#seal ${crypto.randomUUID()} `;
  const stream = await openChunk(ctx.clickhouse.reader, selection, after, plan.last, seal);
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  const bytes = unseal(body, seal, plan.rows, header);
  return { rows: plan.rows, bytes, sha256: await sha256(bytes), last: plan.last };
}

/** Checks the seal and cuts it off. @throws BrokenChunk */
function unseal(body: Uint8Array, seal: string, rows: number, header: Uint8Array): Uint8Array {
  const expected = new TextEncoder().encode(`${seal}${rows}`);
  const end = body.length - expected.length;
  if (end < 0 || !expected.every((byte, i) => body[end + i] === byte)) {
    const tail = new TextDecoder().decode(body.subarray(-120));
    const written = tail.includes(seal.trim()) ? `${tail.split(' ').at(-1)} rows` : 'an incomplete answer';
    throw new BrokenChunk(`ClickHouse was asked for ${rows} rows and gave ${written} (${body.length} bytes)`);
  }
  const rowsAndEnd = body.subarray(0, end);
  if (header.length === 0) return rowsAndEnd;
  const whole = new Uint8Array(header.length + end);
  whole.set(header);
  whole.set(rowsAndEnd, header.length);
  return whole;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return digest.toHex();
}
