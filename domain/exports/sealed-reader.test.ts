import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenChunk, SealedReader } from './sealed-reader.ts';

const WORD = 'only-this-answer';
const utf8 = (text: string) => new TextEncoder().encode(text);
const sealOf = (n: number, last: boolean) => utf8(`\x1d${WORD}["${n}",${last ? 1 : 0}]\n`);

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const bodyOf = (chunks: readonly Uint8Array[]) =>
  join(chunks.flatMap((chunk, i) => [chunk, sealOf(i, i === chunks.length - 1)]));

/** A byte stream that gives these bytes in pieces of these sizes, over and over. */
function streamOf(bytes: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let [at, turn] = [0, 0];
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (at < bytes.length) {
        const size = sizes[turn++ % sizes.length] ?? 1;
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      } else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}

const readerOf = (stream: ReadableStream<Uint8Array>, { room = 64, start = '', stallMs = 60_000 } = {}) =>
  new SealedReader(stream, WORD, { buffer: new ArrayBuffer(room), start: utf8(start), stallMs });

/** Every chunk up to the last one, then that nothing follows; buffers go round as they do in an export. */
async function readAll(reader: SealedReader, room = 64): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let spare = new ArrayBuffer(room);
  for (;;) {
    const { bytes, seal } = await reader.next(spare);
    chunks.push(bytes.slice());
    spare = bytes.buffer;
    if ((seal as [string, number])[1] === 0) continue;
    await reader.end();
    return chunks;
  }
}

/** Whatever a cell may hold, and mostly what a seal is made of. */
const cells = fc
  .array(fc.oneof(fc.constantFrom(0x1d, 0x0a, 0x22, ...utf8(WORD)), fc.integer({ min: 0, max: 255 })), {
    maxLength: 300,
  })
  .map((bytes) => Uint8Array.from(bytes));
const file = fc.array(cells, { minLength: 1, maxLength: 6 });
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 });

describe('sealed-reader', () => {
  it('gives back what was sealed, however it arrives and whatever is in it', async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(file, sizes, fc.integer({ min: 1, max: 500 }), async (chunks, pieces, room) => {
        expect(await readAll(readerOf(streamOf(bodyOf(chunks), pieces), { room }), room)).toEqual(chunks);
        tried++;
      }),
      { numRuns: 300, seed: 4 },
    );
    console.log(`sealed chunks: tried ${tried} answers, failed 0`);
  });

  it('never takes a part for a chunk, wherever an answer is cut off', async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(file, sizes, fc.double({ min: 0, max: 0.999, noNaN: true }), async (chunks, pieces, share) => {
        const body = bodyOf(chunks);
        const reader = readerOf(streamOf(body.slice(0, Math.floor(body.length * share)), pieces));
        await expect(readAll(reader)).rejects.toThrow(BrokenChunk);
        tried++;
      }),
      { numRuns: 300, seed: 5 },
    );
    console.log(`cut answers: tried ${tried}, taken for whole 0`);
  });

  it('refuses whatever comes after the last seal', async () => {
    const body = join([bodyOf([utf8('a\n')]), utf8('b')]);
    for (const pieces of [[1], [1000]]) {
      await expect(readAll(readerOf(streamOf(body, pieces)))).rejects.toThrow('more after its last row');
    }
  });

  it('begins the first chunk with the start, and does not look for seals in it', async () => {
    const start = `"head"\n\x1d${WORD}[]\n`;
    const [first, second] = await readAll(readerOf(streamOf(bodyOf([utf8('a\n'), utf8('b\n')]), [3]), { start }));
    expect([new TextDecoder().decode(first), new TextDecoder().decode(second)]).toEqual([`${start}a\n`, 'b\n']);
  });

  it('gives up on a stream that stands still', async () => {
    const stuck = new ReadableStream({ type: 'bytes', pull: () => new Promise(() => undefined) });
    await expect(readerOf(stuck, { stallMs: 20 }).next(new ArrayBuffer(64))).rejects.toThrow(BrokenChunk);
  });

  it('does not fill its memory with an answer that is never sealed', async () => {
    const [piece, most] = [new Uint8Array(4 * 1024 * 1024).fill(0x41), 60];
    let given = 0;
    const endless = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        given++;
        if (given > most) return controller.close();
        return controller.enqueue(piece.slice());
      },
    });
    const reader = readerOf(endless, { room: 1024 * 1024 });
    await expect(reader.next(new ArrayBuffer(64))).rejects.toThrow('a chunk without an end');
    expect(given).toBeLessThan(most);
    await reader.close();
  });
});
