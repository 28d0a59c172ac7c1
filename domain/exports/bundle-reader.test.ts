import { BlobReader, configure, type FileEntry, Reader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BundleFile, type Part, zipParts } from './bundle.ts';
import { piecesOf } from './byte-range.ts';
import { combineCrc32, crc32 } from './crc32.ts';

configure({ useWebWorkers: false });

// A reader that knows nothing of the writer, and refuses a wrong CRC, a gap in the directory and files over each other.
const STRICT = { checkSignature: true, checkOverlappingEntry: true, strictness: 'strict' } as const;
const DAY = new Date('2026-11-21T09:08:07Z');

function fileOf(name: string, bodies: readonly Uint8Array[]): BundleFile {
  const crc = bodies.reduce((sum, body) => combineCrc32(sum, crc32(body), body.length), 0);
  const parts = bodies.map((body) => ({ body, bytes: body.length }));
  return { name, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), crc32: crc, parts, modified: DAY };
}

/** An archive that is never whole anywhere: objects that are not in memory read as zeros. */
class PartsReader extends Reader<readonly Part[]> {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    super(parts);
    this.#parts = parts;
    this.size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  override async readUint8Array(first: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of piecesOf(this.#parts, { first, last: first + length - 1 })) {
      if ('body' in piece) bytes.set(piece.body.subarray(piece.offset, piece.offset + piece.length), at);
      at += piece.length;
    }
    return bytes;
  }
}

const filesOf = async (reader: ZipReader<unknown>) => (await reader.getEntries(STRICT)) as FileEntry[];

it('is read by another reader, with whatever names and contents', async () => {
  const seen = { archives: 0, files: 0 };
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 30 })
    .map((text) => text.replace(/[/\\\0]/g, '_'))
    .filter((text) => text !== '.' && text !== '..');
  const bodies = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 });
  const contents = fc.uniqueArray(fc.tuple(name, bodies), { selector: ([text]) => text, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(contents, async (wanted) => {
      const parts = zipParts(wanted.map(([text, content]) => fileOf(text, content)));
      const whole = new Blob(parts.map((part) => ('body' in part ? part.body : '')));
      const found = await filesOf(new ZipReader(new BlobReader(whole), STRICT));
      expect(found.map(({ filename }) => filename)).toEqual(wanted.map(([text]) => text));
      for (const [i, file] of found.entries()) {
        const content = Uint8Array.from((wanted[i]?.[1] ?? []).flatMap((body) => [...body]));
        expect(await file.getData(new Uint8ArrayWriter(), STRICT)).toEqual(content);
        seen.files++;
      }
      seen.archives++;
    }),
    { numRuns: 200, seed: 53 },
  );
  console.log(`zip by another reader: ${JSON.stringify(seen)}, failed 0`);
});

it.each([0xfffffffe, 0xffffffff, 0x1_0000_0000, 10 * 2 ** 30])('is read around a file of %i bytes', async (bytes) => {
  const text = new TextEncoder().encode('{"after":true}');
  const data = { name: 'data.csv', bytes, crc32: 0, parts: [{ key: 'data', bytes }], modified: DAY };
  const reader = new ZipReader(
    new PartsReader(zipParts([fileOf('VERIFY.txt', []), data, fileOf('after.json', [text])])),
  );
  const found = await filesOf(reader);
  expect(found.map(({ filename, uncompressedSize }) => [filename, uncompressedSize])).toEqual([
    ['VERIFY.txt', 0],
    ['data.csv', bytes],
    ['after.json', text.length],
  ]);
  expect(await found[2]?.getData(new Uint8ArrayWriter(), STRICT)).toEqual(text);
});
