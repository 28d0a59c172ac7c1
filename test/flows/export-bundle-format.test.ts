import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestOf, manifestText, sumsText } from '../../domain/exports/manifest.ts';
import { verifyText } from '../../domain/exports/verify-text.ts';
import { volume } from '../faults/campaign.ts';
import { random } from '../random.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-bundle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Runs a command as a stranger would, in the folder with the unpacked files. */
const shell = (command: string) =>
  new Promise<{ code: number; out: string }>((resolve) => {
    execFile('sh', ['-c', command], { cwd: folder }, (error, out) =>
      resolve({ code: error ? Number(error.code) : 0, out }),
    );
  });

/** The indented lines that follow `words` in VERIFY.txt. */
function commandAfter(text: string, words: string): string {
  const lines = text.slice(text.indexOf(words)).split('\n');
  const start = lines.findIndex((line) => line.startsWith('  '));
  const rest = lines.slice(start);
  const length = rest.findIndex((line) => !line.startsWith('  '));
  return rest.slice(0, length).join('\n');
}

/** Cells that make counting lines wrong. */
const CELLS = ['plain', 'two\nlines', 'a "quote"', '"\n"', '', ',\r\n,', 'ä\u0000文', '\n\n\n'];
const cell = () => CELLS[Math.floor(random() * CELLS.length)] ?? '';
const csvRow = (n: number) => `"${n}","${cell().replaceAll('"', '""')}"\n`;
const ndjsonRow = (n: number) => `${JSON.stringify({ n, text: cell() })}\n`;

/** Writes a bundle's files as they lie there after unpacking, the data in chunks of some rows. */
async function unpacked(format: 'csv' | 'ndjson', compression: 'none' | 'gzip', rows: number) {
  const name = `export.${format}${compression === 'gzip' ? '.gz' : ''}`;
  const chunks: { seq: number; rows: number; bytes: number; sha256: string }[] = [];
  const bodies: Buffer[] = [];
  for (let at = 0, seq = 0; at < rows || seq === 0; seq++) {
    const count = Math.min(rows - at, 1 + Math.floor(random() * 40));
    const lines = Array.from({ length: count }, (_, i) => (format === 'csv' ? csvRow(at + i) : ndjsonRow(at + i)));
    const plain = Buffer.from((seq === 0 && format === 'csv' ? '"n","text"\n' : '') + lines.join(''));
    const body = compression === 'gzip' ? gzipSync(plain) : plain;
    bodies.push(body);
    chunks.push({ seq, rows: count, bytes: body.length, sha256: sha256(body) });
    at += count;
  }
  const data = Buffer.concat(bodies);
  const manifest = manifestOf({
    generator: { name: 'steward', version: '0.1.0' },
    exportId: '01938f2e-7c1a-7000-8000-000000000001',
    exportType: 'audit_logs',
    title: 'Audit log',
    requestedBy: '01938f2e-7c1a-7000-8000-00000000000a',
    requestedAt: '2026-11-21T09:00:00.000Z',
    cutoff: '2026-11-21T09:00:00.123456Z',
    // What a line tool could take for a chunk.
    filter: { words: '\n    {"seq":0,"offset":0,"bytes":1,"rows":1,"sha256":"00"}' },
    scope: null,
    order: 'n',
    schema: [{ name: 'n', kind: 'integer', description: 'Its number.' }],
    file: { name, format, compression, rows, bytes: data.length, sha256: sha256(data) },
    chunks,
  });
  const verify = verifyText(manifest);
  const files = {
    [name]: data,
    'manifest.json': Buffer.from(manifestText(manifest)),
    'VERIFY.txt': Buffer.from(verify),
  };
  const sums = sumsText(Object.entries(files).map(([file, content]) => ({ name: file, sha256: sha256(content) })));
  for (const [file, content] of Object.entries({ ...files, SHA256SUMS: Buffer.from(sums) }))
    await writeFile(join(folder, file), content);
  return { name, data, chunks, verify };
}

describe('export-bundle-format.verify', () => {
  it.each([
    ['csv', 'none', 0],
    ['csv', 'none', 1],
    ['csv', 'none', 700],
    ['csv', 'gzip', 700],
    ['ndjson', 'none', 700],
    ['ndjson', 'gzip', 700],
  ] as const)('is true to the letter for a %s file (%s) of %i rows', async (format, compression, rows) => {
    const { chunks, verify } = await unpacked(format, compression, rows);
    const sums = await shell(commandAfter(verify, 'Linux:'));
    expect([sums.code, sums.out.match(/: OK$/gm)?.length, sums.out.includes('FAILED')]).toEqual([0, 3, false]);
    const one = await shell(commandAfter(verify, '3. WHICH PART'));
    expect(one.out.slice(0, 64)).toBe(chunks.at(-1)?.sha256);
    expect(verify).toContain(`must print ${chunks.at(-1)?.sha256}`);
    const all = await shell(commandAfter(verify, 'All of them'));
    expect(all.out).toBe(chunks.map(({ seq }) => `chunk ${seq}: OK\n`).join(''));
    const counted = await shell(commandAfter(verify, '4. ARE ALL ROWS'));
    expect(Number(counted.out)).toBe(rows);
    console.log(`VERIFY.txt followed: ${chunks.length} chunks, ${rows} rows, failed 0`);
  });

  // Each byte is looked for among all chunks: more rows cost by their square.
  it('finds one changed byte, and in which chunk', async () => {
    const { name, data, chunks, verify } = await unpacked('csv', 'none', 100 * Math.min(volume, 3));
    let [tried, offset] = [0, 0];
    for (const { seq, bytes } of chunks) {
      for (const at of [offset, offset + bytes - 1]) {
        const changed = Buffer.from(data);
        changed[at] = (changed[at] ?? 0) ^ 1;
        await writeFile(join(folder, name), changed);
        const sums = await shell(commandAfter(verify, 'Linux:'));
        expect([sums.code, sums.out.match(/^.*FAILED$/gm)]).toEqual([1, [`${name}: FAILED`]]);
        const all = await shell(commandAfter(verify, 'All of them'));
        expect(all.out.match(/^.*FAILED$/gm)).toEqual([`chunk ${seq}: FAILED`]);
        tried++;
      }
      offset += bytes;
    }
    console.log(`changed bytes: tried ${tried}, not found 0`);
  });
});
