import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createGzip, type Gzip } from 'node:zlib';
import type { ClickHouseError } from './errors.ts';
import { contentType } from './formats.ts';

/** Counts for X-ClickHouse-Summary. chdb does not tell what a read cost, so those stay 0. */
export type Summary = { writtenRows?: number; writtenBytes?: number; resultRows?: number; resultBytes?: number };

const EXPOSED = ['Query-Id', 'Summary', 'Server-Display-Name', 'Format', 'Timezone', 'Exception-Code', 'Exception-Tag']
  .map((name) => `X-ClickHouse-${name}`)
  .join(',');

/** One HTTP answer, whole or streamed, with ClickHouse's headers. */
export class Answer {
  readonly #res: ServerResponse;
  readonly #gzipLevel: number | undefined;
  readonly #version: string;
  readonly #tag = Array.from({ length: 16 }, () => String.fromCharCode(97 + randomInt(26))).join('');
  readonly #startedAt = performance.now();
  #gzip: Gzip | undefined;
  #broken = false;
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal;

  constructor(res: ServerResponse, queryId: string, version: string, gzipLevel: number | undefined) {
    this.#res = res;
    this.#version = version;
    this.#gzipLevel = gzipLevel;
    const gone = new AbortController();
    this.signal = gone.signal;
    res.on('close', () => {
      if (res.writableFinished) return;
      this.#gzip?.destroy();
      gone.abort();
    });
    res.setHeader('X-ClickHouse-Server-Display-Name', 'embedded');
    res.setHeader('X-ClickHouse-Timezone', 'UTC');
    res.setHeader('X-ClickHouse-Query-Id', queryId);
    res.setHeader('X-ClickHouse-Exception-Tag', this.#tag);
    res.setHeader('Access-Control-Expose-Headers', EXPOSED);
  }

  get begun(): boolean {
    return this.#res.headersSent;
  }

  /** Sends a whole answer. */
  async whole(format: string, summary: Summary, bytes: Uint8Array): Promise<void> {
    this.begin(format, summary, bytes.length);
    if (bytes.length > 0) await this.write(bytes);
    this.end();
  }

  begin(format: string, summary: Summary = {}, length?: number): void {
    this.#res.setHeader('Content-Type', contentType(format));
    this.#res.setHeader('X-ClickHouse-Format', format);
    this.#res.setHeader('X-ClickHouse-Summary', summaryText(summary, this.#startedAt));
    if (this.#gzipLevel !== undefined && length !== 0) {
      this.#res.setHeader('Content-Encoding', 'gzip');
      this.#gzip = createGzip({ level: this.#gzipLevel });
      // Its only error is a write after the client left, which the answer's signal tells already.
      this.#gzip.on('error', () => {});
      this.#gzip.pipe(this.#res, { end: false });
      this.#gzip.once('end', () => this.#finish());
    } else if (length !== undefined) {
      this.#res.setHeader('Content-Length', length);
    }
    this.#res.writeHead(200);
  }

  /** Resolves at once, or when the client has taken enough for more to be sent. */
  async write(bytes: Uint8Array): Promise<void> {
    const sink = this.#gzip ?? this.#res;
    if (!sink.write(bytes)) await once(sink, 'drain', { signal: this.signal });
  }

  end(): void {
    if (this.#gzip === undefined) this.#finish();
    else this.#gzip.end();
  }

  #finish(): void {
    const { socket } = this.#res;
    // destroySoon sends what is written, which this turn's writes are only in the next one.
    if (this.#broken) setImmediate(() => socket?.destroySoon());
    else this.#res.end();
  }

  /** An error before the first byte is an HTTP error; later it can only break the answer off, and say why. */
  fail(error: ClickHouseError): void {
    if (this.#res.destroyed) return;
    if (this.begun) {
      this.#breakOff(error);
      return;
    }
    const body = Buffer.from(`${error.text(this.#version)}\n`);
    this.#res.setHeader('Content-Type', 'text/plain; charset=UTF-8');
    this.#res.setHeader('Content-Length', body.length);
    this.#res.setHeader('X-ClickHouse-Exception-Code', error.code);
    if (error.status === 401) this.#res.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"');
    this.#res.writeHead(error.status).end(body);
  }

  /**
   * ClickHouse's own ending since 25.11: marker, tag, message, its length, tag, marker, and no last chunk, so that no
   * client can take the answer for complete. The block is one write because client-web looks for it in one chunk.
   */
  #breakOff(error: ClickHouseError): void {
    const message = Buffer.from(`${error.text(this.#version)}\n`);
    const block = Buffer.concat([
      Buffer.from(`\r\n__exception__\r\n${this.#tag}\r\n`),
      message,
      Buffer.from(`${message.length} ${this.#tag}\r\n__exception__\r\n`),
    ]);
    this.#broken = true;
    (this.#gzip ?? this.#res).write(block);
    this.end();
  }
}

function summaryText(summary: Summary, startedAt: number): string {
  const counts = {
    read_rows: 0,
    read_bytes: 0,
    written_rows: summary.writtenRows ?? 0,
    written_bytes: summary.writtenBytes ?? 0,
    total_rows_to_read: 0,
    result_rows: summary.resultRows ?? 0,
    result_bytes: summary.resultBytes ?? 0,
    elapsed_ns: Math.round((performance.now() - startedAt) * 1e6),
  };
  return JSON.stringify(Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])));
}
