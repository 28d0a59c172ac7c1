import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExportFacts, manifestOf, manifestText, sumsText } from './manifest.ts';
import { verifyText } from './verify-text.ts';

const hash = (n: number) => n.toString(16).padStart(64, '0');

const FACTS: ExportFacts = {
  generator: { name: 'steward', version: '0.1.0' },
  exportId: '01938f2e-7c1a-7000-8000-000000000001',
  exportType: 'audit_logs',
  title: 'Audit log',
  requestedBy: '01938f2e-7c1a-7000-8000-00000000000a',
  requestedAt: '2026-11-21T09:00:00.000Z',
  cutoff: '2026-11-21T09:00:00.123456Z',
  filter: { action: 'service.config.update' },
  scope: null,
  order: 'day, resource, id',
  schema: [{ name: 'id', kind: 'uuid', description: 'The record.' }],
  file: { name: 'audit_logs-1.csv', format: 'csv', compression: 'none', rows: 5, bytes: 30, sha256: hash(255) },
  chunks: [
    { seq: 0, bytes: 10, rows: 2, sha256: hash(1) },
    { seq: 1, bytes: 20, rows: 3, sha256: hash(2) },
  ],
};

const chunkLists = fc.array(fc.record({ bytes: fc.nat(2 ** 40), rows: fc.nat(10 ** 6) }), { maxLength: 20 });

describe('manifest', () => {
  it('says where each chunk lies, and is JSON with one chunk a line', () => {
    let tried = 0;
    fc.assert(
      fc.property(chunkLists, fc.dictionary(fc.string(), fc.jsonValue()), (sizes, filter) => {
        const sum = (of: 'bytes' | 'rows') => sizes.reduce((total, size) => total + size[of], 0);
        const chunks = sizes.map((size, seq) => ({ seq, ...size, sha256: hash(seq) }));
        const file = { ...FACTS.file, rows: sum('rows'), bytes: sum('bytes') };
        const manifest = manifestOf({ ...FACTS, filter, file, chunks });
        const text = manifestText(manifest);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(manifest)));
        const found = [...text.matchAll(/^ {4}\{"seq":(\d+),"offset":(\d+),"bytes":(\d+),.*\},?$/gm)].map((line) =>
          line.slice(1).map(Number),
        );
        let offset = 0;
        expect(found).toEqual(
          chunks.map(({ seq, bytes }) => {
            offset += bytes;
            return [seq, offset - bytes, bytes];
          }),
        );
        tried++;
      }),
      { numRuns: 300, seed: 61 },
    );
    console.log(`manifests: tried ${tried}, failed 0`);
  });

  it('holds what it is meant to hold and nothing that came along', () => {
    const more = { ...FACTS, secret: 'x', file: { ...FACTS.file, key: 'exports/1' } };
    const manifest = JSON.parse(manifestText(manifestOf(more)));
    expect(manifest).toEqual({
      ...FACTS,
      formatVersion: 1,
      chunks: [
        { seq: 0, offset: 0, bytes: 10, rows: 2, sha256: hash(1) },
        { seq: 1, offset: 10, bytes: 20, rows: 3, sha256: hash(2) },
      ],
    });
  });

  it.each([
    ['one row more', { file: { ...FACTS.file, rows: 6 } }],
    ['one byte less', { file: { ...FACTS.file, bytes: 29 } }],
    ['a chunk missing', { chunks: FACTS.chunks.slice(1) }],
    ['a cutoff in milliseconds', { cutoff: '2026-11-21T09:00:00.123Z' }],
    ['a cutoff as ClickHouse writes it', { cutoff: '2026-11-21 09:00:00.123456' }],
    ['no hash', { file: { ...FACTS.file, sha256: '' } }],
    ['a hash in capitals', { file: { ...FACTS.file, sha256: hash(255).toUpperCase() } }],
    ['a file name that is a command', { file: { ...FACTS.file, name: '$(id).csv' } }],
    ['a file name that is an option', { file: { ...FACTS.file, name: '-rf' } }],
    ['a file name of two lines', { file: { ...FACTS.file, name: 'a\nb' } }],
  ])('is not made with %s', (_, change) => {
    expect(() => manifestOf({ ...FACTS, ...change })).toThrow();
  });

  it('lists sums as sha256sum reads them', () => {
    const files = [
      { name: 'a.csv', sha256: hash(1) },
      { name: 'manifest.json', sha256: hash(2) },
    ];
    expect(sumsText(files)).toBe(`${hash(1)}  a.csv\n${hash(2)}  manifest.json\n`);
    expect(() => sumsText([{ name: 'a b', sha256: hash(1) }])).toThrow();
  });
});

describe('VERIFY.txt', () => {
  it('states what the manifest states', () => {
    const text = verifyText(manifestOf({ ...FACTS, scope: ['s-1', 's-2'] }));
    for (const part of [FACTS.exportId, FACTS.cutoff, FACTS.file.sha256, 'There must be 5 rows', 's-1, s-2', 'uuid'])
      expect(text).toContain(part);
    expect(text).toContain('tail -c +11 audit_logs-1.csv | head -c 20 | sha256sum');
    expect(text).toContain('sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=:');
  });

  it('lets nothing that people wrote begin a line or turn the text', () => {
    let tried = 0;
    const nasty = fc.string({
      unit: fc.constantFrom('\n', '\r', '\x1b', '\u2028', '\u202e', '\ufeff', '\ud800', 'a', '"', 'é'),
    });
    const plain = verifyText(manifestOf({ ...FACTS, filter: { words: 'a' } })).split('\n').length;
    fc.assert(
      fc.property(nasty, nasty, nasty, (words, requestedBy, title) => {
        const text = verifyText(manifestOf({ ...FACTS, filter: { words }, requestedBy, title }));
        expect(text.split('\n').length).toBe(plain);
        expect(text).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(text.isWellFormed()).toBe(true);
        tried++;
      }),
      { numRuns: 500, seed: 62 },
    );
    console.log(`nasty words in VERIFY.txt: tried ${tried}, failed 0`);
  });

  it('is written for every format, and for a file without chunks', () => {
    for (const format of ['csv', 'json', 'ndjson', 'xlsx', 'pdf'] as const)
      for (const compression of ['none', 'gzip'] as const)
        expect(verifyText(manifestOf({ ...FACTS, file: { ...FACTS.file, format, compression } }))).not.toContain(
          'undefined',
        );
    const empty = { ...FACTS, chunks: [], file: { ...FACTS.file, rows: 0, bytes: 0 } };
    expect(verifyText(manifestOf(empty))).toContain('The data file is empty');
  });
});
