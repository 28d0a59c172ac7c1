/** First and last byte, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * Reads a Range header (RFC 9110 section 14) for a representation of `size` bytes.
 * @returns null to send everything (no header, another unit, several ranges, nonsense), or 'unsatisfiable'
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return null;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return null;
  return first >= size ? 'unsatisfiable' : { first, last };
}

/** The pieces of `parts`, back to back, that make up `range`: each part that is touched with where to begin and how much. */
export function piecesOf<P extends { bytes: number }>(parts: readonly P[], range: ByteRange) {
  const pieces: (P & { offset: number; length: number })[] = [];
  let start = 0;
  for (const part of parts) {
    const offset = Math.max(0, range.first - start);
    const end = Math.min(part.bytes, range.last + 1 - start);
    if (offset < end) pieces.push({ ...part, offset, length: end - offset });
    start += part.bytes;
  }
  return pieces;
}
