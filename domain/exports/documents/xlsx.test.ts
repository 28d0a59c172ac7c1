import { read, type WorkBook } from '@e965/xlsx';
import fc from 'fast-check';
import { strFromU8, unzipSync } from 'fflate';
import { readXlsx } from 'hucre/xlsx';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Cell, type DocumentColumn, type DocumentInput, RowCountMismatch } from './document.ts';
import { writeXlsx } from './xlsx.ts';
import { CellTooLong } from './xlsx-cell.ts';

const SEED = 20_261_122;
const TEXT: DocumentColumn[] = [{ name: 'value', kind: 'text' }];

const HOSTILE = [
  '=1+1',
  '+1',
  '-1+cmd|calc',
  '@SUM(A1)',
  '\u0000',
  'a\u0000b\u0001\u001f\u007f\u0085',
  '"quoted", and \'single\'',
  'line\nline\r\nline\rend',
  ' leading and trailing ',
  '\ttab\t',
  '  two  inner  ',
  '＝１＋１',
  '👩‍👩‍👧‍👦 🇩🇪 👍🏽',
  'مرحبا بالعالم \u202e reversed',
  'Tiếng Việt · Ελληνικά · Русский · 简体 · 繁體 · かな · 한국어',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1000',
  '1e5',
  'TRUE',
  '2026-11-22',
  '<a href="x">&amp;</a>',
  ']]>',
  '_x0041_',
  '_x005F_x0041_',
  '_x0000\u0000',
  '__x000D_',
  '_X0041_',
  '\ud800',
  'x\udc00y',
  '\ufffe\uffff',
  '\u2028\u2029',
  "'=1",
  '',
];

async function* batches(rows: Cell[][], size: number): AsyncGenerator<Cell[][]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

function input(rows: Cell[][], { columns = TEXT, size = 3, ...rest }: Partial<DocumentInput> & { size?: number } = {}) {
  return {
    title: 'Audit logs',
    requestedBy: 'ada@example.com',
    filter: [['resource', '=2+2']],
    cutoff: '2026-11-22T10:11:12.345Z',
    rows: rows.length,
    columns,
    cells: batches(rows, size),
    ...rest,
  } satisfies DocumentInput;
}

const cellsOf = (book: WorkBook, sheet = 'Audit logs') => book.Sheets[sheet] ?? {};
const open = (bytes: Uint8Array) => read(bytes, { type: 'array', cellFormula: true, cellStyles: true });
/** SheetJS reads an escaped carriage return before a line feed as part of the line's end. */
const asSheetJsReads = (text: string) => text.replaceAll('\r\n', '\n');
/** The first column below the header, by the other reader. */
const firstColumn = async (bytes: Uint8Array) =>
  (await readXlsx(bytes)).sheets[0]?.rows.slice(1).map(([value]) => value ?? '');
const partsOf = (bytes: Uint8Array) =>
  Object.fromEntries(Object.entries(unzipSync(bytes)).map(([path, part]) => [path, strFromU8(part)]));

afterEach(() => void vi.useRealTimers());

describe('XLSX', () => {
  it('gives every hostile text back as text', async () => {
    const bytes = await writeXlsx(input(HOSTILE.map((text) => [text])));
    const sheet = cellsOf(open(bytes));
    const wrong = HOSTILE.filter((text, index) => {
      const cell = sheet[`A${index + 2}`];
      return cell?.t !== 's' || cell.v !== asSheetJsReads(text) || cell.f !== undefined;
    });
    console.log(`xlsx, hostile texts: tried ${HOSTILE.length}, failed ${wrong.length}`);
    expect(wrong).toEqual([]);
    expect(await firstColumn(bytes)).toEqual(HOSTILE);
  });

  it('gives any text back', async () => {
    const unit = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('_', 'x', 'X', '0', '0', '4', '1', 'F', 'd', '&', ';', '\r', '\n', ' ') },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
    );
    const text = fc.string({ unit, maxLength: 40 });
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 60 }), async (texts) => {
        tried += texts.length;
        const bytes = await writeXlsx(input(texts.map((value) => [value])));
        const sheet = cellsOf(open(bytes));
        expect(texts.map((_, index) => sheet[`A${index + 2}`]?.v)).toEqual(texts.map(asSheetJsReads));
        expect(await firstColumn(bytes)).toEqual(texts);
      }),
      { seed: SEED, numRuns: 60 },
    );
    console.log(`xlsx, any text: tried ${tried}, failed 0`);
  });

  it('writes numbers only where Excel keeps every digit', async () => {
    const columns: DocumentColumn[] = [
      { name: 'n', kind: 'integer' },
      { name: 'word', kind: 'word' },
      { name: 'flag', kind: 'boolean' },
    ];
    const rows: Cell[][] = [
      [0, '0', true],
      ['42', '42', false],
      [-999_999_999_999_999, null, null],
      ['1000000000000000', '007', 'true'],
      ['18446744073709551615', '1.50', true],
      ['007', '', true],
      ['-0', null, true],
      [1.5, null, true],
    ];
    const sheet = cellsOf(open(await writeXlsx(input(rows, { columns }))));
    const seen = rows.map((_, index) =>
      ['A', 'B', 'C'].map((letter) => {
        const cell = sheet[`${letter}${index + 2}`];
        return cell && [cell.t, cell.v];
      }),
    );
    expect(seen).toEqual([
      [
        ['n', 0],
        ['s', '0'],
        ['b', true],
      ],
      [
        ['n', 42],
        ['s', '42'],
        ['b', false],
      ],
      [['n', -999_999_999_999_999], undefined, undefined],
      [
        ['s', '1000000000000000'],
        ['s', '007'],
        ['s', 'true'],
      ],
      [
        ['s', '18446744073709551615'],
        ['s', '1.50'],
        ['b', true],
      ],
      [
        ['s', '007'],
        ['s', ''],
        ['b', true],
      ],
      [['s', '-0'], undefined, ['b', true]],
      [['n', 1.5], undefined, ['b', true]],
    ]);
  });

  it('says what it is: header, filter, second sheet, and no time but the cutoff', async () => {
    const columns: DocumentColumn[] = Array.from({ length: 28 }, (_, i) => ({ name: `column_${i}`, kind: 'word' }));
    const rows = [columns.map((_, i) => `v${i}`), columns.map(() => null)];
    const bytes = await writeXlsx(input(rows, { columns }));
    const book = open(bytes);
    expect(book.SheetNames).toEqual(['Audit logs', 'About']);
    const sheet = cellsOf(book);
    expect(sheet['!autofilter']).toEqual({ ref: 'A1:AB3' });
    expect(sheet['!ref']).toBe('A1:AB3');
    expect([sheet.A1?.v, sheet.AB1?.v, sheet.AB2?.v]).toEqual(['column_0', 'column_27', 'v27']);
    const about = cellsOf(book, 'About');
    const shown = Array.from({ length: 5 }, (_, i) => [about[`A${i + 1}`]?.v, about[`B${i + 1}`]?.v]);
    expect(shown).toEqual([
      ['Export', 'Audit logs'],
      ['Requested by', 'ada@example.com'],
      ['Accepted up to', '2026-11-22T10:11:12.345Z'],
      ['Rows', '2'],
      ['Filter: resource', '=2+2'],
    ]);
    const parts = partsOf(bytes);
    const data = parts['xl/worksheets/sheet1.xml'] ?? '';
    expect(data).toContain('state="frozen"');
    const bold = /<c r="A1" s="(\d+)"/.exec(data)?.[1];
    const formats = /<cellXfs[^>]*>(.*)<\/cellXfs>/.exec(parts['xl/styles.xml'] ?? '')?.[1]?.match(/<xf [^>]*>/g) ?? [];
    expect(formats[Number(bold)]).toContain('applyFont="true"');
    expect(Object.values(parts).join('\n')).not.toMatch(/<f[ >]/);
    const times = new Set(
      Object.values(parts)
        .join('\n')
        .match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g),
    );
    expect([...times].sort()).toEqual(['2026-11-22T10:11:12.345Z', '2026-11-22T10:11:12Z']);
  });

  it('is the same file whenever it is written and however the rows are cut into batches', async () => {
    const rows = Array.from({ length: 2_000 }, (_, i): Cell[] => [`row ${i} ${'x'.repeat((i * 37) % 200)} é漢`]);
    const files: Uint8Array[] = [];
    for (const size of [1, 7, 2_000]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2030, 0, size) });
      files.push(await writeXlsx(input(rows, { size })));
    }
    for (const file of files) expect(file).toEqual(files[0]);
    const empty = await writeXlsx(input([]));
    expect(open(empty).SheetNames).toEqual(['Audit logs', 'About']);
  });

  it('refuses what it cannot hold whole', async () => {
    const longest = 'é'.repeat(32_767);
    const rows: Cell[][] = [[longest], ['short'], [`${longest}x`]];
    const error = await writeXlsx(input(rows)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CellTooLong);
    expect(error).toMatchObject({ row: 3, column: 'value', message: expect.stringContaining('32768') });
    expect(cellsOf(open(await writeXlsx(input(rows.slice(0, 2))))).A2?.v).toBe(longest);
    for (const wrong of [1, 3]) {
      await expect(writeXlsx(input([['a'], ['b']], { rows: wrong }))).rejects.toBeInstanceOf(RowCountMismatch);
    }
  });
});
