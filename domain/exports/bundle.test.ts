import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BundleFile, type Part, zipParts } from './bundle.ts';
import { piecesOf } from './byte-range.ts';
import { combineCrc32, crc32 } from './crc32.ts';

const DAY = new Date('2026-11-21T09:08:07.123Z');
const GIB = 2 ** 30;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** What stands in the bucket, by key. An object that is not there is zeros, of any size. */
type Bucket = Map<string, Uint8Array>;
/** Reads `length` bytes from `first` on. */
type Read = (first: number, length: number) => Uint8Array;

function readerOf(parts: readonly Part[], bucket: Bucket = new Map()): { read: Read; size: number } {
  const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const read: Read = (first, length) => {
    const range = { first, last: first + length - 1 };
    const bytes = piecesOf(parts, range).flatMap((piece) => {
      const body = 'body' in piece ? piece.body : bucket.get(piece.key);
      expect(piece.length).toBeGreaterThan(0);
      expect(piece.offset + piece.length).toBeLessThanOrEqual(piece.bytes);
      return [...(body ?? new Uint8Array(piece.bytes)).subarray(piece.offset, piece.offset + piece.length)];
    });
    return Uint8Array.from(bytes);
  };
  return { read, size };
}

const viewAt = (read: Read, at: number, length: number) => new DataView(read(at, length).buffer);

/** Where the directory is and how many files it lists: APPNOTE 4.3.14 to 4.3.16, for an archive without a comment. */
function findDirectory({ read, size }: { read: Read; size: number }) {
  const end = viewAt(read, size - 22, 22);
  expect(end.getUint32(0, true)).toBe(0x06054b50);
  const short = { count: end.getUint16(10, true), bytes: end.getUint32(12, true), offset: end.getUint32(16, true) };
  const zip64 = short.count === 0xffff || short.bytes === 0xffffffff || short.offset === 0xffffffff;
  if (!zip64) {
    expect(short.offset + short.bytes).toBe(size - 22);
    return { ...short, zip64 };
  }
  const locator = viewAt(read, size - 42, 20);
  expect([locator.getUint32(0, true), locator.getUint32(16, true)]).toEqual([0x07064b50, 1]);
  const wideAt = Number(locator.getBigUint64(8, true));
  const wide = viewAt(read, wideAt, 56);
  expect([wide.getUint32(0, true), wide.getBigUint64(4, true)]).toEqual([0x06064b50, 44n]);
  const [count, bytes, offset] = [32, 40, 48].map((at) => Number(wide.getBigUint64(at, true)));
  expect((offset ?? 0) + (bytes ?? 0)).toBe(wideAt);
  expect(wideAt + 56 + 20 + 22).toBe(size);
  return { count, bytes, offset, zip64 } as typeof short & { zip64: boolean };
}

/** The 64-bit values of a ZIP64 field, and nothing else beside it. */
function zip64Values(extra: DataView): number[] {
  if (extra.byteLength === 0) return [];
  expect([extra.getUint16(0, true), extra.getUint16(2, true)]).toEqual([1, extra.byteLength - 4]);
  return Array.from({ length: (extra.byteLength - 4) / 8 }, (_, i) => Number(extra.getBigUint64(4 + 8 * i, true)));
}

/** A strict reader that has only the APPNOTE in common with the writer. */
function unzip(archive: { read: Read; size: number }) {
  const { count, bytes, offset: start, zip64 } = findDirectory(archive);
  const { read } = archive;
  const files: { name: string; crc: number; size: number; offset: number; dataAt: number; stamp: number[] }[] = [];
  let [at, dataEnd] = [start, 0];
  while (files.length < count) {
    const head = viewAt(read, at, 46);
    expect(head.getUint32(0, true)).toBe(0x02014b50);
    expect([head.getUint16(8, true), head.getUint16(10, true)]).toEqual([0x0800, 0]);
    const [nameLength, extraLength] = [head.getUint16(28, true), head.getUint16(30, true)];
    const nameBytes = read(at + 46, nameLength);
    const wide = zip64Values(viewAt(read, at + 46 + nameLength, extraLength));
    const widened = [24, 20, 42].map((field) => {
      const value = head.getUint32(field, true);
      return value === 0xffffffff ? (wide.shift() ?? Number.NaN) : value;
    });
    expect(wide).toEqual([]);
    const [size = 0, stored = 0, offset = 0] = widened;
    expect(stored).toBe(size);

    const local = viewAt(read, offset, 30);
    expect(local.getUint32(0, true)).toBe(0x04034b50);
    expect([...read(offset + 6, 12)], 'both headers say the same').toEqual([...read(at + 8, 12)]);
    expect(read(offset + 30, nameLength)).toEqual(nameBytes);
    const localExtra = local.getUint16(28, true);
    const localWide = zip64Values(viewAt(read, offset + 30 + nameLength, localExtra));
    expect(localWide).toEqual(size >= 0xffffffff ? [size, size] : []);
    const narrow = Math.min(size, 0xffffffff);
    expect([local.getUint32(18, true), local.getUint32(22, true)]).toEqual([narrow, narrow]);
    expect(local.getUint16(4, true)).toBe(localWide.length > 0 ? 45 : 20);
    expect(offset, 'files follow each other without a gap').toBe(dataEnd);

    const dataAt = offset + 30 + nameLength + localExtra;
    dataEnd = dataAt + size;
    const stamp = [head.getUint16(14, true), head.getUint16(12, true)];
    const name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(nameBytes);
    files.push({ name, crc: head.getUint32(16, true), size, offset, dataAt, stamp });
    at += 46 + nameLength + extraLength;
  }
  expect([dataEnd, at]).toEqual([start, start + bytes]);
  return { files, zip64 };
}

/** A file whose bytes lie in several objects and in bytes of our own, by turns. */
function fileOf(name: string, bodies: readonly Uint8Array[], bucket: Bucket): BundleFile {
  const parts = bodies.map((body, i): Part => {
    if (i % 2 === 1) return { body, bytes: body.length };
    bucket.set(`${name}/${i}`, body);
    return { key: `${name}/${i}`, bytes: body.length };
  });
  const crc = bodies.reduce((sum, body) => combineCrc32(sum, crc32(body), body.length), 0);
  return { name, bytes: bodies.reduce((sum, { length }) => sum + length, 0), crc32: crc, parts, modified: DAY };
}

/** `bytes` of zeros in one object. */
function zeros(name: string, bytes: number): BundleFile {
  return { name, bytes, crc32: 7, parts: bytes > 0 ? [{ key: name, bytes }] : [], modified: DAY };
}

const names = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .map((name) => name.replace(/[/\\\0]/g, '_'))
  .filter((name) => name !== '.' && name !== '..');
const contents = fc.uniqueArray(fc.tuple(names, fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 })), {
  selector: ([name]) => name,
  maxLength: 6,
});

describe('zipParts', () => {
  it('reads back what went in, whatever the names and contents', () => {
    const seen = { archives: 0, files: 0, empty: 0 };
    fc.assert(
      fc.property(contents, (wanted) => {
        const bucket: Bucket = new Map();
        const archive = readerOf(zipParts(wanted.map(([name, bodies]) => fileOf(name, bodies, bucket))), bucket);
        const { files, zip64 } = unzip(archive);
        expect(zip64).toBe(false);
        expect(files.map(({ name }) => name)).toEqual(wanted.map(([name]) => name));
        for (const [i, { crc, size, dataAt }] of files.entries()) {
          const content = archive.read(dataAt, size);
          expect(content).toEqual(Uint8Array.from((wanted[i]?.[1] ?? []).flatMap((body) => [...body])));
          expect(crc).toBe(crc32(content));
          seen.files++;
          if (size === 0) seen.empty++;
        }
        seen.archives++;
      }),
      { numRuns: 300, seed: 51 },
    );
    console.log(`zip: tried ${JSON.stringify(seen)}, failed 0`);
  });

  it('gives for any range what slicing the archive gives', () => {
    let tried = 0;
    const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(contents, at, at, (wanted, a, b) => {
        const bucket: Bucket = new Map();
        const { read, size } = readerOf(zipParts(wanted.map(([name, bodies]) => fileOf(name, bodies, bucket))), bucket);
        const whole = read(0, size);
        const [first, last] = [Math.floor(a * size), Math.floor(b * size)].sort((x, y) => x - y) as [number, number];
        expect(whole.length).toBe(size);
        expect(read(first, last - first + 1)).toEqual(whole.subarray(first, last + 1));
        tried++;
      }),
      { numRuns: 500, seed: 52 },
    );
    console.log(`zip ranges: tried ${tried}, failed 0`);
  });

  it('gives the same bytes for the same files', () => {
    const files = [zeros('a.csv', 5 * GIB), fileOf('b.json', [new Uint8Array(), utf8('{}')], new Map())];
    expect(zipParts(files)).toEqual(zipParts(files));
  });

  it.each([
    ['1979-12-31T23:59:59Z', [1980, 1, 1, 0, 0, 0]],
    ['1980-01-01T00:00:00Z', [1980, 1, 1, 0, 0, 0]],
    ['2026-11-21T23:58:57.999Z', [2026, 11, 21, 23, 58, 56]],
    ['2028-02-29T12:00:00+05:00', [2028, 2, 29, 7, 0, 0]],
    ['2107-12-31T23:59:59Z', [2107, 12, 31, 23, 59, 58]],
    ['2200-01-01T00:00:00Z', [2107, 12, 31, 23, 59, 58]],
  ])('writes %s as MS-DOS has it, in UTC', (modified, wanted) => {
    const parts = zipParts([{ ...zeros('a', 1), modified: new Date(modified) }]);
    const [date = 0, time = 0] = unzip(readerOf(parts)).files[0]?.stamp ?? [];
    const read = [1980 + (date >> 9), (date >> 5) & 15, date & 31, time >> 11, (time >> 5) & 63, 2 * (time & 31)];
    expect(read).toEqual(wanted);
  });
});

describe('zipParts.zip64', () => {
  const headerOf = (name: string) => 30 + name.length;

  it('widens a size from 0xFFFFFFFF on and not before', () => {
    let tried = 0;
    for (const size of [0xfffffffe, 0xffffffff, 0x1_0000_0000, 10 * GIB]) {
      const { files } = unzip(readerOf(zipParts([zeros('data.csv', size), zeros('after', 1)])));
      const extra = size >= 0xffffffff ? 20 : 0;
      expect(files.map((file) => [file.size, file.offset])).toEqual([
        [size, 0],
        [1, headerOf('data.csv') + extra + size],
      ]);
      tried++;
    }
    console.log(`zip64 sizes: tried ${tried}, failed 0`);
  });

  it('widens an offset from 0xFFFFFFFF on and not before, a file’s and the directory’s', () => {
    let tried = 0;
    const seen: boolean[] = [];
    for (const offset of [0xfffffffe, 0xffffffff, 0x1_0000_0000]) {
      // Two files of half the size: none of them is large.
      const half = Math.floor(offset / 2);
      const rest = offset - half - headerOf('a') - headerOf('b');
      const { files } = unzip(readerOf(zipParts([zeros('a', half), zeros('b', rest), zeros('c', 1)])));
      expect(files.map((file) => file.offset)).toEqual([0, headerOf('a') + half, offset]);
      const { zip64 } = unzip(readerOf(zipParts([zeros('a', half), zeros('b', rest)])));
      expect(zip64).toBe(offset >= 0xffffffff);
      seen.push(zip64);
      tried++;
    }
    console.log(`zip64 offsets: tried ${tried} with ${seen.filter(Boolean).length} wide, failed 0`);
  });

  it('widens the count from 65,535 files on and not before', () => {
    const many = Array.from({ length: 65_535 }, (_, i) => zeros(`${i}`, 0));
    const wide = findDirectory(readerOf(zipParts(many)));
    const narrow = findDirectory(readerOf(zipParts(many.slice(1))));
    expect([wide.count, wide.zip64, narrow.count, narrow.zip64]).toEqual([65_535, true, 65_534, false]);
  });
});

describe('zipParts.refused', () => {
  it.each([
    ['fewer bytes than stated', { bytes: 11 }],
    ['more bytes than stated', { bytes: 9 }],
    ['a body of another length', { parts: [{ body: new Uint8Array(3), bytes: 10 }] }],
    ['no name', { name: '' }],
    ['a folder', { name: 'a/b' }],
    ['a way out', { name: '..' }],
    ['a folder as Windows has it', { name: 'a\\b' }],
    ['a NUL', { name: 'a\0b' }],
    ['half a character', { name: 'a\ud800' }],
    ['a name too long', { name: 'x'.repeat(65_536) }],
  ])('does not write a file with %s', (_, change) => {
    expect(() => zipParts([zeros('one', 10)])).not.toThrow();
    expect(() => zipParts([{ ...zeros('one', 10), ...change }])).toThrow();
  });

  it('does not write two files of one name', () => {
    expect(() => zipParts([zeros('one', 10), zeros('one', 11)])).toThrow('two files');
  });
});

describe('piecesOf', () => {
  it('streams objects and bytes of our own through one stream of fixed length', async () => {
    const bucket: Bucket = new Map();
    const wanted = [utf8('id,name\n'), utf8('1,ä\n'), utf8('2,b\n')];
    const parts = zipParts([fileOf('a.csv', wanted, bucket), fileOf('b', [utf8('x'), utf8('y')], bucket)]);
    const { read, size } = readerOf(parts, bucket);
    let tried = 0;
    for (let first = 0; first < size; first += 7, tried++) {
      const last = Math.min(size - 1, first + 90);
      const { readable, writable } = new FixedLengthStream(last - first + 1);
      const pump = async () => {
        for (const piece of piecesOf(parts, { first, last })) {
          const body = 'body' in piece ? piece.body : (bucket.get(piece.key) ?? new Uint8Array());
          const slice = body.slice(piece.offset, piece.offset + piece.length);
          if ('key' in piece) await new Response(slice).body?.pipeTo(writable, { preventClose: true });
          else {
            const writer = writable.getWriter();
            await writer.write(slice);
            writer.releaseLock();
          }
        }
        await writable.close();
      };
      const [answer] = await Promise.all([new Response(readable).bytes(), pump()]);
      expect(answer).toEqual(read(first, last - first + 1));
    }
    console.log(`streamed ranges: tried ${tried}, failed 0`);
  });
});
