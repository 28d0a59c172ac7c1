import { describe, expect, it } from 'vitest';
import { DomainError } from '../../domain/errors.ts';
import { MAX_BODY_BYTES, MAX_COMPRESSED_BYTES } from '../../domain/telemetry/otlp-limits.ts';
import { gunzip, readBody } from './read-body.ts';

async function gzip(data: ReadableStream<Uint8Array> | Uint8Array): Promise<Uint8Array> {
  const stream = data instanceof Uint8Array ? new Response(data).body : data;
  if (!stream) throw new Error('no stream');
  return new Uint8Array(await new Response(stream.pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
}

/** So many MiB of zeros, made as they are asked for. */
function zeros(mib: number): ReadableStream<Uint8Array> {
  let left = mib;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(1024 * 1024));
      else controller.close();
    },
  });
}

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

const text = (length: number) =>
  new TextEncoder().encode(
    Array.from({ length: length / 8 }, (_, i) => String((i * 2_654_435_761) % 1e8).padStart(8)).join(''),
  );

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'read';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

const sent = (body: Uint8Array | ReadableStream<Uint8Array> | null, headers: Record<string, string> = {}) =>
  readBody({ body: body instanceof Uint8Array ? new Response(body).body : body, headers: new Headers(headers) });
const GZIP = { 'content-encoding': 'gzip' };

describe('a gzip body', () => {
  it('comes out as it went in, whatever it holds', async () => {
    const bodies = [
      new Uint8Array(),
      noise(1),
      noise(300_000),
      text(2_000_000),
      new Uint8Array(MAX_BODY_BYTES),
      noise(4096),
      text(8192),
    ];
    for (const body of bodies) {
      const { bytes, read } = await gunzip(await gzip(body));
      expect(bytes.length).toBe(body.length);
      expect(bytes.every((byte, at) => byte === body[at])).toBe(true);
      expect(read).toBeGreaterThan(0);
    }
  });

  it('that is a bomb is given up at the limit, having looked at a small part of it', async () => {
    const bomb = await gzip(zeros(512));
    expect(bomb.length).toBeLessThan(600_000);
    let looked = 0;
    const counting = new Proxy(bomb, {
      get(target, key) {
        if (key !== 'subarray') return Reflect.get(target, key, target);
        return (from: number, to: number) => {
          const part = target.subarray(from, to);
          looked += part.byteLength;
          return part;
        };
      },
    });
    expect(await codeOf(gunzip(counting))).toBe('body_too_large');
    // Deflate makes 1,032 bytes of one at most: the limit, and a slice more.
    expect(looked).toBeLessThanOrEqual(MAX_BODY_BYTES / 1000 + 2 * 2048);
    expect(await codeOf(sent(bomb, GZIP))).toBe('body_too_large');
    console.log(`bomb of ${bomb.length} bytes, 512 MiB unpacked: ${looked} bytes looked at, refused`);
  });

  it('may have exactly 4 MiB decompressed, and 1 MiB compressed', async () => {
    expect((await sent(await gzip(new Uint8Array(MAX_BODY_BYTES)), GZIP)).length).toBe(MAX_BODY_BYTES);
    expect(await codeOf(sent(await gzip(new Uint8Array(MAX_BODY_BYTES + 1)), GZIP))).toBe('body_too_large');
    const large = await gzip(noise(MAX_COMPRESSED_BYTES));
    expect(large.length).toBeGreaterThan(MAX_COMPRESSED_BYTES);
    expect(await codeOf(sent(large, GZIP))).toBe('body_too_large');
    expect(await codeOf(sent(null, { ...GZIP, 'content-length': String(MAX_COMPRESSED_BYTES + 1) }))).toBe(
      'body_too_large',
    );
  });

  it('that is broken anywhere is malformed', async () => {
    const whole = await gzip(text(80_000));
    const flipped = (at: number) => whole.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const broken: [string, Uint8Array][] = [
      ['nothing', new Uint8Array()],
      ['no gzip', new TextEncoder().encode('{"resourceLogs":[]}')],
      ['only a header', whole.slice(0, 10)],
      ['cut in the middle', whole.slice(0, whole.length / 2)],
      ['without its end', whole.slice(0, -8)],
      ['short by a byte', whole.slice(0, -1)],
      ['another checksum', flipped(whole.length - 6)],
      ['another length', flipped(whole.length - 2)],
      ['a flipped bit inside', flipped(whole.length >> 1)],
      ['something behind it', Uint8Array.of(...whole, 0)],
      ['another member behind it', Uint8Array.of(...whole, ...whole)],
    ];
    for (const [what, body] of broken)
      expect([what, await codeOf(sent(body, GZIP))]).toEqual([what, 'malformed_request']);
    console.log(`broken gzip: tried ${broken.length}, read 0`);
  });
});

describe('any body', () => {
  it('may be plain or gzip, and nothing else', async () => {
    for (const encoding of ['identity', ' Identity '])
      expect((await sent(noise(5), { 'content-encoding': encoding })).length).toBe(5);
    expect((await sent(await gzip(noise(5)), { 'content-encoding': ' GZIP ' })).length).toBe(5);
    for (const encoding of ['deflate', 'br', 'zstd', 'gzip, gzip', 'x-gzip', ''])
      expect([encoding, await codeOf(sent(noise(5), { 'content-encoding': encoding }))]).toEqual([
        encoding,
        'unsupported_media_type',
      ]);
    expect((await sent(null)).length).toBe(0);
  });

  it('is read up to the limit, whatever length it claims, then given up', async () => {
    expect((await sent(zeros(4))).length).toBe(MAX_BODY_BYTES);
    const state = { pulled: 0, cancelled: false };
    const endless = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          state.pulled++;
          controller.enqueue(new Uint8Array(1024 * 1024));
        },
        cancel: () => {
          state.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    expect(await codeOf(sent(endless, { 'content-length': '5' }))).toBe('body_too_large');
    expect(state).toEqual({ pulled: 5, cancelled: true });
  });

  it('that breaks off is malformed', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error('connection lost')),
    });
    expect(await codeOf(sent(broken))).toBe('malformed_request');
  });
});
