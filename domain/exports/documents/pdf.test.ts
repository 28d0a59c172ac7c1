import plain from '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf?inline';
import bold from '@expo-google-fonts/noto-sans/600SemiBold/NotoSans_600SemiBold.ttf?inline';
import korean from '@expo-google-fonts/noto-sans-kr/400Regular/NotoSansKR_400Regular.ttf?inline';
import chinese from '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf?inline';
import fc from 'fast-check';
import { getDocumentProxy } from 'unpdf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Cell, type DocumentColumn, type DocumentInput, RowCountMismatch } from './document.ts';
import { FONT_FILES, type FontSource } from './fonts.ts';
import { writePdf } from './pdf.ts';

const SEED = 20_261_122;
const CUTOFF = '2026-11-22T10:11:12.345Z';
const ONE: DocumentColumn[] = [{ name: 'value', kind: 'text' }];
const AUDIT = Object.entries({
  id: 'uuid',
  timestamp: 'time',
  actor_id: 'uuid',
  actor_email: 'text',
  actor_role: 'word',
  action: 'word',
  resource: 'word',
  resource_id: 'text',
  service_id: 'uuid',
  outcome: 'word',
  before_state: 'json',
  after_state: 'json',
  reason: 'text',
  ip_address: 'address',
  request_id: 'text',
  trace_id: 'text',
  rows: 'integer',
}).map(([name, kind]) => ({ name, kind }) as DocumentColumn);

const dataOf = (url: string) => Uint8Array.fromBase64(url.slice(url.indexOf(',') + 1)).buffer as ArrayBuffer;
const FILES = new Map([
  [FONT_FILES.plain, dataOf(plain)],
  [FONT_FILES.bold, dataOf(bold)],
  [FONT_FILES.chinese, dataOf(chinese)],
  [FONT_FILES.korean, dataOf(korean)],
]);

function fontSource(): FontSource & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async read(path) {
      asked.push(path);
      const file = FILES.get(path);
      if (!file) throw new Error(`no ${path}`);
      return file;
    },
  };
}

async function* batches(rows: Cell[][], size: number): AsyncGenerator<Cell[][]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

function input(rows: Cell[][], { size = 3, ...rest }: Partial<DocumentInput> & { size?: number } = {}): DocumentInput {
  return {
    title: 'Audit logs',
    requestedBy: 'ada@example.com',
    filter: [['resource', 'service_config']],
    cutoff: CUTOFF,
    rows: rows.length,
    columns: ONE,
    cells: batches(rows, size),
    ...rest,
  };
}

interface Piece {
  text: string;
  x: number;
  right: number;
  y: number;
}

/** The text of each page as PDF.js finds it, in the order it was drawn. */
async function pagesOf(bytes: Uint8Array): Promise<Piece[][]> {
  const document = await getDocumentProxy(bytes.slice());
  return Promise.all(
    Array.from({ length: document.numPages }, async (_, index) => {
      const { items } = await (await document.getPage(index + 1)).getTextContent();
      return items.flatMap((item) => {
        if (!('str' in item)) return [];
        const [x = 0, y = 0] = item.transform.slice(4);
        return [{ text: item.str, x, right: x + item.width, y }];
      });
    }),
  );
}

const squeezed = (text: string) => text.replaceAll(/\s/gu, '');
const textOf = (page: Piece[]) => page.map(({ text }) => text).join(' ');

/** What stands between the header of the columns and the foot of the page, without white space. */
function bodyOf(pages: Piece[][], header: string): string {
  return pages
    .map((page) => squeezed(textOf(page)).split(header).slice(1).join(header).split('Auditlogs,accepted')[0])
    .join('');
}

const auditRow = (i: number): Cell[] =>
  AUDIT.map(({ name, kind }) => {
    if (kind === 'uuid') return `0190${String(i).padStart(4, '0')}-0000-7000-8000-${name.padEnd(12, '0').slice(0, 12)}`;
    if (kind === 'json')
      return `{"name": "${name} ${i}", "list": [1, 2, 3], "text": "${'words and more '.repeat(i % 9)}"}`;
    if (kind === 'time') return CUTOFF;
    return kind === 'integer' ? i : `${name} ${i}`;
  });

afterEach(() => void vi.useRealTimers());

describe('PDF', () => {
  it('says on page 1 what it is, and on every page which columns and which page', async () => {
    const rows = Array.from({ length: 90 }, (_, i) => auditRow(i));
    const pages = await pagesOf(await writePdf(input(rows, { columns: AUDIT }), fontSource()));
    expect(pages.length).toBeGreaterThan(8);
    const first = textOf(pages[0] ?? []);
    for (const line of ['Audit logs', 'Requested by: ada@example.com', `Accepted up to: ${CUTOFF}`, 'Rows: 90']) {
      expect(first.replaceAll(/ +/g, ' ')).toContain(line);
    }
    expect(first.replaceAll(/ +/g, ' ')).toContain('Filter: resource: service_config');
    const wrong = pages.filter((page, index) => {
      const text = squeezed(textOf(page));
      const names = AUDIT.filter(({ kind }) => kind !== 'json').map(({ name }) => name);
      const header = `${names.join('')}beloweachrow:before_state,after_state`;
      return !text.includes(header) || !text.endsWith(`Page${index + 1}of${pages.length}`);
    });
    console.log(`pdf pages: tried ${pages.length}, failed ${wrong.length}`);
    expect(wrong).toEqual([]);
    const whole = pages.map(textOf).map(squeezed).join('');
    for (const row of rows) expect(whole).toContain(squeezed(`before_state:${row[10]}after_state:${row[11]}`));
  });

  it('shows every character, or its number', async () => {
    const shown: [text: string, found: string][] = [
      ['=1+1', '=1+1'],
      ['a\u0000b\u0007c\td', 'a[U+0000]b[U+0007]c[U+0009]d'],
      ['line\nline\r\nline\rend', 'line line line end'],
      ['＝１＋１', '＝１＋１'],
      ['👩‍👧 👍🏽', '[U+1F469 U+200D U+1F467] [U+1F44D U+1F3FD]'],
      ['مرحبا', '[U+0645 U+0631 U+062D U+0628 U+0627]'],
      ['שלום', '[U+05E9 U+05DC U+05D5 U+05DD]'],
      ['हि', '[U+0939 U+093F]'],
      ['user\u202egpj.exe', 'user[U+202E]gpj.exe'],
      ['lone \ud800 half', 'lone [U+D800] half'],
      ['Nguyễn Thị Ánh, Đặng Hữu Phước', 'Nguyễn Thị Ánh, Đặng Hữu Phước'],
      ['decomposed Vie\u0323\u0302t', 'decomposed Việt'],
      ['Ελληνικά ἀρχή', 'Ελληνικά ἀρχή'],
      ['Русский Ўзбек Ѣ', 'Русский Ўзбек Ѣ'],
      ['简体中文：汉字', '简体中文：汉字'],
      ['繁體中文：漢字龜鱉', '繁體中文：漢字龜鱉'],
      ['日本語：かなカナ々〆', '日本語：かなカナ々〆'],
      ['한국어: 안녕하세요', '한국어: 안녕하세요'],
      ['\u1112\u1161\u11ab', '한'],
      ['→ ① ✓ € № “q” – …', '→ ① ✓ € № “q” – …'],
      ['9007199254740993 and 0.1000', '9007199254740993 and 0.1000'],
      ['no\u00a0break', 'no break'],
      ['zero\u200bwidth \ufeff', 'zero[U+200B]width [U+FEFF]'],
      ['𠀀', '[U+20000]'],
    ];
    const pages = await pagesOf(await writePdf(input(shown.map(([text]) => [text])), fontSource()));
    const body = bodyOf(pages, 'value');
    expect(body).toBe(squeezed(shown.map(([, found]) => found).join('')));
    console.log(`pdf, characters: tried ${shown.length}, failed 0`);
  });

  it('cuts nothing off: any text, in columns that it must be wrapped for', async () => {
    const kinds: DocumentColumn['kind'][] = [
      'uuid',
      'time',
      'text',
      'word',
      'integer',
      'boolean',
      'address',
      'text',
      'word',
    ];
    const columns = kinds.map((kind, index): DocumentColumn => ({ name: `c${index}`, kind }));
    const unit = fc.constantFrom(...'abcWMil01-_/., 字漢かハ가힣жЩΩάộỹ');
    const cell = fc.string({ unit, maxLength: 100 });
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 6 }),
        async (rows) => {
          tried += rows.length * columns.length;
          const pages = await pagesOf(await writePdf(input(rows, { columns }), fontSource()));
          const found = pages.map((page) => columnsOf(page, columns));
          columns.forEach((_, index) => {
            const all = found.map((texts) => texts[index]).join('');
            expect(all).toBe(rows.map((row) => squeezed(String(row[index]).normalize('NFC'))).join(''));
          });
        },
      ),
      { seed: SEED, numRuns: 25 },
    );
    console.log(`pdf, wrapped cells: tried ${tried}, failed 0`);
  });

  it('goes on on the next page with a row that is taller than one, and says so', async () => {
    const long = Array.from({ length: 30_000 }, (_, i) => `word${i}`).join(' ');
    const columns: DocumentColumn[] = [...ONE, { name: 'state', kind: 'json' }];
    const rows: Cell[][] = [
      ['first', null],
      [long, long],
      ['last', '{}'],
    ];
    const pages = await pagesOf(await writePdf(input(rows, { columns }), fontSource()));
    const body = bodyOf(pages, 'beloweachrow:state').replaceAll('row2,continued', '');
    expect(body).toBe(`first(below)value:${squeezed(long)}state:${squeezed(long)}laststate:{}`);
    expect(pages.filter((page) => textOf(page).includes('row 2, continued')).length).toBe(pages.length - 1);
  });

  it('is the same file whenever it is written and however the rows are cut into batches, and reads only the fonts it needs', async () => {
    const rows = Array.from({ length: 400 }, (_, i): Cell[] => [`row ${i} é ${'x'.repeat((i * 37) % 200)}`]);
    const write = async (size: number, extra: Cell[][] = []) => {
      const fonts = fontSource();
      vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2030, 0, size) });
      return { bytes: await writePdf(input([...rows, ...extra], { size }), fonts), asked: fonts.asked };
    };
    const one = await write(1);
    const seven = await write(7);
    const all = await write(400);
    expect(seven.bytes).toEqual(one.bytes);
    expect(all.bytes).toEqual(one.bytes);
    expect(one.asked).toEqual([FONT_FILES.plain, FONT_FILES.bold]);
    expect((await write(7, [['👍']])).asked).toEqual([FONT_FILES.plain, FONT_FILES.bold]);
    expect((await write(7, [['王']])).asked).toEqual([FONT_FILES.plain, FONT_FILES.bold, FONT_FILES.chinese]);
    expect((await write(7, [['김']])).asked).toEqual([FONT_FILES.plain, FONT_FILES.bold, FONT_FILES.korean]);
    expect(textOf((await pagesOf((await write(1, [])).bytes))[0] ?? [])).toContain('row 0 é');
  });

  it('fails with a wrong count, and without its fonts', async () => {
    for (const rows of [1, 3]) {
      await expect(writePdf(input([['a'], ['b']], { rows }), fontSource())).rejects.toBeInstanceOf(RowCountMismatch);
    }
    const none: FontSource = { read: () => Promise.reject(new Error('no fonts')) };
    await expect(writePdf(input([]), none)).rejects.toThrow('no fonts');
    expect(textOf((await pagesOf(await writePdf(input([]), fontSource())))[0] ?? [])).toContain('Page 1 of 1');
  });
});

/** The pieces of a page's body by the column they begin in, where the header's names say it is; fails when one reaches into the next. */
function columnsOf(page: Piece[], columns: DocumentColumn[]): string[] {
  const at = page.findIndex(({ text }) => text.trim() === 'c0');
  const starts = columns.map(({ name }) => page.slice(at).find(({ text }) => text.trim() === name)?.x ?? Number.NaN);
  const top = page[at]?.y ?? 0;
  const texts = columns.map(() => '');
  for (const { text, x, right, y } of page) {
    // The foot of the page is at 21 points from its lower edge.
    if (y >= top || y < 25 || !text.trim()) continue;
    const index = starts.findLastIndex((start) => start <= x + 0.1);
    texts[index] += squeezed(text);
    const trailing = text.length - text.trimEnd().length;
    expect(right - trailing * 2).toBeLessThanOrEqual((starts[index + 1] ?? 815) + 0.1);
  }
  return texts;
}
