/**
 * Output formats, by whether the blocks of a streamed result can be put one after the other.
 * chdb formats every block on its own: prefix, suffix and header come once per block.
 */

type Stream = 'plain' | 'header';

const PLAIN = [
  'CSV',
  'TSV',
  'TabSeparated',
  'TSVRaw',
  'TabSeparatedRaw',
  'TSKV',
  'RowBinary',
  'LineAsString',
  'RawBLOB',
  'JSONEachRow',
  'JSONLines',
  'NDJSON',
  'JSONCompactEachRow',
  'JSONStringsEachRow',
  'JSONCompactStringsEachRow',
];
const HEADED = [
  'CSV',
  'TSV',
  'TabSeparated',
  'TSVRaw',
  'TabSeparatedRaw',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
].flatMap((format) => [`${format}WithNames`, `${format}WithNamesAndTypes`]);

const STREAMS = new Map<string, Stream>([
  ...PLAIN.map((format) => [format.toLowerCase(), 'plain'] as const),
  ...HEADED.map((format) => [format.toLowerCase(), 'header'] as const),
]);

// With these a block has an end of its own, or the result has rows after the last one.
const WHOLE_SETTINGS = ['output_format_json_array_of_rows', 'extremes', 'framing'];
const WHOLE_WORDS = new Set(['TOTALS', ...WHOLE_SETTINGS.map((name) => name.toUpperCase())]);

/** How to stream a format, or undefined when the whole result must be formatted in one go. */
export function streaming(format: string, words: Iterable<string>, settings: Iterable<string>): Stream | undefined {
  for (const word of words) if (WHOLE_WORDS.has(word)) return undefined;
  for (const name of settings) if (WHOLE_SETTINGS.includes(name)) return undefined;
  return STREAMS.get(format.toLowerCase());
}

/** Takes the header off every block but the first. */
export function headerFilter(format: string): (block: Buffer) => Buffer {
  const lines = /types$/i.test(format) ? 2 : 1;
  const quoted = /^csv/i.test(format);
  let header: Buffer | undefined;
  return (block) => {
    if (header === undefined) {
      header = block.subarray(0, headerLength(block, lines, quoted));
      return block;
    }
    const repeated = block.subarray(0, header.length).equals(header);
    return repeated ? block.subarray(header.length) : block;
  };
}

/** CSV may hold a line break inside quotes; the other formats escape it. */
function headerLength(block: Buffer, lines: number, quoted: boolean): number {
  let left = lines;
  let inside = false;
  for (let i = 0; i < block.length; i += 1) {
    const byte = block[i];
    if (quoted && byte === 0x22) inside = !inside;
    if (byte === 0x0a && !inside) left -= 1;
    if (left === 0) return i + 1;
  }
  return block.length;
}

const TYPES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^csvwithnames/i, 'text/csv; charset=UTF-8; header=present'],
  [/^csv/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^(?:tsv|tabseparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^(?:json\w*eachrow|jsonlines|ndjson)/i, 'application/x-ndjson; charset=UTF-8'],
  [/^json/i, 'application/json; charset=UTF-8'],
  [/^xml$/i, 'application/xml; charset=UTF-8'],
  [/^(?:parquet|orc|avro|arrow|native|rowbinary|msgpack|npy|bson)/i, 'application/octet-stream'],
];

export function contentType(format: string): string {
  return TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8';
}
