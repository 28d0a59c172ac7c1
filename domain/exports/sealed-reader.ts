/** What arrived is not what the engine said it sent. Worth another try; never committed. */
export class BrokenChunk extends Error {
  override name = 'BrokenChunk';
}

/** A chunk's bytes and what the engine wrote into the seal behind them. */
export interface SealedChunk {
  bytes: Uint8Array<ArrayBuffer>;
  seal: unknown;
}

const MARK = 0x1d;
const LINE_FEED = 0x0a;
/** Bytes to wait for before looking: a call for every packet would cost more than the search. */
const READ_AT_LEAST = 512 * 1024;
/** No chunk with its longest row comes near it. Without a bound a stream without seals would fill the isolate. */
const MAX_CHUNK = 48 * 1024 * 1024;

/**
 * Cuts an engine's answer into chunks at the seals it wrote, `0x1d`, a word of this answer alone, JSON and a line feed,
 * without looking at rows. Bytes are read straight into the buffer they are stored from; only what follows a seal is copied.
 */
export class SealedReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #word: Uint8Array;
  readonly #stallMs: number;
  #buffer: ArrayBuffer;
  #filled: number;
  #searched: number;

  /** @param start what the first chunk begins with; it is copied into `buffer` */
  constructor(
    stream: ReadableStream<Uint8Array>,
    word: string,
    { buffer, start, stallMs }: { buffer: ArrayBuffer; start: Uint8Array; stallMs: number },
  ) {
    this.#reader = stream.getReader({ mode: 'byob' });
    this.#word = new TextEncoder().encode(word);
    this.#stallMs = stallMs;
    this.#buffer = buffer;
    new Uint8Array(buffer).set(start);
    this.#filled = start.length;
    this.#searched = start.length;
  }

  /**
   * The next chunk. Its buffer is the caller's from now on, and `spare` is read into instead.
   * @throws BrokenChunk when the answer ends, stalls or grows without a seal
   */
  async next(spare: ArrayBuffer): Promise<SealedChunk> {
    for (;;) {
      const found = this.#find();
      if (found) return this.#cut(found, spare);
      if (!(await this.#fill())) throw new BrokenChunk('ClickHouse gave an incomplete answer');
    }
  }

  /** @throws BrokenChunk when anything follows the last seal */
  async end(): Promise<void> {
    if (this.#filled > 0 || (await this.#fill())) throw new BrokenChunk('ClickHouse wrote more after its last row');
  }

  /** Tells the engine that nobody reads on; a call under way fails. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
    if (!this.#buffer.detached) this.#buffer.transfer(0);
  }

  /** Where the chunk and its seal end, or null; what cannot hold the seal's beginning is not looked at again. */
  #find(): { end: number; sealEnd: number } | null {
    const bytes = new Uint8Array(this.#buffer, 0, this.#filled);
    for (;;) {
      const at = bytes.indexOf(MARK, this.#searched);
      this.#searched = at < 0 ? bytes.length : at;
      if (at < 0 || at + 1 + this.#word.length > bytes.length) return null;
      if (this.#word.every((byte, i) => bytes[at + 1 + i] === byte)) {
        const sealEnd = bytes.indexOf(LINE_FEED, at);
        return sealEnd < 0 ? null : { end: at, sealEnd };
      }
      this.#searched = at + 1;
    }
  }

  #cut({ end, sealEnd }: { end: number; sealEnd: number }, spare: ArrayBuffer): SealedChunk {
    const whole = new Uint8Array(this.#buffer, 0, this.#filled);
    const rest = whole.subarray(sealEnd + 1);
    const json = new TextDecoder().decode(whole.subarray(end + 1 + this.#word.length, sealEnd));
    this.#buffer = spare.byteLength > rest.length ? spare : new ArrayBuffer(2 * rest.length);
    new Uint8Array(this.#buffer).set(rest);
    this.#filled = rest.length;
    this.#searched = 0;
    return { bytes: whole.subarray(0, end), seal: JSON.parse(json) };
  }

  /** False at the end of the answer. */
  async #fill(): Promise<boolean> {
    if (this.#filled === this.#buffer.byteLength) this.#grow();
    const room = new Uint8Array(this.#buffer, this.#filled);
    const stalled = setTimeout(() => void this.#reader.cancel().catch(() => undefined), this.#stallMs);
    // The buffer is lent: what is read comes back in the answer's, together with what was there before.
    const { value } = await this.#reader
      .readAtLeast(Math.min(READ_AT_LEAST, room.length), room)
      .finally(() => clearTimeout(stalled));
    if (!value || value.length === 0) return false;
    this.#buffer = value.buffer as ArrayBuffer;
    this.#filled += value.length;
    return true;
  }

  #grow(): void {
    if (this.#buffer.byteLength >= MAX_CHUNK) throw new BrokenChunk('ClickHouse sent a chunk without an end');
    const larger = new ArrayBuffer(2 * this.#buffer.byteLength);
    new Uint8Array(larger).set(new Uint8Array(this.#buffer));
    this.#buffer = larger;
  }
}
