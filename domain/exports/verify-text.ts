import { MANIFEST_NAME, type Manifest, SUMS_NAME, VERIFY_NAME } from './manifest.ts';

/** VERIFY.txt: how somebody who knows nothing of us checks a bundle with the tools that come with a system. */
export function verifyText(manifest: Manifest): string {
  return `${[
    'HOW TO CHECK THIS EXPORT',
    contents(manifest),
    whole(manifest),
    origin(manifest),
    chunks(manifest),
    rows(manifest),
    meaning(manifest),
    columns(manifest),
  ].join('\n\n')}\n`;
}

const contents = ({ file }: Manifest) => `This archive holds
  ${file.name}   the data
  ${MANIFEST_NAME}   what the data is, and the SHA-256 of each of its chunks
  ${SUMS_NAME}   the SHA-256 of the other three files
  ${VERIFY_NAME}   this text

Unpack all four into one folder and open a shell there.`;

const whole = ({ file }: Manifest) => `1. ARE THE FILES UNDAMAGED?

Linux:
  sha256sum -c ${SUMS_NAME}
macOS:
  shasum -a 256 -c ${SUMS_NAME}
Windows, PowerShell:
  Get-Content ${SUMS_NAME} | ForEach-Object {
    $sum, $name = $_ -split '  ', 2
    if ((Get-FileHash $name -Algorithm SHA256).Hash -eq $sum) { "$($name): OK" } else { "$($name): FAILED" }
  }
Windows, command prompt (compare what is printed with the file's line in ${SUMS_NAME}):
  certutil -hashfile ${file.name} SHA256

There must be three lines, each ending in OK.`;

const origin = ({ exportId, file }: Manifest) => `2. IS IT WHAT WAS EXPORTED?

Step 1 shows that the files belong together. Whoever replaced all of them would
pass it too. So get the SHA-256 of this export from the system that made it, or
from somebody you trust there, by another way than this archive:

  export   ${exportId}
  SHA-256  ${file.sha256}

A download of the data file alone states the same hash, in base64, in its HTTP
header Repr-Digest:

  sha-256=:${base64(file.sha256)}:`;

function chunks({ chunks, file }: Manifest): string {
  const example = chunks.at(-1);
  const title = '3. WHICH PART IS DAMAGED?';
  if (!example) return `${title}\n\nThe data file is empty.`;
  const { seq, offset, bytes, sha256 } = example;
  return `${title}

Only needed when step 1 fails. The data file was written in ${chunks.length} chunk(s).
${MANIFEST_NAME} lists them: offset is the first byte, counted from 0, bytes the
length. \`tail\` counts from 1, so add 1 to the offset. Chunk ${seq} alone:

  tail -c +${offset + 1} ${file.name} | head -c ${bytes} | sha256sum

must print ${sha256}

All of them (on macOS, write "shasum -a 256" for "sha256sum"):

  sed -n 's/^ *{"seq":\\([0-9]*\\),"offset":\\([0-9]*\\),"bytes":\\([0-9]*\\),.*"sha256":"\\([0-9a-f]*\\)"}.*/\\1 \\2 \\3 \\4/p' ${MANIFEST_NAME} |
  while read -r seq offset bytes sum; do
    found=$(tail -c +$((offset + 1)) ${file.name} | head -c "$bytes" | sha256sum | cut -c 1-64)
    if [ "$found" = "$sum" ]; then echo "chunk $seq: OK"; else echo "chunk $seq: FAILED"; fi
  done`;
}

function rows({ file }: Manifest): string {
  const read = file.compression === 'gzip' ? `gzip -dc ${file.name}` : `cat ${file.name}`;
  const ways: Record<typeof file.format, string> = {
    csv: `A cell may hold line breaks, so lines are not rows. This counts the line breaks
that are not inside quotes, less the header:

  ${read} | LC_ALL=C tr -cd '"\\n' |
  awk '{ quotes += length($0) } quotes % 2 == 0 { lines++ } END { printf "%d\\n", lines - 1 }'`,
    ndjson: `Each line is a row:

  ${read} | wc -l`,
    json: `The file is one JSON array, each element a row. With jq or with Python:

  ${read} | jq length
  ${read} | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'`,
    xlsx: 'The sheet has that many rows below its header.',
    pdf: 'The document states the number, and its table has that many rows.',
  };
  return `4. ARE ALL ROWS THERE?

There must be ${file.rows} rows. ${ways[file.format]}`;
}

const meaning = (manifest: Manifest) => `5. WHAT THE DATA IS

${table([
  ['export', manifest.exportId],
  ['type', `${manifest.exportType} (${oneLine(manifest.title)})`],
  ['requested by', oneLine(manifest.requestedBy)],
  ['requested at', manifest.requestedAt],
  ['cutoff', manifest.cutoff],
  ['filter', Object.keys(manifest.filter).length === 0 ? 'none' : oneLine(JSON.stringify(manifest.filter))],
  ['services', manifest.scope === null ? 'all, and what is about none' : manifest.scope.join(', ') || 'none'],
  ['order', oneLine(manifest.order)],
  ['made by', oneLine(`${manifest.generator.name} ${manifest.generator.version}`)],
])}

The cutoff is an instant (UTC). The file holds each row that the system had
accepted by then and that the filter and the services above allow, once. What
was accepted later is not in it. A row that may change stands as it was when
the file was written.`;

const columns = ({ schema }: Manifest) => `6. THE COLUMNS

${table(schema.map(({ name, kind, description }) => [name, kind, oneLine(description)]))}`;

/** What came from people must not look like a line of ours, nor turn the text around it. */
const oneLine = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);

function table(lines: readonly string[][]): string {
  const width = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  const widths = lines[0]?.map((_, column) => width(column)) ?? [];
  return lines
    .map((line) => `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

const base64 = (hex: string) => btoa(hex.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))));
