/** A run of bytes: an object of the bucket, or bytes of our own. */
export type Part = { key: string; bytes: number } | { body: Uint8Array; bytes: number };

export interface BundleFile {
  /** As it appears in the archive: a plain name, no folders. */
  name: string;
  bytes: number;
  crc32: number;
  parts: readonly Part[];
  modified: Date;
}

interface Entry extends BundleFile {
  nameBytes: Uint8Array;
  /** Of its local header, from the start of the archive. */
  offset: number;
}

// "See the ZIP64 field" (APPNOTE 4.4.1.4).
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;
const VERSION_PLAIN = 20;
const VERSION_ZIP64 = 45;
const MADE_BY_UNIX = 3 << 8;
const NAMES_ARE_UTF8 = 1 << 11;
const STORED = 0;
const REGULAR_FILE_0644 = 0o100644 * 0x1_0000;

/**
 * A ZIP archive as a list of parts: `files` stored as they are, in this order, between headers made here (PKWARE APPNOTE
 * 6.3.10). Nothing of the files is read, and the same files give the same bytes, so the archive has a length, ranges and an
 * ETag like any other file. ZIP64 only where a size, an offset or a count needs it.
 * @throws Error when a file's parts are not its bytes, or a name is empty, taken, not plain or too long
 */
export function zipParts(files: readonly BundleFile[]): Part[] {
  const parts: Part[] = [];
  const entries: Entry[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const file of files) {
    assertWhole(file);
    if (names.has(file.name)) throw new Error(`two files are called ${file.name}`);
    names.add(file.name);
    const entry = { ...file, nameBytes: nameBytes(file.name), offset };
    const header = localHeader(entry);
    parts.push(ours(header), ...file.parts);
    entries.push(entry);
    offset += header.length + file.bytes;
  }
  const directory = joined(entries.map(directoryHeader));
  return [...parts, ours(directory), ours(endRecords(entries.length, directory.length, offset))];
}

const ours = (body: Uint8Array): Part => ({ body, bytes: body.length });

function assertWhole({ name, bytes, parts }: BundleFile): void {
  const odd = parts.some((part) => 'body' in part && part.body.length !== part.bytes);
  const sum = parts.reduce((total, part) => total + part.bytes, 0);
  if (odd || sum !== bytes) throw new Error(`the parts of ${name} have ${sum} bytes instead of ${bytes}`);
}

function nameBytes(name: string): Uint8Array {
  const encoded = new TextEncoder().encode(name);
  const plain = name.isWellFormed() && !/[/\\\0]/.test(name) && name !== '.' && name !== '..';
  if (!plain || encoded.length === 0 || encoded.length > MAX_16) throw new Error('not a name for a file in an archive');
  return encoded;
}

/** 4.3.7. The ZIP64 field of a local header always has both sizes. */
function localHeader(entry: Entry): Uint8Array {
  const large = entry.bytes >= MAX_32;
  const extra = large ? zip64Field([entry.bytes, entry.bytes]) : new Uint8Array();
  const version = large ? VERSION_ZIP64 : VERSION_PLAIN;
  return joined([record([4, 0x04034b50], [2, version], ...common(entry, large, extra.length)), entry.nameBytes, extra]);
}

/**
 * 4.3.12. The ZIP64 field of a directory header has what did not fit; here it has all three or none, for Info-ZIP's unzip 6.00
 * misreads an offset alone behind a file of 0xFFFFFFFF bytes.
 */
function directoryHeader(entry: Entry): Uint8Array {
  const wide = entry.bytes >= MAX_32 || entry.offset >= MAX_32;
  const extra = wide ? zip64Field([entry.bytes, entry.bytes, entry.offset]) : new Uint8Array();
  const fixed = record(
    [4, 0x02014b50],
    [2, MADE_BY_UNIX | VERSION_ZIP64],
    [2, wide ? VERSION_ZIP64 : VERSION_PLAIN],
    ...common(entry, wide, extra.length),
    ...fill(2, 3), // no comment, first disk, binary
    [4, REGULAR_FILE_0644],
    [4, wide ? MAX_32 : entry.offset],
  );
  return joined([fixed, entry.nameBytes, extra]);
}

/** What both headers of a file say alike, from the flags to the length of the extra field. */
function common({ bytes, crc32, modified, nameBytes }: Entry, wide: boolean, extraBytes: number): Field[] {
  const { date, time } = dosTime(modified);
  const size = wide ? MAX_32 : bytes;
  return [
    [2, NAMES_ARE_UTF8],
    [2, STORED],
    [2, time],
    [2, date],
    [4, crc32],
    [4, size],
    [4, size],
    [2, nameBytes.length],
    [2, extraBytes],
  ];
}

/** 4.5.3 */
const zip64Field = (values: number[]) =>
  record([2, 0x0001], [2, 8 * values.length], ...values.map((value): Field => [8, value]));

/** 4.3.14 to 4.3.16: how many files, and where the directory is. */
function endRecords(count: number, size: number, offset: number): Uint8Array {
  const end = record(
    [4, 0x06054b50],
    ...fill(2, 2), // this disk, the directory's disk
    [2, Math.min(count, MAX_16)],
    [2, Math.min(count, MAX_16)],
    [4, Math.min(size, MAX_32)],
    [4, Math.min(offset, MAX_32)],
    [2, 0],
  );
  if (count < MAX_16 && size < MAX_32 && offset < MAX_32) return end;
  const versions: Field[] = [
    [2, MADE_BY_UNIX | VERSION_ZIP64],
    [2, VERSION_ZIP64],
  ];
  const numbers: Field[] = [count, count, size, offset].map((value) => [8, value]);
  const wide = record([4, 0x06064b50], [8, 44], ...versions, ...fill(4, 2), ...numbers);
  return joined([wide, record([4, 0x07064b50], [4, 0], [8, offset + size], [4, 1]), end]);
}

/** MS-DOS date and time (4.4.6): two seconds fine, 1980 to 2107. UTC, for a time zone would make two archives of one file. */
function dosTime(modified: Date): { date: number; time: number } {
  const [from, to] = [Date.UTC(1980, 0, 1), Date.UTC(2107, 11, 31, 23, 59, 58)];
  const at = new Date(Math.min(Math.max(modified.getTime(), from), to));
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}

/** A number and how many bytes it takes. */
type Field = readonly [width: 2 | 4 | 8, value: number];

const fill = (width: 2 | 4, count: number): Field[] => Array.from({ length: count }, () => [width, 0]);

/** Numbers one after another, little-endian. */
function record(...fields: Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
