import { DomainError, Malformed } from '../../domain/errors.ts';
import { MAX_BODY_BYTES, MAX_COMPRESSED_BYTES } from '../../domain/telemetry/otlp-limits.ts';

/**
 * So much is decompressed at a time, and all of it taken out before more goes in: the runtime's decompressor keeps whatever it makes of
 * what it is given, and deflate makes at most 1,032 bytes of one.
 */
const SLICE_BYTES = 2048;
/** Less than a full read: the decompressor has nothing more. */
const FULL_READ_BYTES = 4096;

const tooLarge = (max: number, what: string) =>
  new DomainError('body_too_large', `The body may have ${max} bytes ${what}; send smaller batches.`);

/**
 * The body, decompressed. Never holds more than the limits and one slice's worth.
 * @throws Malformed, DomainError body_too_large | unsupported_media_type
 */
export async function readBody({ headers, body }: Pick<Request, 'headers' | 'body'>): Promise<Uint8Array> {
  const encoding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'gzip' && encoding !== 'identity')
    throw new DomainError('unsupported_media_type', 'Send the body as it is, or with Content-Encoding: gzip.');
  const isPlain = encoding === 'identity';
  const [max, what] = isPlain ? [MAX_BODY_BYTES, ''] : [MAX_COMPRESSED_BYTES, 'compressed'];
  if (Number(headers.get('content-length') ?? 0) > max) throw tooLarge(max, what);
  const bytes = await gather(body, max, what);
  return isPlain ? bytes : (await gunzip(bytes)).bytes;
}

async function gather(body: ReadableStream<Uint8Array> | null, max: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body ?? []) {
      size += chunk.byteLength;
      if (size > max) throw tooLarge(max, what);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    throw new Malformed('The body broke off on its way; send it again.', { cause });
  }
  return joined(chunks, size);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/**
 * One gzip member (RFC 1952), checked to its end.
 * @returns what is in it, and how much of the input was looked at to learn that
 * @throws Malformed, DomainError body_too_large
 */
export async function gunzip(input: Uint8Array): Promise<{ bytes: Uint8Array; read: number }> {
  const { readable, writable } = new DecompressionStream('gzip');
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const chunks: Uint8Array[] = [];
  let size = 0;
  const take = ({ value }: Read) => {
    size += value?.byteLength ?? 0;
    if (size > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES, 'decompressed');
    if (value) chunks.push(value);
    return value?.byteLength ?? 0;
  };
  try {
    const state: Waiting = { pending: null };
    let read = 0;
    while (read < input.byteLength) {
      const slice = input.subarray(read, read + SLICE_BYTES);
      await writer.write(slice);
      read += slice.byteLength;
      await drain(reader, state, take);
    }
    // Says whether the end was one: its checksum, its length, and nothing behind it.
    const closed = writer.close();
    closed.catch(ignore);
    for (let last = await (state.pending ?? reader.read()); !last.done; last = await reader.read()) take(last);
    await closed;
    return { bytes: joined(chunks, size), read };
  } catch (cause) {
    reader.cancel().catch(ignore);
    writer.abort().catch(ignore);
    if (cause instanceof DomainError) throw cause;
    throw new Malformed('The body is not one whole gzip member.', { cause });
  }
}

const ignore = () => undefined;

/** A read that waits for more than there was. */
interface Waiting {
  pending: Promise<Read> | null;
}

/** Takes what is there to be read. */
async function drain(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  state: Waiting,
  take: (part: Read) => number,
): Promise<void> {
  for (let more = true; more; ) {
    state.pending ??= reader.read();
    const ready = await readyNow(state.pending);
    if (ready) state.pending = null;
    more = ready !== null && take(ready) >= FULL_READ_BYTES;
  }
}

/** Null when the read waits: what the decompressor has, it gives before a timer fires. */
async function readyNow(pending: Promise<Read>): Promise<Read | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, 0, null);
  return Promise.race([pending, promise]).finally(() => clearTimeout(timer));
}
