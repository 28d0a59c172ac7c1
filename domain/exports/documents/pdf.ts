import PDFDocument from 'pdfkit';
import { type Collector, collectBytes } from './collect-bytes.ts';
import { type Cell, type DocumentInput, forEachRow, particulars } from './document.ts';
import type { FontSource } from './fonts.ts';
import { layTable, type Table } from './pdf-columns.ts';
import { CONTENT, LEFT, openPages, PAGE, type Pages } from './pdf-page.ts';
import { type Glyph, openTypesetter, type Typesetter } from './pdf-typeset.ts';
import { widthOf, wrap } from './pdf-wrap.ts';

const SIZE = 6.5;
const LEADING = 8.2;
const TITLE_SIZE = 15;
const DETAIL_INDENT = 10;
/** A longer value of a column stands below, over the whole width. */
const COLUMN_LENGTH = 120;

/** What is drawn side by side at one height. */
type Line = { glyphs: Glyph[]; x: number }[];

/**
 * A PDF 1.7, A4 landscape: title, filter, who asked, cutoff and count on page 1; on every page the header of the columns and
 * "Page x of y". Values that are too long for a line are wrapped, those of the kinds json and list stand below their row, a row
 * that is too tall goes on on the next page: nothing is cut off. Text can be searched and copied.
 *
 * Drawn are Latin (also Vietnamese), Greek, Cyrillic, Han (simplified; traditional and Japanese characters in the shapes used in
 * the PRC), kana, bopomofo, Hangul and common signs, each character by one glyph, as composed by NFC. Everything else is shown
 * by number, in red, and lost to no one: a face is [U+1F600], neighbours share the brackets. So are emoji; control characters,
 * tabs and characters that change the direction of reading, which could make a page say something else than the data does; and,
 * because they need shaping or run from right to left, Arabic, Hebrew, Devanagari, Thai and all other scripts. Those who need
 * these to read take one of the other formats. Text that is copied out has NFC characters, one kind of line break, and, of
 * characters that a font draws exactly alike, the one that occurred first (a no-break space is a space).
 *
 * Rows are drawn as they come and pages leave as they fill: memory holds the fonts in use and the file itself.
 * @throws RowCountMismatch, and what `fonts` throws
 */
export async function writePdf(input: DocumentInput, fonts: FontSource): Promise<Uint8Array<ArrayBuffer>> {
  const { title, requestedBy, cutoff } = input;
  const doc = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: 0,
    pdfVersion: '1.7',
    autoFirstPage: false,
    font: null,
    displayTitle: true,
    info: { Title: title, Author: requestedBy, Producer: 'PDFKit', Creator: 'Steward', CreationDate: new Date(cutoff) },
  });
  const file = collectBytes();
  const ended = gather(doc, file);
  const typesetter = await openTypesetter(doc, fonts);
  const table = layTable(input.columns, CONTENT, digitWidth(typesetter));
  const heading = particulars(input);
  const names = [input.columns.map(({ name }) => name), ...heading];
  await typesetter.prepare(names);
  const sheet = openSheet(openPages(doc, typesetter, `${title}, accepted up to ${cutoff}`), typesetter, table);
  sheet.heading(title, heading);
  await forEachRow(input, typesetter.prepare, sheet.row);
  sheet.end();
  await ended;
  return file.take();
}

function gather(doc: PDFDocument, file: Collector): Promise<void> {
  return new Promise((done) => {
    doc.on('data', file.add);
    doc.on('end', done);
  });
}

const digitWidth = (typesetter: Typesetter) => widthOf(typesetter.glyphs('0').flat()) * SIZE;

interface Sheet {
  heading(title: string, particulars: [string, string][]): void;
  row(cells: Cell[], number: number): void;
  end(): void;
}

function openSheet(pages: Pages, typesetter: Typesetter, table: Table): Sheet {
  const header = headerLines(typesetter, table);
  let y = 0;

  function line(parts: Line, size = SIZE, leading = LEADING): void {
    y += leading;
    for (const { glyphs, x } of parts) pages.draw(glyphs, x, y, size);
  }

  function beginPage(): void {
    pages.begin();
    y = PAGE.margin;
  }

  function tableHeader(): void {
    for (const parts of header) line(parts);
    y += 3;
    pages.rule(y, 0);
  }

  function heading(title: string, all: [string, string][]): void {
    beginPage();
    for (const glyphs of wrap(typesetter.glyphs(title, 'bold'), CONTENT / TITLE_SIZE)) {
      line([{ glyphs, x: LEFT }], TITLE_SIZE, TITLE_SIZE * 1.3);
    }
    y += 4;
    for (const parts of all.slice(1).flatMap(([name, value]) => labelled(typesetter, name, value, 0))) {
      if (y + LEADING > PAGE.bottom) beginPage();
      line(parts);
    }
    y += 8;
    if (y + (header.length + 3) * LEADING > PAGE.bottom) beginPage();
    tableHeader();
  }

  function row(cells: Cell[], number: number): void {
    const lines = rowLines(typesetter, table, cells);
    const height = lines.length * LEADING + 3;
    const first = PAGE.margin + header.length * LEADING + 3;
    // Torn apart only if it would not fit on a page of its own.
    if (y + height > PAGE.bottom && first + height <= PAGE.bottom) nextPage();
    for (const parts of lines) {
      if (y + LEADING > PAGE.bottom) {
        nextPage();
        line([{ glyphs: typesetter.glyphs(`row ${number}, continued`, 'bold').flat(), x: LEFT }]);
      }
      line(parts);
    }
    y += 3;
    pages.rule(y, 0.8);
  }

  function nextPage(): void {
    beginPage();
    tableHeader();
  }

  return { heading, row, end: pages.end };
}

function headerLines(typesetter: Typesetter, { columns, details }: Table): Line[] {
  const beside = columns.map(({ name, x, width }) => ({
    x: LEFT + x,
    lines: wrap(typesetter.glyphs(name, 'bold'), width / SIZE),
  }));
  const names = details.map(({ name }) => name).join(', ');
  return [...abreast(beside), ...(names ? labelled(typesetter, 'below each row', names, DETAIL_INDENT, 'bold') : [])];
}

function rowLines(typesetter: Typesetter, { columns, details }: Table, cells: Cell[]): Line[] {
  const below: Line[] = [];
  const beside = columns.map(({ name, kind, index, x, width }) => {
    let text = textOf(cells[index]);
    if (text.length > COLUMN_LENGTH) {
      below.push(...labelled(typesetter, name, text, DETAIL_INDENT));
      text = '(below)';
    }
    let glyphs = typesetter.glyphs(text);
    // A time reads best as date and clock.
    if (kind === 'time' && widthOf(glyphs.flat()) * SIZE > width) glyphs = typesetter.glyphs(text.replace('T', 'T\n'));
    return { x: LEFT + x, lines: wrap(glyphs, width / SIZE) };
  });
  for (const { name, index } of details) {
    const text = textOf(cells[index]);
    if (text) below.push(...labelled(typesetter, name, text, DETAIL_INDENT));
  }
  return [...abreast(beside), ...below];
}

const textOf = (cell: Cell | undefined) => (cell === null || cell === undefined ? '' : String(cell));

function abreast(columns: { x: number; lines: Glyph[][] }[]): Line[] {
  const height = columns.reduce((most, { lines }) => Math.max(most, lines.length), 0);
  return Array.from({ length: height }, (_, at) => columns.map(({ x, lines }) => ({ x, glyphs: lines[at] ?? [] })));
}

/** "name: value" over the whole width, the name in bold. */
function labelled(
  typesetter: Typesetter,
  name: string,
  value: string,
  indent: number,
  face: 'plain' | 'bold' = 'plain',
): Line[] {
  const label = typesetter.glyphs(`${name}:  `, 'bold').flat();
  const [first = [], ...rest] = typesetter.glyphs(value, face);
  const lines = wrap([[...label, ...first], ...rest], (CONTENT - indent) / SIZE);
  return lines.map((glyphs) => [{ glyphs, x: LEFT + indent }]);
}
