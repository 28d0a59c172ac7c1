/** Where a chunk ends: the values of the file's order in its last row, and the estimated bytes of all rows up to there. */
export interface RowPosition {
  keys: string[];
  size: number;
}

export type Encoding = 'csv' | 'ndjson' | 'json';

/** Where to begin, and what stands around the rows. */
export interface Place {
  /** null = the file's beginning, header included. */
  after: RowPosition | null;
  header: Uint8Array<ArrayBuffer>;
  footer: Uint8Array<ArrayBuffer>;
}

/** A part of the file: small enough to hold, and known to be whole. */
export interface Rows {
  rows: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next one begins; null in a file without rows. */
  position: RowPosition | null;
  /** No row follows it. */
  last: boolean;
}

/** The parts of a file from a place on, in order. */
export interface ChunkReader {
  /** Rows in the whole file. Asked once, before the first part, and only at the file's beginning. */
  expected(): Promise<number>;
  /** Not to be called while an earlier call is under way, nor after the last part. @throws BrokenChunk */
  next(): Promise<Rows>;
  /** Gives a part's memory back; its bytes are not to be read any more. */
  release(rows: Rows): void;
  /** Ends whatever reads on. */
  close(): Promise<void>;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
